//! Drilling down: which rows belong to the one that was entered, by the ids that both have.
//!
//! Rows that lack an id in question (a process has no interface) are related through the connections that have both.

use std::{collections::HashSet, net::IpAddr, sync::Arc};

use super::rows::{self, Key, Row};
use crate::snapshot::{By, Container, GroupKind, HOST_NETNS, Remote, RemoteKind, Snapshot};

/// An interface's name, and the network namespace that it is in.
type Place = (Arc<str>, Arc<str>);

/// A row that was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crumb {
    /// The tab that it was entered on, and its row there.
    pub(super) from: By,
    pub(super) key: Key,
    /// What it was called.
    pub(super) label: Arc<str>,
    bound: Bound,
}

/// What rows below a crumb have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Bound {
    Interface(Arc<str>),
    Path(Arc<str>),
    Pod { name: Arc<str>, namespace: Option<Arc<str>> },
    Process(u64),
    Remote(Option<IpAddr>),
}

impl Crumb {
    /// The crumb for entering a row, and the tab to go to. None for rows below which nothing is.
    pub(super) fn enter(row: Row<'_>, names: bool) -> Option<(Self, By)> {
        let (from, bound, to) = match row {
            Row::Interface(row) => (By::Interface, Bound::Interface(Arc::clone(&row.name)), By::Group),
            Row::Group(row) if row.path.is_empty() => return None,
            Row::Group(row) => (By::Group, Bound::Path(Arc::clone(&row.path)), By::Process),
            Row::Container(row) => (By::Container, Bound::Path(Arc::clone(&row.path)), By::Process),
            Row::Unit(row) => (By::Unit, Bound::Path(Arc::clone(&row.path)), By::Process),
            Row::Pod(row) => {
                let bound = Bound::Pod { name: Arc::clone(&row.name), namespace: row.namespace.clone() };
                (By::Pod, bound, By::Container)
            }
            Row::Process(row) => (By::Process, Bound::Process(row.id?), By::Connection),
            Row::Remote(row) if matches!(row.kind, RemoteKind::Ended | RemoteKind::NoSlot) => return None,
            Row::Remote(row) => (By::Remote, Bound::Remote(row.address), By::Connection),
            Row::Connection(_) => return None,
        };
        let label = match row {
            Row::Process(row) if row.pid > 0 => format!("{} ({})", row.name, row.pid).into(),
            row => row.name(names).into(),
        };
        Some((Self { from, key: row.key(), label, bound }, to))
    }
}

/// A bound, resolved against one snapshot.
#[derive(Debug)]
enum Limit {
    Places(HashSet<Place>),
    Paths(Vec<Arc<str>>),
    Process(u64),
    Remote(Option<IpAddr>),
}

/// All that was entered, resolved against one snapshot.
#[derive(Debug, Default)]
pub(super) struct Relation {
    limits: Vec<Limit>,
    linked: Linked,
}

/// What the connections (and groups) that meet all limits have to do with.
#[derive(Debug, Default)]
struct Linked {
    places: HashSet<Place>,
    /// Of their cgroups.
    paths: HashSet<Arc<str>>,
    /// Of their cgroups, and of all cgroups above them.
    above: HashSet<Arc<str>>,
    /// Name and namespace.
    pods: HashSet<(Arc<str>, Option<Arc<str>>)>,
    processes: HashSet<u64>,
    remotes: HashSet<Option<IpAddr>>,
}

impl Relation {
    /// The rows of `snapshot` below all of `crumbs`.
    pub(super) fn new(crumbs: &[Crumb], snapshot: &Snapshot) -> Self {
        let limits: Vec<Limit> = crumbs.iter().map(|crumb| resolve(&crumb.bound, snapshot)).collect();
        if limits.is_empty() {
            return Self::default();
        }
        let linked = Linked::new(&limits, snapshot);
        Self { limits, linked }
    }

    /// Whether a row is below all that was entered.
    pub(super) fn holds(&self, row: Row<'_>) -> bool {
        let mut all_told = true;
        for limit in &self.limits {
            match meets(row, limit) {
                Some(true) => {}
                Some(false) => return false,
                None => all_told = false,
            }
        }
        all_told || self.linked.holds(row)
    }
}

fn resolve(bound: &Bound, snapshot: &Snapshot) -> Limit {
    match bound {
        Bound::Interface(name) => Limit::Places(places_of(name, snapshot)),
        Bound::Path(path) => Limit::Paths(vec![Arc::clone(path)]),
        Bound::Pod { name, namespace } => {
            let its =
                |container: &&Container| container.pod.as_ref() == Some(name) && container.namespace == *namespace;
            Limit::Paths(containers(snapshot).iter().filter(its).map(|container| Arc::clone(&container.path)).collect())
        }
        Bound::Process(id) => Limit::Process(*id),
        Bound::Remote(address) => Limit::Remote(*address),
    }
}

fn containers(snapshot: &Snapshot) -> &[Container] {
    snapshot.rows.containers.as_deref().unwrap_or_default()
}

/// The host's interface itself, and the interfaces of other namespaces that it is the other end of, or that sit on it.
fn places_of(name: &Arc<str>, snapshot: &Snapshot) -> HashSet<Place> {
    let far = far_places(snapshot).filter(|(_, host)| *host == name).map(|(place, _)| place);
    far.chain([(Arc::clone(name), HOST_NETNS.into())]).collect()
}

