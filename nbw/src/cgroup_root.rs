//! The cgroup v2 hierarchy: where it is mounted, and which directory a cgroup id belongs to.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
};

use procfs::process::{MountInfo, Process};

use crate::{failure::Failure, text};

/// The mounted hierarchy.
#[derive(Debug)]
pub struct CgroupRoot {
    mount_point: PathBuf,
    directory: File,
}

impl CgroupRoot {
    /// Finds the hierarchy in the mount table; on hybrid hosts it lies beside the v1 controllers.
    ///
    /// # Errors
    /// [`Failure::Lacking`] when there is none.
    pub fn find() -> Result<Self, Failure> {
        let mounts = Process::myself().and_then(|myself| myself.mountinfo());
        let mounts = mounts.map_err(|error| Failure::Running(format!("cannot read the mount table: {error}")))?;
        let mount = best(mounts.0).ok_or_else(|| {
            Failure::Lacking(
                "there is no cgroup v2 hierarchy on this host: mount one with \
                 `mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified`"
                    .into(),
            )
        })?;
        Self::at(&mount)
    }

    /// The hierarchy at a mount point.
    ///
    /// # Errors
    /// When the directory cannot be opened.
    pub fn at(mount_point: &Path) -> Result<Self, Failure> {
        let directory = File::open(mount_point).map_err(|error| {
            Failure::Running(format!("cannot open the cgroup v2 hierarchy {}: {error}", mount_point.display()))
        })?;
        Ok(Self { mount_point: mount_point.to_owned(), directory })
    }

    /// Where it is mounted.
    pub fn mount_point(&self) -> &Path {
        &self.mount_point
    }

    /// The path below the root of the cgroup with this id, `/` for the root; cleaned for display.
    ///
    /// # Errors
    /// `ESTALE` or `NotFound` when the cgroup is gone.
    pub fn path_of(&self, id: u64) -> io::Result<String> {
        let directory = self.open(id)?;
        let target = fs::read_link(format!("/proc/self/fd/{}", directory.as_raw_fd()))?;
        let below = target.strip_prefix(&self.mount_point).unwrap_or(&target);
        let mut path = OsString::from("/");
        path.push(below);
        if path.as_bytes().ends_with(b" (deleted)") {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(text::clean_bytes(path.as_bytes()))
    }

    /// Whether the cgroup with this id is still there.
    pub fn has(&self, id: u64) -> bool {
        match self.open(id) {
            Ok(_) => true,
            // Anything else (too many open files, say) says nothing about the cgroup.
            Err(error) => !matches!(error.raw_os_error(), Some(libc::ESTALE | libc::ENOENT)),
        }
    }

    /// Processes in the cgroup with this path, none if it is gone.
    pub fn processes(&self, path: &str) -> Vec<i32> {
        let file = self.mount_point.join(path.trim_start_matches('/')).join("cgroup.procs");
        let text = fs::read_to_string(file).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).filter(|&pid| pid > 0).collect()
    }

    /// Opens a cgroup's directory by its id, which is its kernfs node's id and so a complete file handle: no walk.
    fn open(&self, id: u64) -> io::Result<OwnedFd> {
        /// `FILEID_KERNFS` of `linux/exportfs.h`.
        const FILEID_KERNFS: libc::c_int = 0xfe;
        #[repr(C)]
        struct Handle {
            bytes: libc::c_uint,
            kind: libc::c_int,
            id: [u8; 8],
        }
        let mut handle = Handle { bytes: 8, kind: FILEID_KERNFS, id: id.to_ne_bytes() };
        // SAFETY: the layout is that of `struct file_handle` with eight bytes of handle, and lives for the call.
        let opened = unsafe {
            libc::open_by_handle_at(
                self.directory.as_raw_fd(),
                (&raw mut handle).cast(),
                libc::O_PATH | libc::O_CLOEXEC,
            )
        };
        if opened < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: just opened, and nobody else's.
        Ok(unsafe { OwnedFd::from_raw_fd(opened) })
    }
}

impl AsFd for CgroupRoot {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }
}

/// The mount of the whole hierarchy rather than of a part of it.
fn best(mounts: Vec<MountInfo>) -> Option<PathBuf> {
    let mut v2: Vec<MountInfo> = mounts.into_iter().filter(|mount| mount.fs_type == "cgroup2").collect();
    v2.sort_by_key(|mount| mount.root.len());
    v2.into_iter().map(|mount| mount.mount_point).find(|point| point.is_dir())
}
