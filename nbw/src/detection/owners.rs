//! Who on this host has an address and port: looked up when there is an event, never for a packet.

use std::{
    collections::{HashMap, HashSet},
    fs,
    net::IpAddr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use nbw_detect::event::{Concerned, Role};
use procfs::process::{FDTarget, Process};

use super::{
    endpoint::End,
    netns::{self, Home, Socket},
};
use crate::{
    resolve::{
        identity::{self, Identity, identify},
        runtimes::Runtimes,
    },
    text,
};

/// How long what was found of namespaces and sockets is used: events tend to come together.
const FRESH: Duration = Duration::from_secs(2);

/// Who is concerned by one event is said of so many at most.
const MOST_NAMED: usize = 16;

/// How long runtimes may take to tell the names of all containers that an event concerns.
const NAMES: Duration = Duration::from_millis(500);

/// How often it is looked meanwhile.
const AGAIN: Duration = Duration::from_millis(20);

/// Of so many containers it is known that no runtime knows a name.
const MOST_NAMELESS: usize = 1_024;

/// What is known of the host's sockets.
#[derive(Default)]
pub(super) struct Owners {
    homes: Vec<Home>,
    /// Who has a socket, by its inode; none before it is asked for.
    holders: Option<HashMap<u64, i32>>,
    looked: Option<Instant>,
    /// None in tests.
    runtimes: Option<Arc<Runtimes>>,
    /// The cgroups of containers for whose names it was waited in vain: not again.
    nameless: HashSet<String>,
}

impl Owners {
    /// Nothing is known yet; containers are called as the runtimes call them.
    pub(super) fn new(runtimes: Option<Arc<Runtimes>>) -> Self {
        Self { runtimes, ..Self::default() }
    }

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
        let end = Instant::now() + NAMES;
        found.into_iter().take(MOST_NAMED).filter_map(|(role, who)| self.concerned(role, who, end)).collect()
    }

    fn look(&mut self) {
        if self.looked.is_none_or(|at| at.elapsed() >= FRESH) {
            self.homes = netns::all();
            self.holders = None;
            self.looked = Some(Instant::now());
        }
    }

    fn served_by(&mut self, target: End) -> Vec<Who> {
        self.whose(target.ip, |socket| target.port.is_some_and(|port| socket.serves(target.ip, port)))
    }

    fn sent_by(&mut self, source: End, targets: &[End]) -> Vec<Who> {
        self.whose(source.ip, |socket| targets.iter().any(|to| socket.connects(source.ip, to.ip, to.port)))
    }

    /// Who has sockets that fit, in the network namespace that has the address. If nobody has, and it is not nbw's own: whoever
    /// is in it. Where several namespaces have the address, nobody is named unless just one of them has such a socket.
    fn whose(&mut self, ip: IpAddr, fits: impl Fn(&Socket) -> bool) -> Vec<Who> {
        let (mut having, mut found) = (Vec::new(), Vec::new());
        for home in self.homes.iter_mut().filter(|home| home.has(ip)) {
            having.push((home.own, home.pid));
            let sockets = home.sockets(&fits);
            if !sockets.is_empty() {
                found.push(holding(self.holders.get_or_insert_with(holders), &sockets));
            }
        }
        found.retain(|pids| !pids.is_empty());
        match (&mut found[..], &having[..]) {
            ([pids], _) => std::mem::take(pids).into_iter().map(Who::Process).collect(),
            ([], &[(false, pid)]) => vec![Who::Namespace(pid)],
            _ => Vec::new(),
        }
    }

    fn concerned(&mut self, role: Role, who: Who, end: Instant) -> Option<Concerned> {
        let pid = who.pid();
        let path = cgroup(pid)?;
        let name = self.name(&path, end);
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
    fn name(&mut self, path: &str, end: Instant) -> Option<String> {
        let identity = identify(path);
        if identity.container.is_none() {
            return identity::unit_of(path, &identity).map(|unit| unit.name);
        }
        let name = self.told_name(path, &identity, end);
        if name.is_none() {
            if self.nameless.len() >= MOST_NAMELESS {
                self.nameless.clear();
            }
            self.nameless.insert(path.to_owned());
        }
        Some(name.unwrap_or(identity.name))
    }

    /// What a runtime calls it. It is waited for that until `end`, and once.
    fn told_name(&mut self, path: &str, identity: &Identity, end: Instant) -> Option<String> {
        let runtimes = self.runtimes.as_ref()?;
        loop {
            if let Some((name, _)) = runtimes.name(identity) {
                return Some(name.to_string());
            }
            if self.nameless.contains(path) || Instant::now() >= end {
                return None;
            }
            thread::sleep(AGAIN);
        }
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

/// Who has these sockets, by pid.
fn holding(holders: &HashMap<u64, i32>, sockets: &[Socket]) -> Vec<i32> {
    let mut pids: Vec<i32> = sockets.iter().filter_map(|socket| holders.get(&socket.inode).copied()).collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}

/// The first process, by pid, that has each of the host's sockets. It takes a walk through all descriptors there are.
fn holders() -> HashMap<u64, i32> {
    let mut holders: HashMap<u64, i32> = HashMap::new();
    for process in procfs::process::all_processes().into_iter().flatten().flatten() {
        let Ok(descriptors) = process.fd() else { continue };
        for descriptor in descriptors.flatten() {
            if let FDTarget::Socket(inode) = descriptor.target {
                let first = holders.entry(inode).or_insert(process.pid);
                *first = process.pid.min(*first);
            }
        }
    }
    holders
}

/// The process's cgroup in the v2 hierarchy.
fn cgroup(pid: i32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("0::")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;

    const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 90, 0, 2));

    fn owners(homes: Vec<Home>) -> Owners {
        let holders = Some(HashMap::from([(71, 7), (72, 8)]));
        Owners { homes, holders, looked: Some(Instant::now()), ..Owners::default() }
    }

    fn serving(inode: u64) -> Socket {
        Socket::new(SocketAddr::new(HOST, 80), SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0), true, inode)
    }

    fn web(homes: Vec<Home>) -> Vec<Who> {
        owners(homes).served_by(End { ip: HOST, port: Some(80) })
    }

    #[test]
    fn who_has_the_socket_is_named_else_who_is_alone_with_the_address() {
        let home = |pid, sockets| Home::made_up(pid, false, &[HOST], sockets);
        assert_eq!(web(vec![home(1, vec![serving(71)])]), [Who::Process(7)]);
        assert_eq!(web(vec![home(1, vec![])]), [Who::Namespace(1)]);
        assert_eq!(web(vec![Home::made_up(1, true, &[HOST], vec![])]), [], "all of the host is nobody");
    }

    #[test]
    fn nobody_is_named_where_several_may_be_meant() {
        let home = |pid, sockets| Home::made_up(pid, false, &[HOST], sockets);
        assert_eq!(web(vec![home(1, vec![]), home(2, vec![])]), []);
        assert_eq!(web(vec![home(1, vec![serving(71)]), home(2, vec![serving(72)])]), []);
        assert_eq!(web(vec![home(1, vec![]), home(2, vec![serving(72)])]), [Who::Process(8)]);
    }

    #[test]
    fn an_address_that_every_namespace_has_is_nbws_own() {
        for ip in ["127.0.0.1", "::1", "fe80::1", "169.254.7.7"].map(|ip| ip.parse().unwrap()) {
            let homes = vec![Home::made_up(1, true, &[ip], vec![]), Home::made_up(2, false, &[ip], vec![])];
            assert_eq!(owners(homes).served_by(End { ip, port: Some(80) }), [], "{ip}");
            let foreign = vec![Home::made_up(2, false, &[ip], vec![])];
            assert_eq!(owners(foreign).served_by(End { ip, port: Some(80) }), [], "{ip}");
        }
    }
}
