//! Other network namespaces: which one a cookie stands for, what it is called, and what interfaces it has.

mod visit;

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use lru::LruCache;
use tokio::task::JoinHandle;

use crate::links::{Joint, Link};

use visit::{everywhere, namespace_of, visit};

/// How long a namespace that could not be found is not looked for again; doubled with each search in vain.
const PATIENCE: Duration = Duration::from_secs(1);

/// Doublings of [`PATIENCE`]: up to a minute.
const DOUBLINGS: u32 = 6;

/// How often namespaces are looked at again, for what is gone or renamed.
const REFRESH: Duration = Duration::from_secs(10);

/// How long an answer is waited for before a picture is made without it.
const WORTH_WAITING: Duration = Duration::from_millis(50);

/// No more namespaces that are gone are remembered, nor interfaces that could not be found: the oldest are forgotten first.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// A network namespace that is not nbw's own.
#[derive(Debug, Clone)]
pub struct Netns {
    /// Its name in `/run/netns`, or the kernel's own for it, `net:[INODE]`.
    pub name: Arc<str>,
    /// Its interfaces, by index.
    pub links: HashMap<u32, Link>,
    /// How it and nbw's own know each other.
    pub ids: Ids,
    /// When that was so.
    seen: Instant,
}

/// The ids by which two network namespaces know each other: each gives its own to those that its interfaces are joined
/// to, and keeps them for as long as both are there. None where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ids {
    /// The id that nbw's own has for the other.
    pub at_home: Option<i32>,
    /// The id that the other has for nbw's own.
    pub of_home: Option<i32>,
}

impl Netns {
    /// What an interface of it has to do with one of nbw's own namespace, if anything.
    pub fn joint_home(&self, ifindex: u32) -> Option<Joint> {
        let joint = self.links.get(&ifindex)?.joint?;
        (self.ids.of_home.is_some() && joint.namespace == self.ids.of_home).then_some(joint)
    }
}

/// The namespaces found so far. They are searched for in the background, one search at a time: entering one costs a
/// millisecond, and any user may make many.
#[derive(Debug)]
pub struct NetnsTable {
    known: HashMap<u64, Netns>,
    /// Namespaces that were there once and are not any more.
    lost: LruCache<u64, ()>,
    wanted: HashSet<(u64, u32)>,
    near: Vec<PathBuf>,
    missed: LruCache<(u64, u32), Missed>,
    search: Option<Search>,
    refreshed: Option<Instant>,
}

/// What could not be found.
#[derive(Debug, Clone, Copy)]
struct Missed {
    at: Instant,
    times: u32,
}

#[derive(Debug)]
struct Search {
    begun: Instant,
    everything: bool,
    wanted: HashSet<(u64, u32)>,
    answer: JoinHandle<HashMap<u64, Netns>>,
}

impl Default for NetnsTable {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            lost: LruCache::new(REMEMBERED),
            wanted: HashSet::new(),
            near: Vec::new(),
            missed: LruCache::new(REMEMBERED),
            search: None,
            refreshed: None,
        }
    }
}

impl NetnsTable {
    /// The namespace with this cookie, if it has been found.
    pub fn known(&self, cookie: u64) -> Option<&Netns> {
        self.known.get(&cookie)
    }

    /// The interface, if it has been found. Else it is asked for in the next [`Self::search`], first where the processes
    /// with these `pids` are.
    pub fn link(&mut self, cookie: u64, ifindex: u32, pids: impl FnOnce() -> Vec<i32>) -> Option<&Link> {
        if !self.has(cookie, ifindex) && self.may_ask(cookie, ifindex) {
            self.wanted.insert((cookie, ifindex));
            self.near.extend(pids().into_iter().take(1).map(|pid| namespace_of(&pid.to_string())));
        }
        self.known.get(&cookie)?.links.get(&ifindex)
    }

    fn has(&self, cookie: u64, ifindex: u32) -> bool {
        self.known.get(&cookie).is_some_and(|netns| netns.links.contains_key(&ifindex))
    }

