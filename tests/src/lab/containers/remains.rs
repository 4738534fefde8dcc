//! What runtimes leave, and how it is removed, in whatever state a test has ended.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::until;

/// The root of each hierarchy: one, or version 2 below those of version 1.
fn hierarchies() -> Vec<PathBuf> {
    let root = PathBuf::from("/sys/fs/cgroup");
    let below = fs::read_dir(&root).into_iter().flatten().flatten().map(|entry| entry.path());
    below.filter(|path| path.is_dir()).chain([root]).collect()
}

/// Ends all processes in a cgroup: a write to version 2's directory of it; the others have no such file.
pub(super) fn end_container(cgroup: &str) {
    for hierarchy in hierarchies() {
        let file = OpenOptions::new().write(true).open(hierarchy.join(cgroup).join("cgroup.kill"));
        let _ = file.and_then(|mut file| file.write_all(b"1"));
    }
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

/// Removes a cgroup, once its processes are gone, and its parents, as far as they are empty.
pub(super) fn remove(cgroup: &str) {
    for hierarchy in hierarchies() {
        let directory = hierarchy.join(cgroup);
        until("a cgroup to be empty", || {
            remove_empty(&directory);
            (!directory.exists()).then_some(())
        });
        remove_parents(&hierarchy, &directory);
    }
}

/// Removes the cgroup of podman's monitors, unless another podman's are in it.
pub(super) fn remove_monitors() {
    for hierarchy in hierarchies() {
        let directory = hierarchy.join("libpod_parent/conmon");
        if fs::remove_dir(&directory).is_ok() {
            remove_parents(&hierarchy, &directory);
        }
    }
}

/// As far as they are empty.
fn remove_parents(hierarchy: &Path, directory: &Path) {
    let parents = directory.ancestors().skip(1).take_while(|&parent| parent != hierarchy);
    parents.take_while(|parent| fs::remove_dir(parent).is_ok()).for_each(drop);
}

fn remove_empty(cgroup: &Path) {
    for entry in fs::read_dir(cgroup).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
        remove_empty(&entry.path());
    }
    let _ = fs::remove_dir(cgroup);
}
