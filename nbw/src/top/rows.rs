//! Rows of every kind behind one face: who they are, what they moved, and what they are called.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use crate::{
    snapshot::{
        By, Connection, ConnectionState, Container, Flow, Group, GroupKind, Interface, Pod, Process, Remote,
        RemoteKind, Snapshot, Unit,
    },
    words,
};

/// Who a row is, from tick to tick.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    Interface(u32),
    Group {
        id: u64,
        name: Arc<str>,
        interface: Arc<str>,
        netns: Arc<str>,
    },
    /// By its path: ids can be the same, of two runtimes or where a name stands for one.
    Container(Arc<str>),
    Pod(Arc<str>),
    Unit(Arc<str>),
    Process(u64),
    /// What stands for several processes, by its name.
    Processes(Arc<str>),
    Connection(u64),
    Remote(RemoteKind, Option<IpAddr>),
}

/// A row of any kind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Row<'a> {
    Interface(&'a Interface),
    Group(&'a Group),
    Container(&'a Container),
    Pod(&'a Pod),
    Unit(&'a Unit),
    Process(&'a Process),
    Connection(&'a Connection),
    Remote(&'a Remote),
}

/// How many rows a kind has; none where it was not asked for.
pub(super) fn count(snapshot: &Snapshot, by: By) -> Option<usize> {
    let rows = &snapshot.rows;
    match by {
        By::Interface => Some(snapshot.interfaces.len()),
        By::Group => Some(snapshot.groups.len()),
        By::Container => rows.containers.as_ref().map(Vec::len),
        By::Pod => rows.pods.as_ref().map(Vec::len),
        By::Unit => rows.units.as_ref().map(Vec::len),
        By::Process => rows.processes.as_ref().map(Vec::len),
        By::Connection => rows.connections.as_ref().map(Vec::len),
        By::Remote => rows.remotes.as_ref().map(Vec::len),
    }
}

/// The row at a place in the snapshot's list.
pub(super) fn at(snapshot: &Snapshot, by: By, index: usize) -> Option<Row<'_>> {
    let rows = &snapshot.rows;
    match by {
        By::Interface => snapshot.interfaces.get(index).map(Row::Interface),
        By::Group => snapshot.groups.get(index).map(Row::Group),
        By::Container => rows.containers.as_ref()?.get(index).map(Row::Container),
        By::Pod => rows.pods.as_ref()?.get(index).map(Row::Pod),
        By::Unit => rows.units.as_ref()?.get(index).map(Row::Unit),
        By::Process => rows.processes.as_ref()?.get(index).map(Row::Process),
        By::Connection => rows.connections.as_ref()?.get(index).map(Row::Connection),
        By::Remote => rows.remotes.as_ref()?.get(index).map(Row::Remote),
    }
}

/// All rows of a kind, in the snapshot's order.
pub(super) fn all(snapshot: &Snapshot, by: By) -> impl Iterator<Item = Row<'_>> {
    (0..count(snapshot, by).unwrap_or(0)).filter_map(move |index| at(snapshot, by, index))
}

impl<'a> Row<'a> {
    /// Who it is.
    pub(super) fn key(self) -> Key {
        match self {
            Self::Interface(row) => Key::Interface(row.index),
            Self::Group(row) => Key::Group {
                id: row.id,
                name: Arc::clone(&row.name),
                interface: Arc::clone(&row.interface),
                netns: Arc::clone(&row.netns),
            },
            Self::Container(row) => Key::Container(Arc::clone(&row.path)),
            Self::Pod(row) => Key::Pod(Arc::clone(&row.uid)),
            Self::Unit(row) => Key::Unit(Arc::clone(&row.path)),
            Self::Process(row) => row.id.map_or_else(|| Key::Processes(Arc::clone(&row.name)), Key::Process),
            Self::Connection(row) => Key::Connection(row.id),
            Self::Remote(row) => Key::Remote(row.kind, row.address),
        }
    }

    /// Received and sent.
    pub(super) fn flows(self) -> [&'a Flow; 2] {
        match self {
            Self::Interface(row) => [&row.rx, &row.tx],
            Self::Group(row) => [&row.rx, &row.tx],
            Self::Container(row) => [&row.rx, &row.tx],
            Self::Pod(row) => [&row.rx, &row.tx],
            Self::Unit(row) => [&row.rx, &row.tx],
            Self::Process(row) => [&row.rx, &row.tx],
            Self::Connection(row) => [&row.rx, &row.tx],
            Self::Remote(row) => [&row.rx, &row.tx],
        }
    }

    /// Both directions, in bytes a second.
    pub(super) fn rate(self) -> f64 {
        let [rx, tx] = self.flows();
        rx.bytes_per_second + tx.bytes_per_second
    }

    /// Both directions, in bytes since nbw attached.
    pub(super) fn total(self) -> u64 {
        let [rx, tx] = self.flows();
        rx.total_bytes.saturating_add(tx.total_bytes)
    }

    /// What people call it; remote hosts by their `names`, if they are wanted.
    pub(super) fn name(self, names: bool) -> Cow<'a, str> {
        match self {
            Self::Interface(row) => Cow::Borrowed(&row.name),
            Self::Group(row) => Cow::Borrowed(&row.name),
            Self::Container(row) => Cow::Borrowed(&row.name),
            Self::Pod(row) => Cow::Borrowed(&row.name),
            Self::Unit(row) => Cow::Borrowed(&row.name),
            Self::Process(row) => Cow::Borrowed(&row.name),
            Self::Connection(row) => Cow::Owned(format!("{} {}", row.protocol, words::end(&row.remote, names))),
            Self::Remote(row) => {
                if names {
                    words::remote(row)
                } else {
                    words::address(row).into()
                }
            }
        }
    }

    /// Whether it is no more, and shown for its last counts.
    pub(super) fn is_gone(self) -> bool {
        match self {
            Self::Process(row) => row.ended,
            Self::Connection(row) => row.state == ConnectionState::Closed,
            _ => false,
        }
    }

    /// Whether it stands for what nobody owns.
    pub(super) fn is_derived(self) -> bool {
        matches!(self, Self::Group(row) if row.kind == GroupKind::Unattributed)
    }
}
