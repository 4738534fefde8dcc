//! Makes a [`Snapshot`] of a sample and the ledger: chooses, derives what nobody owns, and sorts.

mod groups;
mod located;
mod names;
mod order;
mod sockets;
mod sums;

use std::{collections::HashMap, sync::Arc, time::Duration};

use nbw_common::abi::Counters;

use self::order::Sortable;
pub use self::{names::RemoteNames, order::Sort};
use crate::{
    connections::Connections,
    filter::Filter,
    groupings::Groupings,
    ledger::{Ledger, Place},
    links::Link,
    rate::{Totals, counted},
    relations::Relations,
    resolve::{cgroups::Cgroup, users::Users},
    sample::Sample,
    snapshot::{By, HOST_NETNS, Interface, Rows, Runtime, SCHEMA, Snapshot},
    surroundings::Surroundings,
};

/// What to show of what there is.
#[derive(Debug, Clone, Default)]
pub struct ViewOptions {
    /// What rows are made by, besides interfaces and groups.
    pub by: Vec<By>,
    /// The order of rows.
    pub sort: Sort,
    /// How many rows of a kind are looked at; no names are looked for on behalf of others ([`Snapshot::cut`] takes them away).
    pub top: Option<usize>,
}

/// All that a picture is made of.
pub struct Scene<'a> {
    /// The reading.
    pub sample: &'a Sample,
    /// Time since the reading before.
    pub elapsed: Duration,
    /// The groups, with this reading taken in.
    pub ledger: &'a Ledger,
    /// The sums of groups that outlive them, where they are shown.
    pub groupings: Option<&'a Groupings>,
    /// The connections, where they are counted.
    pub connections: Option<&'a Connections>,
    /// What everything is called.
    pub around: &'a Surroundings,
    /// What the user asked for.
    pub filter: &'a Filter,
}

impl Scene<'_> {
    /// What people call a cgroup, and who runs it.
    fn called(&self, cgroup: &Cgroup) -> (Arc<str>, Option<Runtime>) {
        let own = || (Arc::clone(&cgroup.name), None);
        let (name, runtime) = self.around.runtimes.name(&cgroup.identity).unwrap_or_else(own);
        (name, runtime.or(cgroup.identity.runtime))
    }
}

/// What was shown in the snapshot before, as far as the next one needs it.
pub struct View {
    options: ViewOptions,
    only_some_groups: bool,
    host: Arc<str>,
    links: HashMap<u32, Shown>,
    relations: Relations,
    overflow: Totals,
    users: Users,
    names: Option<RemoteNames>,
}

/// An interface.
#[derive(Debug, Default)]
struct Shown {
    link: Option<Link>,
    name: Arc<str>,
    up: bool,
    speed: Option<u64>,
    counted: Totals,
    /// What groups had moved through it before it was counted.
    earlier: Totals,
    /// What it had moved before groups were counted.
    base: Totals,
    unattributed: Totals,
    undelivered: Totals,
}

impl View {
    /// Nothing shown yet.
    pub fn new(options: ViewOptions, filter: &Filter, names: Option<RemoteNames>) -> Self {
        let only_some_groups = filter.has_group_filter();
        let host = HOST_NETNS.into();
        Self {
            options,
            only_some_groups,
            host,
            links: HashMap::new(),
            relations: Relations::default(),
            overflow: Totals::default(),
            users: Users::new(),
            names,
        }
    }

