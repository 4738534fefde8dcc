//! Cgroups of the v2 hierarchy.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use nbw::cgroup_root::CgroupRoot;

use super::{unique, wait::came_true};

/// A cgroup; removed on drop.
pub struct Cgroup {
    /// Its path below the v2 root, as nbw shows it.
    pub path: String,
    directory: PathBuf,
}

impl Default for Cgroup {
    fn default() -> Self {
        Self::new()
    }
}

impl Cgroup {
    /// A new one, directly below the root.
    pub fn new() -> Self {
        Self::at(&unique("nbwt"))
    }

    /// A new one at a path below the root; its parents are made, and removed with it where they are empty.
    pub fn at(path: &str) -> Self {
        let path = format!("/{}", path.trim_start_matches('/'));
        let directory = root().join(path.trim_start_matches('/'));
        fs::create_dir_all(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        Self { path, directory }
    }

    /// Its id, as the kernel side sees it.
    pub fn id(&self) -> u64 {
        fs::metadata(&self.directory).expect("the cgroup").ino()
    }

    /// Removes all cgroups below it, once the processes in them, which somebody has killed, are gone.
    ///
    /// # Panics
    /// When they stay for too long; but not while the thread panics already, which would end the whole test process.
    pub(super) fn remove_below(&self) {
        let populated = || fs::read_to_string(self.directory.join("cgroup.events")).unwrap_or_default();
        let gone = came_true(|| populated().contains("populated 0"));
        remove_below(&self.directory);
        assert!(gone || thread::panicking(), "the killed processes are still in {}", self.path);
    }

    /// Makes a command run inside.
    pub fn contain<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let procs = self.directory.join("cgroup.procs");
        // SAFETY: between fork and exec it only writes to a file; the path was made before.
        unsafe { command.pre_exec(move || fs::write(&procs, "0")) }
    }

    /// Calls `work` while the test process, with all its threads, is inside. A socket keeps the cgroup that it was made
    /// in, so what `work` opens belongs here for good.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Back;
        impl Drop for Back {
            fn drop(&mut self) {
                fs::write(root().join("cgroup.procs"), "0").expect("leaving the cgroup");
            }
        }
        fs::write(self.directory.join("cgroup.procs"), "0").expect("entering the cgroup");
        let _back = Back;
        work()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let mut directory: &Path = &self.directory;
        let root = root();
        // A process that is just ending may still be inside: such a cgroup is left to the machine.
        while directory != root && fs::remove_dir(directory).is_ok() {
            directory = directory.parent().expect("a parent below the root");
        }
    }
}

fn remove_below(directory: &Path) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for below in entries.map(|entry| entry.path()).filter(|path| path.is_dir()) {
        remove_below(&below);
        let _ = fs::remove_dir(below);
    }
}

fn root() -> PathBuf {
    CgroupRoot::find().expect("a cgroup v2 hierarchy").mount_point().to_owned()
}
