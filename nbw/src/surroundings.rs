//! What is around the traffic: interfaces, cgroups, network namespaces.

use std::{
    num::NonZeroUsize,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use lru::LruCache;

use crate::{
    cgroup_root::CgroupRoot,
    connections::World,
    failure::Failure,
    interfaces::Interfaces,
    ledger::Place,
    resolve::{
        cgroups::{Cgroup, CgroupNames},
        netns::NetnsTable,
        runtimes::Runtimes,
    },
};

/// How long the network namespace of a cgroup's processes is taken to stay the same.
const GUESS: Duration = Duration::from_secs(10);

/// Cgroups of which it is kept.
const GUESSES: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// All of it, as far as it is known.
pub struct Surroundings {
    /// The cgroup hierarchy.
    pub root: Rc<CgroupRoot>,
    /// nbw's own interfaces.
    pub interfaces: Interfaces,
    /// What cgroups are called.
    pub cgroups: CgroupNames,
    /// Other network namespaces.
    pub netns: NetnsTable,
    /// Cookie of nbw's own.
    pub host: u64,
    /// What containers and pods are called.
    pub runtimes: Arc<Runtimes>,
    /// Network namespaces of cgroups, where the kernel does not tell them.
    guessed: LruCache<String, (u64, Instant)>,
}

impl Surroundings {
    /// Nothing is known yet but the hierarchy and nbw's own network namespace.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn new(root: CgroupRoot, host: u64) -> Result<Self, Failure> {
        let root = Rc::new(root);
        Ok(Self {
            cgroups: CgroupNames::new(Rc::clone(&root)),
            root,
            interfaces: Interfaces::default(),
            netns: NetnsTable::default(),
            host,
            runtimes: Arc::new(Runtimes::start()?),
            guessed: LruCache::new(GUESSES),
        })
    }

    /// The network namespace of a cgroup's processes; 0 if there are none.
    fn guess(&mut self, path: &str) -> u64 {
        if let Some(&(netns, at)) = self.guessed.get(path)
            && at.elapsed() < GUESS
        {
            return netns;
        }
        let netns = self.netns.of_processes(&self.root.processes(path)).unwrap_or(0);
        self.guessed.put(path.to_owned(), (netns, Instant::now()));
        netns
    }

    /// Whether the interface is known to be gone.
    pub fn is_gone(&self, place: Place) -> bool {
        if place.netns == self.host {
            self.interfaces.get(place.ifindex).is_none()
        } else {
            self.netns.is_gone(place.netns, place.ifindex)
        }
    }
}

impl World for Surroundings {
    fn cgroup(&mut self, id: u64) -> Rc<Cgroup> {
        self.cgroups.get(id)
    }

    /// Where the kernel could not tell the network namespace (on kernels whose packet hooks do not know it: sockets older
    /// than nbw, and the kernel's own) it is the one that the cgroup's processes are in. Of the root cgroup that would say
    /// nothing: its place stays unknown, and is no interface of `host`.
    fn place(&mut self, netns: u64, ifindex: u32, path: &str) -> Place {
        let netns = match netns {
            0 if !matches!(path, "" | "/") => self.guess(path),
            told => told,
        };
        Place { netns, ifindex }
    }

    fn link_header(&mut self, place: Place, path: &str) -> Option<u32> {
        if place.netns == self.host {
            return self.interfaces.get(place.ifindex).map(|link| link.header);
        }
        if place.netns == 0 {
            return None;
        }
        let pids = || self.root.processes(path);
        self.netns.link(place.netns, place.ifindex, pids).map(|link| link.header)
    }
}
