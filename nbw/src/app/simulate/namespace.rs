//! Network namespaces that are gone with the process that holds them, unless they have been given a name.

use std::{
    fs::{self, File},
    io,
    os::fd::{AsFd, BorrowedFd},
    path::{Path, PathBuf},
    thread,
};

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, setns, unshare},
};

/// Where `ip netns` looks for names.
const NAMED: &str = "/run/netns";

/// What the names begin with; the process's id follows.
const PREFIX: &str = "nbw-sim-";

/// Its interfaces are to say nothing of their own.
const NO_IPV6: &str = "/proc/sys/net/ipv6/conf/default/disable_ipv6";

/// A network namespace. The kernel removes it, with all that is in it, when nobody holds it any more: after `kill -9`, too.
#[derive(Debug)]
pub(super) struct Namespace {
    file: File,
    name: Option<Name>,
}

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
        Ok(Self { file: made.unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))?, name: None })
    }

    /// Calls `work` in a thread that is inside.
    pub(super) fn enter<T: Send>(&self, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        let inside = || {
            setns(&self.file, CloneFlags::CLONE_NEWNET)?;
            work()
        };
        thread::scope(|scope| scope.spawn(inside).join()).unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
    }

    /// Gives it a name, by which `ip netns exec` finds it; the name goes when this is dropped.
    pub(super) fn publish(&mut self, what: &str) -> io::Result<&str> {
        let text = format!("{PREFIX}{}-{what}", std::process::id());
        let path = Path::new(NAMED).join(&text);
        fs::create_dir_all(NAMED)?;
        File::create(&path)?;
        // From here on the name is taken away again, whatever happens.
        let name = self.name.insert(Name { path, text });
        let source = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&self.file));
        mount(Some(source.as_str()), &name.path, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
        Ok(&name.text)
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// A name in [`NAMED`].
#[derive(Debug)]
struct Name {
    path: PathBuf,
    text: String,
}

impl Drop for Name {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

fn remove(path: &Path) {
    // It may not have been mounted yet, or be gone already.
    let _ = umount2(path, MntFlags::MNT_DETACH);
    let _ = fs::remove_file(path);
}

/// Takes away the names that a process which was killed has left; with them go their namespaces.
pub(super) fn clear_leftovers() {
    for entry in fs::read_dir(NAMED).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_leftover) {
            remove(&entry.path());
        }
    }
}

/// Whether it is the name of a namespace whose process is not there any more.
fn is_leftover(name: &str) -> bool {
    let owner =
        name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()).and_then(|pid| pid.parse::<u32>().ok());
    let Some(owner) = owner else { return false };
    // Somebody else may have got its number since.
    let what = |process: &str| fs::read_to_string(format!("/proc/{process}/comm")).ok();
    what(&owner.to_string()).is_none_or(|other| what("self").is_some_and(|own| own != other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_processes_that_are_gone_are_left_over() {
        let own = std::process::id();
        assert!(!is_leftover(&format!("nbw-sim-{own}-inside")));
        // Above the highest number that Linux gives.
        assert!(is_leftover("nbw-sim-4194999-inside"));
        for others in ["nbw-sim", "nbw-sim-x-inside", "mine", "nbwt4194999"] {
            assert!(!is_leftover(others), "{others}");
        }
    }
}