    /// Takes over names, speeds and relations.
    pub fn links_changed<'a>(&mut self, links: impl Iterator<Item = &'a Link> + Clone) {
        self.relations = Relations::of(links.clone());
        for link in links {
            let shown = self.links.entry(link.index).or_default();
            if shown.link.as_ref() != Some(link) {
                // Some drivers take a lock for it: only when something has changed.
                shown.speed = link.speed();
                shown.link = Some(link.clone());
            }
            shown.name = Arc::clone(&link.name);
            shown.up = link.up;
        }
    }

    /// An interface is counted from now on, while groups have moved `earlier` through it already.
    pub fn counted_from_now(&mut self, index: u32, earlier: Totals) {
        self.links.entry(index).or_default().earlier = earlier;
    }

    /// Groups are counted from now on, while an interface has moved `base` already: it begins anew.
    pub fn groups_from_now(&mut self, index: u32, base: &Counters) {
        self.links.entry(index).or_default().base = Totals::on_the_wire(base, 0);
    }

    /// Forgets an interface that is gone.
    pub fn forget(&mut self, index: u32) {
        self.links.remove(&index);
    }

    /// The picture of this sample.
    pub fn snapshot(&mut self, scene: &Scene<'_>) -> Snapshot {
        let (sample, elapsed) = (scene.sample, scene.elapsed);
        let mut groups = self.owned(scene);
        if !self.only_some_groups {
            groups.extend(self.not_owned(scene));
            groups.extend(self.overflow(sample, elapsed));
        }
        order::sort(&mut groups, self.options.sort);
        Snapshot {
            schema: SCHEMA,
            time: sample.time,
            elapsed,
            interfaces: self.interfaces(sample, elapsed),
            groups,
            rows: self.rows(scene),
            alerts: None,
            events: None,
            health: sample.health.clone(),
        }
    }

    /// The lists of `--by`.
    fn rows(&mut self, scene: &Scene<'_>) -> Rows {
        let asked = self.options.by.clone();
        let by = |by| asked.contains(&by);
        let connections = scene.connections;
        Rows {
            containers: by(By::Container).then(|| self.ordered(self.containers(scene))),
            pods: by(By::Pod).then(|| self.ordered(self.pods(scene))),
            units: by(By::Unit).then(|| self.units(scene)).map(|units| self.ordered(units)),
            processes: connections.filter(|_| by(By::Process)).map(|connections| self.processes(scene, connections)),
            connections: connections
                .filter(|_| by(By::Connection))
                .map(|connections| self.connections(scene, connections)),
            remotes: connections.filter(|_| by(By::Remote)).map(|connections| self.remotes(scene, connections)),
        }
    }

    fn ordered<T: Sortable>(&self, mut rows: Vec<T>) -> Vec<T> {
        order::sort(&mut rows, self.options.sort);
        rows
    }

    /// Whether the user asked for what this cgroup moves there.
    fn wants(&self, cgroup: &Cgroup, place: Place, scene: &Scene<'_>) -> bool {
        let names = scene.around.runtimes.as_ref();
        self.asked(place, scene) && scene.filter.wants_group(&cgroup.row_path, &cgroup.identity, names)
    }

    /// Whether the user asked for this interface. One of another namespace is asked for by the name of its end in this one.
    fn asked(&self, place: Place, scene: &Scene<'_>) -> bool {
        let monitored = |ifindex: u32| scene.sample.link(ifindex).is_some();
        if place.netns == scene.around.host {
            return monitored(place.ifindex);
        }
        !scene.filter.has_interface_filter() || self.peer(place, scene).is_some_and(|peer| monitored(peer.index))
    }

    fn interfaces(&mut self, sample: &Sample, elapsed: Duration) -> Vec<Interface> {
        let mut interfaces: Vec<Interface> =
            sample.links.iter().filter_map(|(index, counters)| self.interface(*index, counters, elapsed)).collect();
        interfaces.sort_by_key(|interface| (&*interface.name == "lo", interface.index));
        interfaces
    }

    fn interface(&mut self, index: u32, counters: &Counters, elapsed: Duration) -> Option<Interface> {
        let shown = self.links.get_mut(&index)?;
        let now = Totals::on_the_wire(counters, 0).beyond(shown.base);
        let before = std::mem::replace(&mut shown.counted, now);
        Some(Interface {
            name: Arc::clone(&shown.name),
            index,
            link_bits_per_second: shown.speed,
            up: shown.up,
            master: self.relations.master(index),
            parent: self.relations.parent(index),
            edge: self.relations.is_edge(index),
            rx: counted(before.rx, now.rx, elapsed),
            tx: counted(before.tx, now.tx, elapsed),
        })
    }
}
