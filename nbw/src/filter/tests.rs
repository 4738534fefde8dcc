#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod properties;

use super::*;
use crate::resolve::identity::identify;

const MOUNT: &str = "/sys/fs/cgroup";
const ID: &str = "3f4e2a1b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f607";

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|&value| value.to_owned()).collect()
}

fn filter(interfaces: &[&str], cgroups: &[&str], containers: &[&str], units: &[&str]) -> Result<Filter, FilterError> {
    let mount = Path::new(MOUNT);
    Filter::new(&owned(interfaces), &owned(cgroups), &owned(containers), &owned(units), mount)
}

/// All containers have this name, if there is one.
struct Called(Option<&'static str>);

impl Names for Called {
    fn name(&self, _: &Identity) -> Option<Arc<str>> {
        self.0.map(Into::into)
    }

    fn has(&self, name: &str) -> bool {
        self.0 == Some(name)
    }
}

fn wants(filter: &Filter, path: &str) -> bool {
    filter.wants_group(path, &identify(path), &Called(None))
}

fn cgroup(pattern: &str, path: &str) -> bool {
    wants(&filter(&[], &[pattern], &[], &[]).unwrap(), path)
}

fn container(pattern: &str, path: &str) -> bool {
    wants(&filter(&[], &[], &[pattern], &[]).unwrap(), path)
}

fn unit(pattern: &str, path: &str) -> bool {
    wants(&filter(&[], &[], &[], &[pattern]).unwrap(), path)
}

#[test]
fn no_filter_wants_all() {
    let all = filter(&[], &[], &[], &[]).unwrap();
    assert!(all.wants_interface("eth0") && wants(&all, "/") && wants(&all, "/a/b"));
    assert!(!all.has_group_filter() && !all.has_interface_filter());
    assert_eq!(all.unknown_interfaces(&["lo"]), []);
}

#[test]
fn interfaces_by_name_and_glob() {
    let some = filter(&["eth0", "veth*", "wg?"], &[], &[], &[]).unwrap();
    for (name, wanted) in [
        ("eth0", true),
        ("eth01", false),
        ("eth", false),
        ("veth12ab", true),
        ("wg0", true),
        ("wg10", false),
        ("lo", false),
    ] {
        assert_eq!(some.wants_interface(name), wanted, "{name}");
    }
    assert!(some.has_interface_filter() && !some.has_group_filter());
}

#[test]
fn a_cgroup_is_given_in_many_ways_and_has_its_subtree() {
    let forms = ["/system.slice", "system.slice", "/system.slice/", "//system.slice", "/sys/fs/cgroup/system.slice/"];
    for form in forms {
        assert!(cgroup(form, "/system.slice"), "{form}");
        assert!(cgroup(form, "/system.slice/ssh.service/x"), "{form}");
        assert!(!cgroup(form, "/system.slice2"), "{form}");
        assert!(!cgroup(form, "/user.slice/system.slice"), "{form}");
        assert!(!cgroup(form, "/"), "{form}");
    }
}

/// Pattern, path, and whether it matches.
const CGROUPS: &str = r"
/system.slice/*                         /system.slice                       no
/system.slice/*                         /system.slice/a.service             yes
/system.slice/*                         /system.slice/a.service/b/c         yes
/*/a.service                            /system.slice/a.service             yes
/*/a.service                            /x/y/a.service                      no
**/a.service                            /x/y/a.service/z                    yes
/user.slice/**/app.slice                /user.slice/x/y/app.slice/b.service yes
/sys/fs/cgroup/system.slice/*.service   /system.slice/a.service             yes
/system.slice/a\x2db.service            /system.slice/a\x2db.service        yes
/system.slice/a\x2d*                    /system.slice/a\x2db.service        yes
/{a,b}                                  /b/c                                yes
/{a,b}                                  /{a,b}/c                            yes
/*                                      /                                   no
/*                                      /a                                  yes
/                                       /                                   yes
/                                       /a/b                                yes
/sys/fs/cgroup                          /a/b                                yes
/sys/fs/cgroup2                         /a/b                                no
";

fn check(table: &str, matches: impl Fn(&str, &str) -> bool) {
    for line in table.lines().filter(|line| !line.is_empty()) {
        let cells: Vec<_> = line.split_whitespace().collect();
        let [pattern, path, wanted] = cells[..] else { panic!("{line}") };
        assert_eq!(matches(pattern, path), wanted == "yes", "{line}");
    }
}

#[test]
fn cgroup_globs() {
    check(CGROUPS, cgroup);
}

#[test]
fn the_mount_point_may_be_elsewhere() {
    for mount in ["/sys/fs/cgroup/unified", "/sys/fs/cgroup/unified/"] {
        let given = owned(&["/sys/fs/cgroup/unified/a"]);
        let some = Filter::new(&[], &given, &[], &[], Path::new(mount)).unwrap();
        assert!(wants(&some, "/a/b") && !wants(&some, "/b"));
    }
    let root = Filter::new(&[], &owned(&["/a"]), &[], &[], Path::new("/")).unwrap();
    assert!(wants(&root, "/a/b") && !wants(&root, "/b"));
}

#[test]
fn containers_by_id_and_name() {
    let docker = format!("/docker/{ID}/init.scope");
    for (pattern, wanted) in [
        (ID, true),
        ("3", false),
        ("3f4", false),
        ("3f4e", true),
        ("3f4e2a1b5c6d", true),
        ("3F4E", true),
        ("3f4f", false),
        ("4e2a", false),
        ("3f*", true),
        ("*", true),
        ("docker", false),
    ] {
        assert_eq!(container(pattern, &docker), wanted, "{pattern}");
    }
    assert!(!container("*", "/system.slice/ssh.service"));
    // Only ids of hexadecimal digits are found by their beginning.
    assert!(container("cafe1", "/lxc.payload.cafe1") && container("cafe?", "/lxc.payload.cafe1"));
    assert!(!container("cafe", "/lxc.payload.cafe1"));
}

#[test]
fn a_container_has_the_name_that_it_was_given_later() {
    let path = format!("/docker/{ID}");
    let name = Called(Some("web-1"));
    for (pattern, wanted) in [("web-1", true), ("web-*", true), ("web", false), ("3f4e", true)] {
        let some = filter(&[], &[], &[pattern], &[]).unwrap();
        assert_eq!(some.wants_group(&path, &identify(&path), &name), wanted, "{pattern}");
    }
}

#[test]
fn what_is_a_name_is_no_beginning_of_an_id() {
    struct Other;
    impl Names for Other {
        fn name(&self, identity: &Identity) -> Option<Arc<str>> {
            identity.container.as_ref().filter(|container| container.id != ID).map(|_| "3f4e".into())
        }

        fn has(&self, name: &str) -> bool {
            name == "3f4e" || name == &ID[..12]
        }
    }
    let wants = |pattern: &str, id: &str| {
        let path = format!("/docker/{id}");
        filter(&[], &[], &[pattern], &[]).unwrap().wants_group(&path, &identify(&path), &Other)
    };
    let other = "a".repeat(64);
    assert!(wants("3f4e", &other) && !wants("3f4e", ID) && !wants(&ID[..12], ID));
    assert!(wants("3f4e2", ID) && wants(ID, ID) && wants("3f4e*", ID));
}

/// Pattern, path, and whether it matches. The container's own units are not the host's.
const UNITS: &str = r"
nginx               /system.slice/nginx.service                                 yes
nginx.service       /system.slice/nginx.service/workers                         yes
nginx.scope         /system.slice/nginx.service                                 no
ngin                /system.slice/nginx.service                                 no
ng*                 /system.slice/nginx.service                                 yes
getty@*             /system.slice/system-getty.slice/getty@tty1.service         yes
system.slice        /system.slice/nginx.service                                 yes
user@1000           /user.slice/user@1000.service/app.slice/foo.service         yes
a-b                 /system.slice/a\x2db.service                                yes
a\x2db              /system.slice/a\x2db.service                                yes
app-a\x2db.slice    /app.slice/app-a\x2db.slice                                 yes
nginx               /nginx                                                      no
*                   /                                                           no
ssh                 /lxc.payload.web/system.slice/ssh.service                   no
systemd-nspawn@web  /machine.slice/systemd-nspawn@web.service/payload/x.service yes
";

#[test]
fn units_by_name() {
    check(UNITS, unit);
}

#[test]
fn repeats_are_or_ed_and_options_are_and_ed() {
    let some = filter(&[], &["/system.slice", "/machine.slice"], &["3f4e", "web"], &["docker-*.scope"]).unwrap();
    assert!(some.has_group_filter());
    assert!(wants(&some, &format!("/system.slice/docker-{ID}.scope")));
    assert!(!wants(&some, &format!("/other.slice/docker-{ID}.scope")), "--cgroup");
    assert!(!wants(&some, &format!("/machine.slice/libpod-{ID}.scope")), "--unit");
    assert!(!wants(&some, "/system.slice/docker-x.scope"), "--container");
}

#[test]
fn errors_are_one_sentence() {
    let error = |result: Result<Filter, FilterError>| result.unwrap_err().to_string();
    let bad = error(filter(&[], &["/a[b"], &[], &[]));
    assert!(bad.starts_with("--cgroup \"/a[b\" is no valid glob: unclosed character class"), "{bad}");
    assert!(error(filter(&["{a"], &[], &[], &[])).starts_with("--interface \"{a\" is no valid glob: "));
    assert!(!bad.contains('\n'));
    for (option, result) in [
        ("--interface", filter(&[""], &[], &[], &[])),
        ("--cgroup", filter(&[], &[""], &[], &[])),
        ("--container", filter(&[], &[], &[""], &[])),
        ("--unit", filter(&[], &[], &[], &[""])),
    ] {
        assert_eq!(error(result), format!("{option} needs a name or a glob, not an empty string"));
    }
}

#[test]
fn an_unknown_interface_is_told_with_the_nearest() {
    let sentence = |name: &str, existing: &[&str]| {
        let unknown = filter(&[name], &[], &[], &[]).unwrap().unknown_interfaces(existing);
        unknown.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let there = ["eth0", "lo"];
    assert_eq!(sentence("eht0", &there), ["no interface \"eht0\": did you mean \"eth0\"? There are: eth0, lo"]);
    assert_eq!(sentence("wlp2s0", &there), ["no interface \"wlp2s0\". There are: eth0, lo"]);
    assert_eq!(sentence("eth0", &[]), ["no interface \"eth0\". There are none"]);
    assert_eq!(sentence("a\u{1B}]2J", &["b\nc"]), ["no interface \"a\u{FFFD}]2J\". There are: b\u{FFFD}c"]);
    assert!(sentence("eth0", &there).is_empty() && sentence("wl*", &there).is_empty());
}
