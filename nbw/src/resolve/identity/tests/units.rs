use super::*;

/// Path, name, kind, manager, user, slice, template, instance.
const MANAGED: &str = r"
/system.slice/ssh.service                             | ssh.service        | service | system    | -    | system.slice    | -              | -
/system.slice/system-getty.slice/getty@tty1.service   | getty@tty1.service | service | system    | -    | system-getty.slice | getty@.service | tty1
/system.slice/a@b@c.service/x                         | a@b@c.service      | service | system    | -    | system.slice    | a@.service     | b@c
/system.slice/mount@dev-a\x2db.service                | mount@dev-a-b.service | service | system | -    | system.slice    | mount@.service | dev-a-b
/system.slice/a\x40b.service                          | a@b.service        | service | system    | -    | system.slice    | -              | -
/system.slice/_cpu@1.service                          | cpu@1.service      | service | system    | -    | system.slice    | cpu@.service   | 1
/system.slice/web@.service                            | web@.service       | service | system    | -    | system.slice    | -              | -
/system.slice/run-r1@2.scope                          | run-r1@2.scope     | scope   | system    | -    | system.slice    | -              | -
/system.slice/sshd@1.socket                           | sshd@1.socket      | socket  | system    | -    | system.slice    | sshd@.socket   | 1
/system.slice/home-a\x2db.mount                       | home-a-b.mount     | mount   | system    | -    | system.slice    | -              | -
/dev-sda1.swap                                        | dev-sda1.swap      | swap    | system    | -    | -.slice         | -              | -
/init.scope                                           | init.scope         | scope   | system    | -    | -.slice         | -              | -
/system.slice                                         | system.slice       | slice   | system    | -    | -.slice         | -              | -
/user.slice/user-1000.slice                           | user-1000.slice    | slice   | system    | 1000 | user.slice      | -              | -
/user.slice/user-1000.slice/session-3.scope           | session-3.scope    | session | system    | 1000 | user-1000.slice | -              | -
/user.slice/user-1000.slice/user@1000.service         | user@1000.service  | service | system    | 1000 | user-1000.slice | user@.service  | 1000
/user.slice/user-1000.slice/user@1000.service/init.scope | init.scope      | scope   | user 1000 | 1000 | user-1000.slice | -              | -
/user.slice/user-1000.slice/user@1000.service/app.slice | app.slice        | slice   | user 1000 | 1000 | user-1000.slice | -              | -
/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service | foo.service | service | user 1000 | 1000 | app.slice | -           | -
/user.slice/user-1000.slice/user@1000.service/app.slice/app-foo.slice/foo@7.service/x | foo@7.service | service | user 1000 | 1000 | app-foo.slice | foo@.service | 7
/user.slice/user-0.slice/user@0.service/session.slice/dbus.service | dbus.service | service | user 0 | 0 | session.slice | -              | -
/user.slice/user-1000.slice/user@1000.service/old.service | old.service    | service | user 1000 | 1000 | user-1000.slice | -              | -
/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-<A>.scope/container | libpod-<A>.scope | scope | user 1000 | 1000 | user.slice | - | -
/capsule.slice/capsule@build.service/app.slice/ci.service | ci.service     | service | capsule build | - | app.slice    | -              | -
/lab/system.slice/shop.service                        | shop.service       | service | system    | -    | system.slice    | -              | -
";

/// What a service, or a user, calls directories of his own is not believed: he could be anybody.
const CLAIMS: &str = r"
/system.slice/cgi.service/user@0.service/ssh.service  | cgi.service        | service | system    | -    | system.slice    | -              | -
/system.slice/cgi.service/user-0.slice/ssh.service    | cgi.service        | service | system    | -    | system.slice    | -              | -
/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service/user@0.service/ssh.service | foo.service | service | user 1000 | 1000 | app.slice | - | -
/user.slice/user-1000.slice/user@1000.service/user-0.slice/ssh.service | ssh.service | service | user 1000 | 1000 | user-0.slice | - | -
/user.slice/user-1000.slice/user@1000.service/user@0.service/ssh.service | user@0.service | service | user 1000 | 1000 | user-1000.slice | user@.service | 0
/capsule.slice/capsule@a.service/user-0.slice/ssh.service | ssh.service    | service | capsule a | -    | user-0.slice    | -              | -
/user.slice/user-1000.slice/session-3.scope/user@0.service/x.service | session-3.scope | session | system | 1000 | user-1000.slice | - | -
/system.slice/user@root.service/x.service             | user@root.service  | service | system    | -    | system.slice    | user@.service  | root
/system.slice/user@007.service/x.service              | user@007.service   | service | system    | -    | system.slice    | user@.service  | 007
/system.slice/user@4294967295.service/x.service       | user@4294967295.service | service | system | -  | system.slice    | user@.service  | 4294967295
/system.slice/user@+1.service/x.service               | user@+1.service    | service | system    | -    | system.slice    | user@.service  | +1
";

fn manager(unit: &Unit) -> String {
    match &unit.manager {
        Manager::System => "system".to_owned(),
        Manager::User(user) => format!("user {user}"),
        Manager::Capsule(name) => format!("capsule {name}"),
    }
}

fn check(table: &str) {
    for [path, name, kind, by, user, slice, template, instance] in rows(table) {
        let identity = identify(&path);
        let unit = unit_of(&path, &identity).unwrap_or_else(|| panic!("no unit in {path}"));
        assert_eq!(unit.name, name, "{path}");
        assert_eq!(identity.unit.as_deref(), Some(&*name), "{path}");
        assert_eq!(lowercase(unit.kind), kind, "{path}");
        assert_eq!(manager(&unit), by, "{path}");
        assert_eq!(unit.user.map(|user| user.to_string()).as_deref(), optional(&user), "{path}");
        assert_eq!(unit.slice, slice, "{path}");
        assert_eq!(unit.template.as_deref(), optional(&template), "{path}");
        assert_eq!(unit.instance.as_deref(), optional(&instance), "{path}");
    }
}

#[test]
fn a_unit_knows_its_manager() {
    check(MANAGED);
}

#[test]
fn nobody_can_pass_for_another() {
    check(CLAIMS);
}

#[test]
fn a_units_path_is_that_of_its_own_cgroup() {
    for (path, own) in [
        ("/system.slice/a.service/x/y", "/system.slice/a.service"),
        ("//system.slice//a.service//x/", "//system.slice//a.service"),
        ("/user.slice/user-1.slice/user@1.service/a.scope/b.scope", "/user.slice/user-1.slice/user@1.service/a.scope"),
    ] {
        assert_eq!(unit_of(path, &identify(path)).unwrap().path, own);
    }
    for path in ["/", "", "/a/b", "/lxc.payload.web/system.slice/ssh.service"] {
        assert_eq!(unit_of(path, &identify(path)), None, "{path}");
    }
}
