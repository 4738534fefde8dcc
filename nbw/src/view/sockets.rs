//! Rows of sockets: processes, connections, remote hosts.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use nbw_common::abi::{Address, ip, kind};

use super::{Scene, Sort, Sortable, View, located::Located, sums::flows};
use crate::{
    connections::{Connections, Row},
    ledger::Group,
    rate::Totals,
    resolve::{
        cgroups::Cgroup,
        processes::{Process as Known, ProcessId},
    },
    snapshot::{Connection, ConnectionState, End, Process, Remote, RemoteKind},
    words,
};

/// So many rows, the first in order, are given the names of their hosts: more are not looked at by people, and names of
/// more would push each other out of the cache.
const NAMED: usize = 2_048;

/// A sum of several shares, and the group that has the most of it.
#[derive(Default)]
struct Sum {
    now: Totals,
    before: Totals,
    group: Option<(u64, Group)>,
}

impl Sum {
    fn add(&mut self, group: Group, now: Totals, before: Totals) {
        self.now += now;
        self.before += before;
        let bytes = now.rx.bytes.saturating_add(now.tx.bytes);
        self.group = self.group.max(Some((bytes, group)));
    }
}

/// Who has connections, and where.
struct Owner {
    group: Arc<str>,
    group_name: Arc<str>,
    interface: Arc<str>,
    netns: Arc<str>,
}

impl View {
    /// Whether nothing is filtered out.
    fn shows_all(&self, scene: &Scene<'_>) -> bool {
        !self.only_some_groups && !scene.filter.has_interface_filter()
    }

    fn wants_group(&self, group: Group, connections: &Connections, scene: &Scene<'_>) -> bool {
        connections.cgroup(group).is_some_and(|cgroup| self.wants(cgroup, group.place, scene))
    }

    /// Processes.
    pub(super) fn processes(&mut self, scene: &Scene<'_>, connections: &Connections) -> Vec<Process> {
        let mut sums: HashMap<ProcessId, Sum> = HashMap::new();
        for (share, sum) in connections.by_process.iter() {
            if self.wants_group(share.group, connections, scene) {
                sums.entry(share.process).or_default().add(share.group, sum.now, sum.before);
            }
        }
        let rows = sums.into_iter().filter_map(|(id, sum)| self.process(scene, connections, id, &sum)).collect();
        let mut rows = self.ordered(rows);
        if self.shows_all(scene) {
            rows.extend(leftovers(connections, connections.by_process.dropped()).map(|(kind, before, now)| {
                let (rx, tx) = flows(before, now, scene.elapsed);
                Process { name: words::nobody(kind).into(), rx, tx, ..nobody() }
            }));
        }
        rows
    }

    fn process(&mut self, scene: &Scene<'_>, connections: &Connections, id: ProcessId, sum: &Sum) -> Option<Process> {
        let process = connections.processes.get(id)?;
        let (group, group_name) = group(scene, connections.cgroup(sum.group?.1));
        let (rx, tx) = flows(sum.before, sum.now, scene.elapsed);
        Some(Process {
            id: Some(id),
            pid: process.pid,
            name: Arc::clone(&process.name),
            command: Arc::clone(&process.command),
            uid: process.uid,
            user: process.uid.map(|uid| self.users.name(uid)),
            group,
            group_name,
            ended: process.ended,
            rx,
            tx,
        })
    }

    /// Connections: those that are open, and those that were closed in this tick.
    pub(super) fn connections(&mut self, scene: &Scene<'_>, connections: &Connections) -> Vec<Connection> {
        let mut owners = HashMap::new();
        let mut protocols = HashMap::new();
        let rows = connections.rows().filter_map(|row| {
            // What ends beyond the number that is told apart have moved is mostly nothing.
            if row.ident.kind == kind::MANY && row.now.is_zero() {
                return None;
            }
            let owner = owners.entry(row.group).or_insert_with(|| self.owner(scene, connections, row.group));
            let process = connections.processes.get(row.process)?;
            let number = row.ident.protocol;
            let protocol = protocols.entry(number).or_insert_with(|| protocol(number));
            Some(connection(row, owner.as_ref()?, process, protocol, scene.elapsed))
        });
        let rows = rows.collect();
        self.ordered_by_name(rows, Self::name_ends)
    }

    /// What all connections of a group have in common; none where they are not asked for.
    fn owner(&self, scene: &Scene<'_>, connections: &Connections, of: Group) -> Option<Owner> {
        if !self.wants_group(of, connections, scene) {
            return None;
        }
        let (group, group_name) = group(scene, connections.cgroup(of));
        let Located { interface, netns, .. } = self.locate(of.place, scene);
        Some(Owner { group, group_name, interface, netns })
    }

