//! Network namespaces that are gone with the process that holds them: they have no names that could stay behind.

use std::{
    fs::{self, File},
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd},
    path::PathBuf,
    process, thread,
};

use nix::sched::{CloneFlags, setns, unshare};

/// Its interfaces are to say nothing of their own.
const NO_IPV6: &str = "/proc/sys/net/ipv6/conf/default/disable_ipv6";

/// A network namespace. The kernel removes it, with all that is in it, when nobody holds it any more: after `kill -9`, too.
#[derive(Debug)]
pub(super) struct Namespace(File);

impl Namespace {
    /// A new one, empty.
    pub(super) fn new() -> io::Result<Self> {
        let made = thread::scope(|scope| {
            let inside = scope.spawn(|| {
                unshare(CloneFlags::CLONE_NEWNET)?;
                // A kernel without IPv6 says nothing anyhow.
                let _ = fs::write(NO_IPV6, "1");
                File::open("/proc/thread-self/ns/net")
            });
            inside.join()
        });
        made.unwrap_or_else(|_| Err(io::ErrorKind::Other.into())).map(Self)
    }

    /// Calls `work` in a thread that is inside.
    pub(super) fn enter<T: Send>(&self, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        let inside = || {
            setns(&self.0, CloneFlags::CLONE_NEWNET)?;
            work()
        };
        thread::scope(|scope| scope.spawn(inside).join()).unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
    }

    /// Where others find it, for as long as this process holds it: `nsenter --net=` takes it.
    pub(super) fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", process::id(), self.0.as_raw_fd()).into()
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
