//! Makes a [`Snapshot`] of a sample and the ledger: chooses, derives what nobody owns, and sorts.

mod located;

use std::{collections::HashMap, sync::Arc, time::Duration};

use clap::ValueEnum;
use nbw_common::abi::Counters;

use crate::{
    filter::Filter,
    ledger::{Ledger, Place, Row},
    links::Link,
    rate::{Totals, counted, derived},
    relations::Relations,
    resolve::netns::NetnsTable,
    sample::Sample,
    snapshot::{Flow, Group, GroupKind, HOST_NETNS, Interface, SCHEMA, Snapshot},
};

use located::Located;

/// `--sort`: the order of groups. Rates and totals fall, names rise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Highest receive rate first.
    Rx,
    /// Highest send rate first.
    Tx,
    /// Highest sum of both rates first.
    #[default]
    Total,
    /// By name.
    Name,
}

/// What to show of what there is.
#[derive(Debug, Clone, Copy, Default)]
pub struct ViewOptions {
    /// The order of groups.
    pub sort: Sort,
    /// How many groups at most; what nobody owns is shown besides.
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
    /// Other network namespaces.
    pub netns: &'a NetnsTable,
    /// Cookie of nbw's own.
    pub host: u64,
    /// What the user asked for.
    pub filter: &'a Filter,
}

/// What was shown in the snapshot before, as far as the next one needs it.
pub struct View {
    options: ViewOptions,
    only_some_groups: bool,
    host: Arc<str>,
    links: HashMap<u32, Shown>,
    relations: Relations,
    overflow: Totals,
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
    pub fn new(options: ViewOptions, filter: &Filter) -> Self {
        let only_some_groups = filter.has_group_filter();
        let host = HOST_NETNS.into();
        let (links, relations) = (HashMap::new(), Relations::default());
        Self { options, only_some_groups, host, links, relations, overflow: Totals::default() }
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
        if let Some(top) = self.options.top {
            self.sort(&mut groups);
            groups.truncate(top);
        }
        if !self.only_some_groups {
            groups.extend(self.not_owned(scene));
            groups.extend(self.overflow(sample, elapsed));
        }
        self.sort(&mut groups);
        Snapshot {
            schema: SCHEMA,
            time: sample.time,
            elapsed,
            interfaces: self.interfaces(sample, elapsed),
            groups,
            health: sample.health.clone(),
        }
    }

    /// The groups that are asked for.
    fn owned(&self, scene: &Scene<'_>) -> Vec<Group> {
        let &Scene { sample, elapsed, ledger, netns, host, filter } = scene;
        let monitored = |ifindex: u32| sample.links.iter().any(|(index, _)| *index == ifindex);
        // An interface of another namespace is asked for by the name of its end in this one.
        let asked = |place: Place| match place.netns == host {
            true => monitored(place.ifindex),
            false => {
                !filter.has_interface_filter() || self.peer(place, netns).is_some_and(|peer| monitored(peer.index))
            }
        };
        let wanted = |row: &&Row| asked(row.place) && filter.wants_group(&row.cgroup.row_path, &row.cgroup.identity);
        let group = |row: &Row| group(row, self.locate(row.place, netns, host), elapsed);
        ledger.rows().filter(wanted).map(group).collect()
    }

    /// What no living group owns of each interface. By these rows the groups of an interface add up to its total.
    fn not_owned(&mut self, scene: &Scene<'_>) -> Vec<Group> {
        let &Scene { sample, elapsed, ledger, host, .. } = scene;
        let mut owned: HashMap<u32, Totals> = HashMap::new();
        for row in ledger.rows().filter(|row| row.place.netns == host) {
            *owned.entry(row.place.ifindex).or_default() += row.now;
        }
        let mut rows = Vec::new();
        for (index, counters) in &sample.links {
            let ended = ledger.ended(Place { netns: host, ifindex: *index });
            let mut groups = owned.get(index).copied().unwrap_or_default();
            groups += ended;
            let Some(shown) = self.links.get_mut(index) else { continue };
            let total = Totals::on_the_wire(counters, 0).beyond(shown.base);
            let groups = groups.beyond(shown.earlier);
            let (unattributed, undelivered) = (total.beyond(groups), groups.beyond(total));
            let mut row = |name: &str, kind, before: Totals, now: Totals| {
                let flows = (derived(before.rx, now.rx, elapsed), derived(before.tx, now.tx, elapsed));
                rows.push(nobody(name, kind, Arc::clone(&shown.name), flows));
            };
            row("unattributed", GroupKind::Unattributed, shown.unattributed, unattributed);
            if !undelivered.is_zero() || !shown.undelivered.is_zero() {
                row("undelivered", GroupKind::Unattributed, shown.undelivered, undelivered);
            }
            if !ended.is_zero() {
                row("ended", GroupKind::Cgroup, ended, ended);
            }
            (shown.unattributed, shown.undelivered) = (unattributed, undelivered);
        }
        rows
    }

    /// What found no slot: nobody knows whose it was, nor on which interface.
    fn overflow(&mut self, sample: &Sample, elapsed: Duration) -> Option<Group> {
        let now = Totals::on_the_wire(sample.overflow.as_ref()?, 0);
        let before = std::mem::replace(&mut self.overflow, now);
        let flows = (counted(before.rx, now.rx, elapsed), counted(before.tx, now.tx, elapsed));
        (!now.is_zero()).then(|| nobody("no slot left", GroupKind::Cgroup, "".into(), flows))
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

    fn sort(&self, groups: &mut [Group]) {
        let rate = |group: &Group| match self.options.sort {
            Sort::Rx => group.rx.bytes_per_second,
            Sort::Tx => group.tx.bytes_per_second,
            Sort::Total => group.rx.bytes_per_second + group.tx.bytes_per_second,
            Sort::Name => 0.0,
        };
        let total = |group: &Group| match self.options.sort {
            Sort::Name => 0,
            _ => group.rx.total_bytes + group.tx.total_bytes,
        };
        groups.sort_by(|a, b| {
            rate(b)
                .total_cmp(&rate(a))
                .then_with(|| total(b).cmp(&total(a)))
                .then_with(|| a.name.cmp(&b.name))
                .then_with(|| a.interface.cmp(&b.interface))
        });
    }
}

fn group(row: &Row, located: Located, elapsed: Duration) -> Group {
    let Located { interface, netns, peer, parent } = located;
    let cgroup = &row.cgroup;
    Group {
        id: cgroup.row_id,
        path: if cgroup.path.is_empty() { "".into() } else { Arc::clone(&cgroup.row_path) },
        name: Arc::clone(&cgroup.name),
        kind: cgroup.identity.kind,
        runtime: cgroup.identity.runtime,
        interface,
        netns,
        peer,
        parent,
        rx: counted(row.before.rx, row.now.rx, elapsed),
        tx: counted(row.before.tx, row.now.tx, elapsed),
    }
}

/// A row that is no cgroup.
fn nobody(name: &str, kind: GroupKind, interface: Arc<str>, (rx, tx): (Flow, Flow)) -> Group {
    let (netns, peer, parent) = (HOST_NETNS.into(), None, None);
    Group { id: 0, path: "".into(), name: name.into(), kind, runtime: None, interface, netns, peer, parent, rx, tx }
}
