//! A file system of a given size, which can be made larger and read-only.

use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use tempfile::TempDir;

/// A tmpfs that is gone when it is dropped.
pub struct SmallDisk {
    dir: TempDir,
}

impl SmallDisk {
    /// One with room for so many KiB.
    ///
    /// # Panics
    /// When it cannot be mounted.
    pub fn new(kib: u32) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let options = format!("size={kib}k");
        mount(Some("tmpfs"), dir.path(), Some("tmpfs"), MsFlags::empty(), Some(options.as_str())).expect("a tmpfs");
        Self { dir }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Makes it larger or smaller, and read-only or not.
    ///
    /// # Panics
    /// When the kernel refuses.
    pub fn change(&self, kib: u32, read_only: bool) {
        let flags = if read_only { MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY } else { MsFlags::MS_REMOUNT };
        let options = format!("size={kib}k");
        let none: Option<&PathBuf> = None;
        mount(none, self.dir.path(), none, flags, Some(options.as_str())).expect("another size");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = umount2(self.dir.path(), MntFlags::MNT_DETACH);
    }
}