/// Places in other namespaces, each with the host's interface that it is reached through.
fn far_places(snapshot: &Snapshot) -> impl Iterator<Item = (Place, &Arc<str>)> {
    let place = |name, netns| (Arc::clone(name), Arc::clone(netns));
    let of_groups = snapshot.groups.iter().flat_map(move |group| {
        [&group.peer, &group.parent]
            .into_iter()
            .flatten()
            .map(move |host| (place(&group.interface, &group.netns), host))
    });
    let through = containers(snapshot).iter().flat_map(|container| &container.interfaces);
    let of_containers =
        through.filter_map(move |through| Some((place(&through.name, &through.netns), through.peer.as_ref()?)));
    of_groups.chain(of_containers)
}

/// Whether a row meets a limit; none where the row does not have what is limited.
fn meets(row: Row<'_>, limit: &Limit) -> Option<bool> {
    let within = |path: &str, paths: &[Arc<str>]| paths.iter().any(|parent| is_under(path, parent));
    let at = |places: &HashSet<Place>, name: &Arc<str>, netns: &Arc<str>| {
        places.contains(&(Arc::clone(name), Arc::clone(netns)))
    };
    Some(match (row, limit) {
        (Row::Interface(row), Limit::Places(places)) => at(places, &row.name, &HOST_NETNS.into()),
        (Row::Group(row), Limit::Places(places)) => at(places, &row.interface, &row.netns),
        (Row::Container(row), Limit::Places(places)) => {
            row.interfaces.iter().any(|through| at(places, &through.name, &through.netns))
        }
        (Row::Connection(row), Limit::Places(places)) => at(places, &row.interface, &row.netns),
        (Row::Group(row), Limit::Paths(paths)) => within(&row.path, paths),
        (Row::Container(row), Limit::Paths(paths)) => within(&row.path, paths),
        (Row::Unit(row), Limit::Paths(paths)) if within(&row.path, paths) => true,
        (Row::Process(row), Limit::Paths(paths)) => within(&row.group, paths),
        (Row::Connection(row), Limit::Paths(paths)) => within(&row.group, paths),
        (Row::Process(row), Limit::Process(id)) => row.id == Some(*id),
        (Row::Connection(row), Limit::Process(id)) => row.process_id == *id,
        (Row::Remote(row), Limit::Remote(address)) => is_of(row, *address),
        (Row::Connection(row), Limit::Remote(address)) => row.remote.address == *address,
        _ => return None,
    })
}

/// Whether a row is that of all connections to an address, or to none.
fn is_of(row: &Remote, address: Option<IpAddr>) -> bool {
    matches!(row.kind, RemoteKind::Address | RemoteKind::Other) && row.address == address
}

/// Whether a cgroup is `parent` or below it.
fn is_under(path: &str, parent: &str) -> bool {
    !path.is_empty()
        && path.strip_prefix(parent.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Linked {
    fn new(limits: &[Limit], snapshot: &Snapshot) -> Self {
        let mut linked = Self::default();
        let meets_all = |row: &Row<'_>| limits.iter().all(|limit| meets(*row, limit) == Some(true));
        for row in rows::all(snapshot, By::Connection).chain(rows::all(snapshot, By::Group)).filter(meets_all) {
            linked.add(row);
        }
        for container in containers(snapshot) {
            linked.add_container(container);
        }
        let hosts = far_places(snapshot).filter(|(place, _)| linked.places.contains(place));
        let hosts: Vec<Place> = hosts.map(|(_, host)| (Arc::clone(host), HOST_NETNS.into())).collect();
        linked.places.extend(hosts);
        linked
    }

    fn add(&mut self, row: Row<'_>) {
        match row {
            Row::Connection(row) => {
                self.places.insert((Arc::clone(&row.interface), Arc::clone(&row.netns)));
                self.processes.insert(row.process_id);
                self.remotes.insert(row.remote.address);
                self.add_path(&row.group);
            }
            Row::Group(row) => {
                self.places.insert((Arc::clone(&row.interface), Arc::clone(&row.netns)));
                self.add_path(&row.path);
            }
            _ => {}
        }
    }

    fn add_path(&mut self, path: &Arc<str>) {
        if path.is_empty() || self.paths.contains(path) {
            return;
        }
        self.paths.insert(Arc::clone(path));
        self.above.insert(Arc::clone(path));
        self.above.extend(path.match_indices('/').skip(1).map(|(at, _)| Arc::from(&path[..at])));
    }

    /// A container's pod.
    fn add_container(&mut self, container: &Container) {
        if !self.above.contains(&container.path) {
            return;
        }
        if let Some(pod) = &container.pod {
            self.pods.insert((Arc::clone(pod), container.namespace.clone()));
        }
    }

    fn holds(&self, row: Row<'_>) -> bool {
        match row {
            Row::Interface(row) => self.places.contains(&(Arc::clone(&row.name), HOST_NETNS.into())),
            Row::Group(row) => {
                // A container is one row, whatever cgroups it has made.
                let paths = if row.kind == GroupKind::Container { &self.above } else { &self.paths };
                paths.contains(&row.path) && self.places.contains(&(Arc::clone(&row.interface), Arc::clone(&row.netns)))
            }
            Row::Container(row) => self.above.contains(&row.path),
            Row::Pod(row) => self.pods.contains(&(Arc::clone(&row.name), row.namespace.clone())),
            Row::Unit(row) => self.above.contains(&row.path),
            Row::Process(row) => row.id.is_some_and(|id| self.processes.contains(&id)),
            Row::Remote(row) => self.remotes.contains(&row.address) && is_of(row, row.address),
            Row::Connection(_) => false,
        }
    }
}