    fn may_ask(&self, cookie: u64, ifindex: u32) -> bool {
        let key = (cookie, ifindex);
        let asked =
            self.wanted.contains(&key) || self.search.as_ref().is_some_and(|search| search.wanted.contains(&key));
        let rested = |missed: &Missed| missed.at.elapsed() > PATIENCE * 2u32.pow(missed.times.min(DOUBLINGS));
        !asked && self.missed.peek(&key).is_none_or(rested)
    }

    /// The cookie of the namespace that one of these processes is in.
    pub fn of_processes(&mut self, pids: &[i32]) -> Option<u64> {
        let file = pids.iter().map(|pid| namespace_of(&pid.to_string())).find(|file| file.exists())?;
        let found = visit(vec![file], &HashSet::new());
        let cookie = found.keys().next().copied();
        self.known.extend(found);
        cookie
    }

    /// Takes in the answer of a search that has ended, and begins one if there is something to search for.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn search(&mut self) {
        if let Some(answer) = self.search.as_mut().and_then(|search| (&mut search.answer).now_or_never()) {
            self.take_in(answer.unwrap_or_default());
        }
        let due = !self.known.is_empty() && self.refreshed.is_none_or(|refreshed| refreshed.elapsed() > REFRESH);
        if self.search.is_none() && (due || !self.wanted.is_empty()) {
            self.begin(due);
        }
    }

    fn begin(&mut self, everything: bool) {
        let (wanted, near) = (std::mem::take(&mut self.wanted), std::mem::take(&mut self.near));
        let until = if everything { HashSet::new() } else { wanted.iter().map(|&(cookie, _)| cookie).collect() };
        // To list all processes takes milliseconds: not on the thread of the ticks.
        let answer = tokio::task::spawn_blocking(move || visit(near.into_iter().chain(everywhere()).collect(), &until));
        self.search = Some(Search { begun: Instant::now(), everything, wanted, answer });
    }

    fn take_in(&mut self, found: HashMap<u64, Netns>) {
        let Some(search) = self.search.take() else { return };
        if search.everything {
            // What was found otherwise meanwhile may have been missed by this search.
            let gone = self.known.extract_if(|cookie, old| old.seen < search.begun && !found.contains_key(cookie));
            for (cookie, _) in gone {
                self.lost.put(cookie, ());
            }
            self.refreshed = Some(Instant::now());
        }
        for cookie in found.keys() {
            self.lost.pop(cookie);
        }
        self.known.extend(found);
        for key in search.wanted {
            self.note(key);
        }
    }

    /// Remembers whether what was searched for is missing.
    fn note(&mut self, key: (u64, u32)) {
        if self.has(key.0, key.1) {
            self.missed.pop(&key);
        } else {
            let times = self.missed.peek(&key).map_or(0, |missed| missed.times + 1);
            self.missed.put(key, Missed { at: Instant::now(), times });
        }
    }

    /// Waits a little for a search that is under way, so that the next picture has the names.
    pub async fn settle(&mut self) {
        self.search();
        let Some(search) = &mut self.search else { return };
        if let Ok(answer) = tokio::time::timeout(WORTH_WAITING, &mut search.answer).await {
            self.take_in(answer.unwrap_or_default());
        }
    }

    /// Whether the interface is known to be gone: its namespace is, or has it no more.
    pub fn is_gone(&self, cookie: u64, ifindex: u32) -> bool {
        let without = |netns: &Netns| !netns.links.contains_key(&ifindex);
        self.lost.peek(&cookie).is_some() || self.known.get(&cookie).is_some_and(without)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_or_missing_is_remembered_within_bounds() {
        let mut table = NetnsTable::default();
        for cookie in 0..3 * REMEMBERED.get() as u64 {
            table.note((cookie, 1));
            table.lost.put(cookie, ());
        }
        assert_eq!((table.missed.len(), table.lost.len()), (REMEMBERED.get(), REMEMBERED.get()));
        assert!(table.is_gone(3 * REMEMBERED.get() as u64 - 1, 1) && !table.is_gone(0, 1));
        assert!(!table.may_ask(3 * REMEMBERED.get() as u64 - 1, 1) && table.may_ask(0, 1));
    }
}
