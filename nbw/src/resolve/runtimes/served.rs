//! Whether a daemon is there, or systemd only keeps its socket and would start it for whoever connects.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where cgroups with systemd's names are: on pure v2 hosts, and on those with v1, too.
const HIERARCHIES: [&str; 3] = ["sys/fs/cgroup", "sys/fs/cgroup/unified", "sys/fs/cgroup/systemd"];

/// What serves. Others remain in a unit that was stopped: shims, port forwarders.
const DAEMONS: [&str; 2] = ["dockerd", "podman"];

/// Whether systemd runs the host with these files.
pub(super) fn is_by_systemd(root: &Path) -> bool {
    root.join("run/systemd/system").is_dir()
}

/// Whether connecting to the system's socket starts nobody.
pub(super) fn by_system(root: &Path, socket: &Path) -> bool {
    let units: &[&str] = if is_podmans(socket) { &["podman"] } else { &["docker", "snap.docker.dockerd"] };
    !is_by_systemd(root) || units.iter().any(|unit| runs(root, &format!("system.slice/{unit}.service")))
}

/// The same for a user's socket, which the user's own service manager may keep.
pub(super) fn by_user(root: &Path, uid: u32, socket: &Path) -> bool {
    let unit = if is_podmans(socket) { "podman" } else { "docker" };
    let manager = format!("user.slice/user-{uid}.slice/user@{uid}.service");
    let runs = |slice: &str| runs(root, &format!("{manager}/{slice}{unit}.service"));
    !is_by_systemd(root) || runs("app.slice/") || runs("")
}

/// podman's service ends when nobody has talked to it for some seconds.
pub(super) fn is_podmans(socket: &Path) -> bool {
    socket.ends_with("podman/podman.sock")
}

fn runs(root: &Path, unit: &str) -> bool {
    HIERARCHIES.iter().any(|hierarchy| has_daemon(root, &root.join(hierarchy).join(unit)))
}

/// In the unit's own cgroup, or in one that the daemon has made there for itself.
fn has_daemon(root: &Path, cgroup: &Path) -> bool {
    let below = fs::read_dir(cgroup).into_iter().flatten().flatten().map(|entry| entry.path());
    let pids = |cgroup: PathBuf| fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
    std::iter::once(cgroup.to_owned()).chain(below).any(|cgroup| pids(cgroup).lines().any(|pid| is_daemon(root, pid)))
}

/// A process that nbw cannot see in its own pid namespace (0) may be one.
fn is_daemon(root: &Path, pid: &str) -> bool {
    let name = || fs::read_to_string(root.join("proc").join(pid).join("comm")).unwrap_or_default();
    pid == "0" || DAEMONS.contains(&name().trim_end())
}
