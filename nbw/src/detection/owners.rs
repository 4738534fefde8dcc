//! Who on this host has an address and port: looked up when there is an event, never for a packet.

use std::{
    collections::HashSet,
    fs,
    time::{Duration, Instant},
};

use nbw_detect::event::{Concerned, Role};
use procfs::process::{FDTarget, Process};

use super::{
    endpoint::End,
    netns::{self, Home},
};
use crate::{
    resolve::{
        identity::{self, identify},
        runtimes::Runtimes,
    },
    text,
};

/// How long what was found of namespaces and sockets is used: events tend to come together.
const FRESH: Duration = Duration::from_secs(2);

/// How long a runtime may take to tell a container's name.
const NAME: Duration = Duration::from_millis(500);

/// How often it is looked meanwhile.
const AGAIN: Duration = Duration::from_millis(20);

/// What is known of the host's sockets.
#[derive(Default)]
pub(super) struct Owners {
    homes: Vec<Home>,
    looked: Option<Instant>,
    /// Asked from the first container on.
    runtimes: Option<Runtimes>,
}

impl Owners {
    /// Whose these ends are.
    pub(super) fn of(&mut self, sources: &[End], targets: &[End]) -> Vec<Concerned> {
        self.look();
        let mut found = Vec::new();
        for target in targets {
            found.extend(self.served_by(*target).into_iter().map(|pid| (Role::Target, pid)));
        }
        for source in sources {
            found.extend(self.sent_by(*source, targets).into_iter().map(|pid| (Role::Source, pid)));
        }
        let mut seen = HashSet::new();
        found.retain(|&(role, who)| seen.insert((role, who)));
        found.into_iter().filter_map(|(role, who)| self.concerned(role, who)).collect()
    }

    fn look(&mut self) {
        if self.looked.is_none_or(|at| at.elapsed() >= FRESH) {
            self.homes = netns::all();
            self.looked = Some(Instant::now());
        }
    }

    fn served_by(&mut self, target: End) -> Vec<Who> {
        let mut found = Vec::new();
        for home in self.homes.iter_mut().filter(|home| home.has(target.ip)) {
            let sockets =
                target.port.map_or_else(Vec::new, |port| home.sockets(|socket| socket.serves(target.ip, port)));
            found.extend(home.whose(&sockets));
        }
        found
    }

    fn sent_by(&mut self, source: End, targets: &[End]) -> Vec<Who> {
        let mut found = Vec::new();
        for home in self.homes.iter_mut().filter(|home| home.has(source.ip)) {
            let to_any = |socket: &netns::Socket| targets.iter().any(|to| socket.connects(source.ip, to.ip, to.port));
            let sockets = home.sockets(to_any);
            found.extend(home.whose(&sockets));
        }
        found
    }

    fn concerned(&mut self, role: Role, who: Who) -> Option<Concerned> {
        let pid = who.pid();
        let path = cgroup(pid)?;
        let name = self.name(&path);
        if matches!(who, Who::Namespace(_)) && path == "/" {
            return None;
        }
        let process =
            matches!(who, Who::Process(_)).then(|| Process::new(pid).and_then(|process| process.stat()).ok()).flatten();
        Some(Concerned {
            role,
            cgroup: Some(text::clean(&path).into_owned()),
            name,
            pid: process.as_ref().and_then(|stat| stat.pid.try_into().ok()),
            process: process.map(|stat| text::clean(&stat.comm).into_owned()),
        })
    }

    /// What people call the container, pod or unit that the cgroup belongs to.
    fn name(&mut self, path: &str) -> Option<String> {
        let identity = identify(path);
        if identity.container.is_none() {
            return identity::unit_of(path, &identity).map(|unit| unit.name);
        }
        if self.runtimes.is_none() {
            self.runtimes = Runtimes::start().ok();
        }
        let begun = Instant::now();
        while let Some(runtimes) = &self.runtimes {
            match runtimes.name(&identity) {
                Some((name, _)) => return Some(name.to_string()),
                None if begun.elapsed() >= NAME => break,
                None => std::thread::sleep(AGAIN),
            }
        }
        Some(identity.name)
    }
}

/// A process that has a socket, or one that stands for all in its network namespace, of which none has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Process(i32),
    Namespace(i32),
}

impl Who {
    fn pid(self) -> i32 {
        match self {
            Self::Process(pid) | Self::Namespace(pid) => pid,
        }
    }
}

impl Home {
    /// Who has these sockets. If nobody has, and the namespace is not nbw's own: whoever is in it.
    fn whose(&self, sockets: &[netns::Socket]) -> Vec<Who> {
        let found = having(sockets.iter().map(|socket| socket.inode).collect());
        if found.is_empty() && !self.own {
            return vec![Who::Namespace(self.pid)];
        }
        found.into_iter().map(Who::Process).collect()
    }
}

/// The first process, by pid, that has each of these sockets.
fn having(mut inodes: HashSet<u64>) -> Vec<i32> {
    let mut found = Vec::new();
    inodes.remove(&0);
    for process in procfs::process::all_processes().into_iter().flatten().flatten() {
        if inodes.is_empty() {
            break;
        }
        let Ok(descriptors) = process.fd() else { continue };
        let mut has = false;
        for descriptor in descriptors.flatten() {
            has |= matches!(descriptor.target, FDTarget::Socket(inode) if inodes.remove(&inode));
        }
        if has {
            found.push(process.pid);
        }
    }
    found
}

/// The process's cgroup in the v2 hierarchy.
fn cgroup(pid: i32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("0::")).map(str::to_owned)
}
