//! Entering network namespaces, to see what is in them.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::MetadataExt,
    },
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Instant,
};

use nix::sched::{CloneFlags, setns};
use rtnetlink::Handle;

use crate::{bpf::netns_cookie, links, netlink, text};

use super::{Ids, Netns};

/// Where tools keep network namespaces that have a name.
const NAMED: [&str; 2] = ["/run/netns", "/run/docker/netns"];

/// Where a process's network namespace can be opened.
pub(super) fn namespace_of(process: &str) -> PathBuf {
    Path::new("/proc").join(process).join("ns/net")
}

/// Everything that may keep a network namespace alive and can be opened: names first, then processes.
pub(super) fn everywhere() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = NAMED.iter().flat_map(|directory| entries(directory)).collect();
    let processes = entries("/proc").into_iter().filter(|path| is_number(path));
    files.extend(processes.map(|process| process.join("ns/net")));
    files
}

fn entries(directory: &str) -> Vec<PathBuf> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn is_number(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.parse::<u32>().is_ok())
}

/// Enters each namespace once, in a thread of its own (a thread's namespace is its own affair), and describes it.
/// Ends early once all of `until` are found, if there are any.
pub(super) fn visit(files: Vec<PathBuf>, until: &HashSet<u64>) -> HashMap<u64, Netns> {
    let visited = thread::scope(|scope| scope.spawn(|| visit_from_home(&files, until)).join());
    visited.unwrap_or_default()
}

fn visit_from_home(files: &[PathBuf], until: &HashSet<u64>) -> HashMap<u64, Netns> {
    let Ok(namespace) = File::open("/proc/thread-self/ns/net") else { return HashMap::new() };
    let visited = netlink::blocking(async |netlink| {
        let home = Home { namespace: namespace.as_fd(), netlink };
        home.visit(files, until).await
    });
    visited.unwrap_or_default()
}

/// nbw's own namespace, seen from wherever the thread is.
struct Home<'a> {
    namespace: BorrowedFd<'a>,
    netlink: Handle,
}

impl Home<'_> {
    async fn visit(&self, files: &[PathBuf], until: &HashSet<u64>) -> HashMap<u64, Netns> {
        let mut found = HashMap::new();
        let mut seen = HashSet::new();
        for file in files {
            if !until.is_empty() && until.iter().all(|cookie| found.contains_key(cookie)) {
                break;
            }
            // Those that vanish meanwhile, and those nbw may not enter, are not found; the rows then say so.
            let Ok(inode) = fs::metadata(file).map(|file| file.ino()) else { continue };
            if !seen.insert(inode) {
                continue;
            }
            let Ok(namespace) = File::open(file) else { continue };
            if setns(namespace.as_fd(), CloneFlags::CLONE_NEWNET).is_ok() {
                found.extend(self.describe(inode, namespace.as_fd()).await);
            }
        }
        found
    }

    /// Describes the namespace that the thread is in.
    async fn describe(&self, inode: u64, namespace: BorrowedFd<'_>) -> Option<(u64, Netns)> {
        let cookie = netns_cookie().ok().filter(|&cookie| cookie != 0)?;
        let seen = Instant::now();
        let listed = netlink::with(async |there| {
            let links = links::list(&there).await;
            // Only now: to list an interface gives the namespace of its other end an id.
            (links, netlink::namespace_id(there, self.namespace).await)
        });
        let (links, of_home) = listed.await.ok()?;
        let ids = Ids { at_home: netlink::namespace_id(self.netlink.clone(), namespace).await, of_home };
        let links = links.ok()?.into_iter().map(|link| (link.index, link)).collect();
        Some((cookie, Netns { name: name_of(inode), links, ids, seen }))
    }
}

/// The name that `ip netns` has for the namespace, or else the kernel's own.
fn name_of(inode: u64) -> Arc<str> {
    let is_it = |path: &PathBuf| fs::metadata(path).is_ok_and(|file| file.ino() == inode);
    let named = entries(NAMED[0]).into_iter().find(is_it);
    match named.as_deref().and_then(Path::file_name) {
        Some(name) => text::clean_bytes(name.as_encoded_bytes()).into(),
        None => format!("net:[{inode}]").into(),
    }
}
