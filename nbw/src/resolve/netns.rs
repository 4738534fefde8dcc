//! Other network namespaces: which one a cookie stands for, what it is called, and what interfaces it has.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    os::{fd::AsFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use nix::sched::{CloneFlags, setns};
use tokio::task::JoinHandle;

use crate::{
    bpf::netns_cookie,
    links::{self, Link},
    netlink, text,
};

/// Where tools keep network namespaces that have a name.
const NAMED: [&str; 2] = ["/run/netns", "/run/docker/netns"];

/// How long a namespace that could not be found is not looked for again, and the least time between two searches of the
/// whole host: each enters every namespace that there is.
const PATIENCE: Duration = Duration::from_secs(2);

/// A network namespace that is not nbw's own.
#[derive(Debug, Clone)]
pub struct Netns {
    /// Its name in `/run/netns`, or the kernel's own for it, `net:[INODE]`.
    pub name: Arc<str>,
    /// Its interfaces, by index.
    pub links: HashMap<u32, Link>,
    /// When that was so.
    seen: Instant,
}

/// The namespaces found so far.
#[derive(Debug, Default)]
pub struct NetnsTable {
    known: HashMap<u64, Netns>,
    missed: HashMap<(u64, u32), Instant>,
    searched: Option<Instant>,
    refreshing: Option<JoinHandle<(Instant, HashMap<u64, Netns>)>>,
}

impl NetnsTable {
    /// The namespace with this cookie, if it is known to have the interface; else looks for it, first where the
    /// processes with these `pids` are. Some milliseconds, at most once in [`PATIENCE`] for one that cannot be found.
    pub fn find(&mut self, cookie: u64, ifindex: u32, pids: &[i32]) -> Option<&Netns> {
        if !self.has(cookie, ifindex) && self.may_look(cookie, ifindex) {
            self.look(cookie, ifindex, pids);
        }
        self.known.get(&cookie)
    }

    /// The namespace with this cookie, if it has been found.
    pub fn known(&self, cookie: u64) -> Option<&Netns> {
        self.known.get(&cookie)
    }

    fn has(&self, cookie: u64, ifindex: u32) -> bool {
        self.known.get(&cookie).is_some_and(|netns| netns.links.contains_key(&ifindex))
    }

    fn may_look(&self, cookie: u64, ifindex: u32) -> bool {
        self.missed.get(&(cookie, ifindex)).is_none_or(|missed| missed.elapsed() > PATIENCE)
    }

    fn look(&mut self, cookie: u64, ifindex: u32, pids: &[i32]) {
        let near: Vec<PathBuf> = pids.iter().map(|pid| format!("/proc/{pid}/ns/net").into()).collect();
        let found = visit(near, Some(cookie));
        self.known.extend(found);
        if !self.has(cookie, ifindex) && self.searched.is_none_or(|searched| searched.elapsed() > PATIENCE) {
            self.missed.retain(|_, missed| missed.elapsed() < PATIENCE);
            self.known.extend(visit(everywhere(), Some(cookie)));
            self.searched = Some(Instant::now());
        }
        if self.has(cookie, ifindex) {
            self.missed.remove(&(cookie, ifindex));
        } else {
            self.missed.insert((cookie, ifindex), Instant::now());
        }
    }

    /// The cookie of the namespace that one of these processes is in.
    pub fn of_processes(&mut self, pids: &[i32]) -> Option<u64> {
        let file = pids.iter().map(|pid| PathBuf::from(format!("/proc/{pid}/ns/net"))).find(|file| file.exists())?;
        let found = visit(vec![file], None);
        let cookie = found.keys().next().copied();
        self.known.extend(found);
        cookie
    }

    /// Finds out in the background which namespaces and interfaces there are now, and what they are called. True in the
    /// call in which the answer is there: then the others are gone.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn refresh(&mut self) -> bool {
        let Some(refreshing) = &mut self.refreshing else {
            let begun = Instant::now();
            self.refreshing = Some(tokio::task::spawn_blocking(move || (begun, visit(everywhere(), None))));
            return false;
        };
        let Some(answer) = refreshing.now_or_never() else { return false };
        self.refreshing = None;
        let Ok((begun, now)) = answer else { return false };
        // What was found meanwhile may have been missed by the search.
        self.known.retain(|_, netns| netns.seen > begun);
        self.known.extend(now);
        true
    }

    /// Whether any namespace is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whether the interface was there at the last [`Self::refresh`] or later.
    pub fn is_there(&self, cookie: u64, ifindex: u32) -> bool {
        self.has(cookie, ifindex)
    }
}

/// Everything that may keep a network namespace alive and can be opened: names first, then processes.
fn everywhere() -> Vec<PathBuf> {
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
/// Ends early once `wanted` is found.
fn visit(files: Vec<PathBuf>, wanted: Option<u64>) -> HashMap<u64, Netns> {
    let visited = thread::scope(|scope| scope.spawn(|| visit_here(&files, wanted)).join());
    visited.unwrap_or_default()
}

fn visit_here(files: &[PathBuf], wanted: Option<u64>) -> HashMap<u64, Netns> {
    let mut found = HashMap::new();
    let mut seen = HashSet::new();
    for file in files {
        if wanted.is_some_and(|cookie| found.contains_key(&cookie)) {
            break;
        }
        // Those that vanish meanwhile, and those nbw may not enter, are not found; the rows then say so.
        let Ok(namespace) = File::open(file) else { continue };
        let Ok(inode) = namespace.metadata().map(|metadata| metadata.ino()) else { continue };
        if seen.insert(inode) && setns(namespace.as_fd(), CloneFlags::CLONE_NEWNET).is_ok() {
            found.extend(describe(inode));
        }
    }
    found
}

/// Describes the namespace that the thread is in.
fn describe(inode: u64) -> Option<(u64, Netns)> {
    let cookie = netns_cookie().ok().filter(|&cookie| cookie != 0)?;
    let seen = Instant::now();
    let links = netlink::blocking(async |handle| links::list(&handle).await).ok()?.ok()?;
    let links = links.into_iter().map(|link| (link.index, link)).collect();
    Some((cookie, Netns { name: name_of(inode), links, seen }))
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