    /// In order, with names. Only what is looked at is looked up, unless the names decide what that is.
    fn ordered_by_name<T: Sortable>(&mut self, mut rows: Vec<T>, name: fn(&mut Self, &mut T)) -> Vec<T> {
        let by_name = self.options.sort == Sort::Name;
        if !by_name {
            rows = self.ordered(rows);
        }
        let looked_at = self.options.top.filter(|_| !by_name).unwrap_or(NAMED);
        rows.iter_mut().take(looked_at.min(NAMED)).for_each(|row| name(self, row));
        if by_name { self.ordered(rows) } else { rows }
    }

    /// Remote hosts.
    pub(super) fn remotes(&mut self, scene: &Scene<'_>, connections: &Connections) -> Vec<Remote> {
        let mut sums: HashMap<Option<IpAddr>, (Sum, u32)> = HashMap::new();
        let mut known = HashMap::new();
        let mut wanted = |of| *known.entry(of).or_insert_with(|| self.wants_group(of, connections, scene));
        for (share, sum) in connections.by_remote.iter() {
            if wanted(share.group) {
                sums.entry(share.remote).or_default().0.add(share.group, sum.now, sum.before);
            }
        }
        for row in connections.rows().filter(|row| !row.is_closed()) {
            if let Some((_, open)) = sums.get_mut(&row.remote())
                && wanted(row.group)
            {
                *open += 1;
            }
        }
        let row = |(address, (sum, connections)): (Option<IpAddr>, (Sum, u32))| {
            let (rx, tx) = flows(sum.before, sum.now, scene.elapsed);
            let kind = if address.is_some() { RemoteKind::Address } else { RemoteKind::Other };
            Remote { kind, address, host: None, country: None, network: None, connections, rx, tx }
        };
        let mut rows = self.ordered_by_name(sums.into_iter().map(row).collect(), Self::name_remote);
        if self.shows_all(scene) {
            rows.extend(leftovers(connections, connections.by_remote.dropped()).map(|(kind, before, now)| {
                let (rx, tx) = flows(before, now, scene.elapsed);
                Remote { kind, address: None, host: None, country: None, network: None, connections: 0, rx, tx }
            }));
        }
        rows
    }
}

fn connection(row: &Row, owner: &Owner, process: &Known, protocol: &Arc<str>, elapsed: Duration) -> Connection {
    let (rx, tx) = flows(row.before, row.now, elapsed);
    Connection {
        id: row.id,
        protocol: Arc::clone(protocol),
        local: end(row.ident.local, row.ident.local_port),
        remote: end(row.ident.remote, row.ident.remote_port),
        state: if row.is_closed() { ConnectionState::Closed } else { ConnectionState::Open },
        since: row.since,
        process_id: row.process,
        pid: process.pid,
        process: Arc::clone(&process.name),
        group: Arc::clone(&owner.group),
        group_name: Arc::clone(&owner.group_name),
        interface: Arc::clone(&owner.interface),
        netns: Arc::clone(&owner.netns),
        rx,
        tx,
    }
}

/// What belongs to no row any more, or never did: so that rows add up.
fn leftovers(connections: &Connections, ended: Totals) -> impl Iterator<Item = (RemoteKind, Totals, Totals)> {
    let (before, now) = connections.overflow();
    [(RemoteKind::Ended, ended, ended), (RemoteKind::NoSlot, before, now)]
        .into_iter()
        .filter(|(_, _, now)| !now.is_zero())
}

fn nobody() -> Process {
    Process {
        id: None,
        pid: 0,
        name: "".into(),
        command: "".into(),
        uid: None,
        user: None,
        group: "".into(),
        group_name: "".into(),
        ended: false,
        rx: Default::default(),
        tx: Default::default(),
    }
}

/// Path and name of a cgroup.
fn group(scene: &Scene<'_>, cgroup: Option<&std::rc::Rc<Cgroup>>) -> (Arc<str>, Arc<str>) {
    let Some(cgroup) = cgroup else { return ("".into(), "".into()) };
    let path = if cgroup.path.is_empty() { "".into() } else { Arc::clone(&cgroup.row_path) };
    (path, scene.called(cgroup).0)
}

fn end(address: Address, port: u16) -> End {
    End { address: ip(address), port, host: None, service: None }
}

/// The name that people know of a number of the IANA registry "Assigned Internet Protocol Numbers".
fn protocol(number: u32) -> Arc<str> {
    match number {
        1 => "icmp".into(),
        6 => "tcp".into(),
        17 => "udp".into(),
        33 => "dccp".into(),
        58 => "icmp6".into(),
        132 => "sctp".into(),
        136 => "udplite".into(),
        262 => "mptcp".into(),
        number => number.to_string().into(),
    }
}
