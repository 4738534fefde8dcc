//! The cgroup v2 hierarchy: where it is mounted, and which directory a cgroup id belongs to.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
        unix::{ffi::OsStrExt, fs::MetadataExt},
    },
    path::{Path, PathBuf},
    sync::OnceLock,
};

use nix::sys::statfs::{CGROUP2_SUPER_MAGIC, statfs};
use procfs::process::{MountInfo, Process};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

use crate::{failure::Failure, text};

/// The mounted hierarchy.
#[derive(Debug)]
pub struct CgroupRoot {
    mount_point: PathBuf,
    directory: File,
}

/// Where the hierarchy is usually mounted.
const USUAL_MOUNT_POINT: &str = "/sys/fs/cgroup";

/// Where it is mounted (where that is not to be found: where it usually is), for those who only read paths that people
/// wrote.
pub fn mount_point() -> &'static Path {
    static MOUNT_POINT: OnceLock<PathBuf> = OnceLock::new();
    MOUNT_POINT.get_or_init(|| {
        let mounts = Process::myself().and_then(|myself| myself.mountinfo());
        mounts.ok().and_then(|mounts| best(mounts.0)).unwrap_or_else(|| USUAL_MOUNT_POINT.into())
    })
}

impl CgroupRoot {
    /// Finds the hierarchy in the mount table; on hybrid hosts it lies beside the v1 controllers.
    ///
    /// `ip netns exec` gives its command a `/sys` without the mounts below it. Where that has happened, nbw mounts the
    /// hierarchy for itself, out of everyone's sight.
    ///
    /// # Errors
    /// [`Failure::Lacking`] when there is none.
    pub fn find() -> Result<Self, Failure> {
        let mounts = Process::myself().and_then(|myself| myself.mountinfo());
        let mounts = mounts.map_err(|error| Failure::Running(format!("cannot read the mount table: {error}")))?;
        if let Some(mount_point) = best(mounts.0) {
            return Self::at(mount_point);
        }
        let private = if left_its_netns() { private_mount().ok() } else { None };
        let directory = private.ok_or_else(|| {
            Failure::Lacking(
                "there is no cgroup v2 hierarchy on this host: mount one with \
                 `mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified`"
                    .into(),
            )
        })?;
        Ok(Self { mount_point: "/".into(), directory })
    }

    fn at(mount_point: PathBuf) -> Result<Self, Failure> {
        let directory = File::open(&mount_point).map_err(|error| {
            Failure::Running(format!("cannot open the cgroup v2 hierarchy {}: {error}", mount_point.display()))
        })?;
        Ok(Self { mount_point, directory })
    }

    /// Where it is mounted; `/` if nbw mounted it for itself.
    pub fn mount_point(&self) -> &Path {
        &self.mount_point
    }

    /// The directory of the cgroup with this path.
    pub fn directory_of(&self, path: &str) -> PathBuf {
        let root = format!("/proc/self/fd/{}", self.directory.as_raw_fd());
        Path::new(&root).join(path.trim_start_matches('/'))
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
        let text = fs::read_to_string(self.directory_of(path).join("cgroup.procs")).unwrap_or_default();
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
    v2.into_iter().map(|mount| mount.mount_point).find(|point| is_cgroup2(point))
}

/// Whether the path still leads there: something else may have been mounted over it.
fn is_cgroup2(path: &Path) -> bool {
    statfs(path).is_ok_and(|found| found.filesystem_type() == CGROUP2_SUPER_MAGIC)
}

/// Whether this process is in another network namespace than one of its ancestors.
fn left_its_netns() -> bool {
    let netns = |pid: i32| fs::metadata(format!("/proc/{pid}/ns/net")).ok().map(|file| file.ino());
    let parent = |process: &Process| process.stat().and_then(|stat| Process::new(stat.ppid)).ok();
    let Ok(myself) = Process::myself() else { return false };
    let own = netns(myself.pid());
    std::iter::successors(Some(myself), parent).any(|process| netns(process.pid()).is_some_and(|id| Some(id) != own))
}

/// The hierarchy, mounted nowhere: it is gone with the file.
fn private_mount() -> io::Result<File> {
    let context = fsopen("cgroup2", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(context.as_fd())?;
    let mounted = fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())?;
    File::open(format!("/proc/self/fd/{}", mounted.as_raw_fd()))
}
