//! What runtimes leave, and how it is removed, in whatever state a test has ended.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::until;

/// Directories that cgroupfs drivers make for their containers.
const PARENTS: [&str; 4] = ["libpod_parent", "docker", "default", "kubepods"];

/// Those of [`PARENTS`] that are not there, in any hierarchy: cgroups belong to no namespace, and are to be removed.
pub(super) fn absent_cgroups() -> Vec<PathBuf> {
    let root = PathBuf::from("/sys/fs/cgroup");
    let hierarchies = fs::read_dir(&root).into_iter().flatten().flatten().map(|entry| entry.path());
    let all =
        hierarchies.chain([root]).filter(|path| path.is_dir()).flat_map(|path| PARENTS.map(|name| path.join(name)));
    all.filter(|path| !path.exists()).collect()
}

/// Ends all processes in a cgroup of the v2 hierarchy. Others have no such file.
pub(super) fn end_containers(cgroup: &Path) {
    let _ = fs::OpenOptions::new().write(true).open(cgroup.join("cgroup.kill")).and_then(|file| {
        use std::io::Write;
        (&file).write_all(b"1")
    });
}

/// Ends all processes that share the mounts of this one: monitors of containers, which belong to nobody.
pub(super) fn end_processes(pid: u32) {
    let mounts = |pid: &str| fs::metadata(format!("/proc/{pid}/ns/mnt")).ok().map(|found| found.ino());
    let Some(theirs) = mounts(&pid.to_string()).filter(|&theirs| Some(theirs) != mounts("self")) else { return };
    let names =
        fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    for pid in names.filter(|name| mounts(name) == Some(theirs)).filter_map(|name| name.parse().ok()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// Removes a cgroup and those in it, once their processes are gone.
pub(super) fn remove(cgroup: &Path) {
    until("a cgroup to be empty", || {
        remove_empty(cgroup);
        (!cgroup.exists()).then_some(())
    });
}

fn remove_empty(cgroup: &Path) {
    for entry in fs::read_dir(cgroup).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
        remove_empty(&entry.path());
    }
    let _ = fs::remove_dir(cgroup);
}
