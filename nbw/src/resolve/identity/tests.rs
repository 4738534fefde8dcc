//! In the tables `<A>` and `<B>` stand for container ids, `UID` for a pod's uid and `UID_` for the same with
//! underscores; ` | ` separates the columns, `-` is none.

mod containers;
mod properties;
mod units;

use super::*;

const A: &str = "3f4e2a1b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f607";
const B: &str = "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";
const UID: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

fn fill(text: &str) -> String {
    text.replace("UID_", &UID.replace('-', "_")).replace("UID", UID).replace("<A>", A).replace("<B>", B)
}

/// The rows of a table, filled in.
fn rows<const COLUMNS: usize>(table: &str) -> Vec<[String; COLUMNS]> {
    let columns = |line: &str| line.split(" | ").map(|cell| fill(cell.trim())).collect();
    let row = |line: &str| {
        let cells: Vec<String> = columns(line);
        cells.try_into().expect("a whole row")
    };
    table.lines().filter(|line| !line.trim().is_empty()).map(row).collect()
}

fn optional(cell: &str) -> Option<&str> {
    Some(cell).filter(|&cell| cell != "-")
}

fn lowercase(value: impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn runtime(identity: &Identity) -> Option<String> {
    identity.runtime.map(lowercase)
}

const UNITS: &str = r"
/                                                          | cgroup  | /                        | -
/init.scope                                                | scope   | init.scope               | init.scope
/system.slice                                              | slice   | system.slice             | system.slice
/system.slice/ssh.service                                  | service | ssh.service              | ssh.service
/system.slice/nginx.service/workers                        | cgroup  | nginx.service/workers    | nginx.service
/system.slice/nginx.service/a/b                            | cgroup  | nginx.service/a/b        | nginx.service
/system.slice/home.mount                                   | cgroup  | home.mount               | home.mount
/system.slice/_cpu.service                                 | service | cpu.service              | cpu.service
/system.slice/a\x2db.service                               | service | a-b.service              | a-b.service
/system.slice/app-a\x2db.slice                             | slice   | app-a\x2db.slice         | app-a\x2db.slice
/system.slice/system-getty.slice/getty@tty1.service        | service | getty@tty1.service       | getty@tty1.service
/user.slice/user-1000.slice/session-3.scope                | session | session-3.scope          | session-3.scope
/user.slice/user-1000.slice/session-c1.scope               | session | session-c1.scope         | session-c1.scope
/user.slice/user-1000.slice/user@1000.service              | service | user@1000.service        | user@1000.service
/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service | service | foo.service     | foo.service
/user.slice/user-1000.slice/user@1000.service/init.scope   | scope   | init.scope               | init.scope
/system.slice/nginx.service/fake.service                   | cgroup  | nginx.service/fake.service | nginx.service
/lab/system.slice/nginx.service                            | service | nginx.service            | nginx.service
/a/b                                                       | cgroup  | b                        | -
/a//b/                                                     | cgroup  | b                        | -
/.service                                                  | cgroup  | .service                 | -
/kubepods/burstable                                        | cgroup  | burstable                | -
";

#[test]
fn units_and_plain_cgroups() {
    for [path, kind, name, unit] in rows(UNITS) {
        let identity = identify(&path);
        assert_eq!(lowercase(identity.kind), kind, "{path}");
        assert_eq!(identity.name, name, "{path}");
        assert_eq!(identity.unit.as_deref(), optional(&unit), "{path}");
        assert_eq!((identity.runtime, identity.pod), (None, None), "{path}");
    }
    assert_eq!(identify(""), identify("/"));
}

#[test]
fn names_are_cleaned() {
    for (path, name) in [
        ("/system.slice/a\\x1b[2J.service", "a\u{FFFD}[2J.service"),
        ("/system.slice/a.service/b\nc", "a.service/b\u{FFFD}c"),
        ("/a\u{202E}b", "a\u{FFFD}b"),
        ("/lxc.payload.a\u{1B}[2J", "a\u{FFFD}[2J"),
        ("/machine.slice/machine-a\\x0ab.scope", "a\u{FFFD}b"),
    ] {
        assert_eq!(identify(path).name, name);
    }
}

#[test]
fn units_are_the_hosts() {
    let path = fill("/system.slice/docker-<A>.scope/system.slice/ssh.service");
    let identity = identify(&path);
    assert_eq!(identity.unit, Some(fill("docker-<A>.scope")));
    let units: Vec<_> = units_of(&path, &identity).collect();
    assert_eq!(units, ["system.slice", &fill("docker-<A>.scope")]);
    let inner = identify("/lxc.payload.web/system.slice/ssh.service");
    assert_eq!(inner.unit, None);
}

const PODS: &str = "
/kubepods/burstable/podUID                                                   | podUID       | UID  | -
/kubepods/podUID                                                             | podUID       | UID  | -
/kubelet/kubepods/besteffort/podUID                                          | podUID       | UID  | -
/kubepods/pod4a3b                                                            | pod4a3b      | 4a3b | -
/kubepods.slice/kubepods-podUID_.slice                                       | podUID       | UID  | -
/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID_.slice    | podUID       | UID  | -
/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podUID_.slice         | podUID       | UID  | -
/libpod_parent/<A>                                                           | 3f4e2a1b5c6d | <A>  | podman
/machine.slice/machine-libpod_pod_<A>.slice                                  | 3f4e2a1b5c6d | <A>  | podman
/user.slice/user-libpod_pod_<A>.slice                                        | 3f4e2a1b5c6d | <A>  | podman
";

#[test]
fn pods() {
    for [path, name, uid, runs] in rows(PODS) {
        let identity = identify(&path);
        assert_eq!(identity.kind, GroupKind::Pod, "{path}");
        assert_eq!((&identity.name, &identity.container), (&name, &None));
        assert_eq!(identity.pod.as_deref(), Some(uid.as_str()));
        assert_eq!(runtime(&identity).as_deref(), optional(&runs));
    }
}

#[test]
fn what_is_in_a_pod_knows_it() {
    let path = fill("/kubepods.slice/kubepods-podUID_.slice/crio-conmon-<A>.scope");
    let monitor = identify(&path);
    assert_eq!(monitor.kind, GroupKind::Scope);
    assert_eq!(monitor.pod.as_deref(), Some(UID));
}

#[test]
fn what_looks_like_a_pod_is_none() {
    for path in ["/podium", "/x/podUID", "/kubepods/pod", "/kubepods/pod\u{1B}", "/system.slice/my-podUID_.slice"] {
        let identity = identify(&fill(path));
        assert_eq!(identity.pod, None, "{path}");
        assert_ne!(identity.kind, GroupKind::Pod, "{path}");
    }
}
