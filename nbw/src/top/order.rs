//! Which rows of a kind are shown, and in which order.

use std::{
    cmp::{Ordering, Reverse},
    fmt::Write,
    net::IpAddr,
};

use jiff::Timestamp;

use super::{
    columns::Column,
    relation::Relation,
    rows::{self, Key, Row},
};
use crate::{
    snapshot::{By, End, Snapshot},
    words,
};

/// By which column rows are sorted, and whether the other way round than is usual for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sorting {
    pub(super) column: Column,
    pub(super) reversed: bool,
}

impl Sorting {
    /// Whether the greatest comes first: usual for numbers.
    pub(super) fn falls(self) -> bool {
        self.column.is_number() != self.reversed
    }
}

/// What the user asked to see of a kind's rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) by: By,
    pub(super) relation: &'a Relation,
    /// In lower case; empty for all.
    pub(super) filter: &'a str,
    pub(super) sorting: Sorting,
    /// Whether remote hosts go by their names.
    pub(super) names: bool,
}

/// Places in the snapshot's list of the rows to show, in the order to show them in.
pub(super) fn visible(snapshot: &Snapshot, wanted: &Wanted<'_>) -> Vec<usize> {
    let mut scratch = String::new();
    let mut rows: Vec<(Value<'_>, Reverse<u64>, Key, usize)> = rows::all(snapshot, wanted.by)
        .enumerate()
        .filter(|(_, row)| wanted.relation.holds(*row))
        .filter(|(_, row)| wanted.filter.is_empty() || mentions(*row, wanted.filter, &mut scratch))
        .map(|(at, row)| (value(row, wanted.sorting.column, wanted.names), Reverse(row.total()), row.key(), at))
        .collect();
    let falls = wanted.sorting.falls();
    rows.sort_unstable_by(|a, b| {
        let order = a.0.compare(&b.0);
        let order = if falls { order.reverse() } else { order };
        // What is equal otherwise keeps its order from tick to tick.
        order.then_with(|| a.1.cmp(&b.1)).then_with(|| a.2.cmp(&b.2))
    });
    rows.into_iter().map(|(_, _, _, at)| at).collect()
}

/// What a row is sorted by. Nothing is formatted for it.
#[derive(Debug)]
enum Value<'a> {
    Number(f64),
    Text(&'a str),
    End(&'a str, Option<IpAddr>, u16),
    Since(Timestamp),
}

impl Value<'_> {
    /// Values of one column are of one kind.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            // Names, then addresses.
            (Self::End(a, b, c), Self::End(d, e, f)) => (a.is_empty(), a, b, c).cmp(&(d.is_empty(), d, e, f)),
            (Self::Since(a), Self::Since(b)) => b.cmp(a),
            _ => Ordering::Equal,
        }
    }
}

fn value(row: Row<'_>, column: Column, names: bool) -> Value<'_> {
    let [rx, tx] = row.flows();
    match column {
        Column::RxRate => Value::Number(rx.bytes_per_second),
        Column::TxRate => Value::Number(tx.bytes_per_second),
        Column::RxTotal => Value::Number(rx.total_bytes as f64),
        Column::TxTotal => Value::Number(tx.total_bytes as f64),
        Column::RxPackets => Value::Number(rx.packets_per_second),
        Column::TxPackets => Value::Number(tx.packets_per_second),
        Column::Share => Value::Number(row.rate()),
        _ => own_value(row, column, names),
    }
}

fn own_value(row: Row<'_>, column: Column, names: bool) -> Value<'_> {
    let end = |end: &'_ End| (end.address, end.port);
    match (row, column) {
        (Row::Interface(row), Column::Link) => Value::Number(row.link_bits_per_second.unwrap_or(0) as f64),
        (Row::Process(row), Column::Pid) => Value::Number(f64::from(row.pid)),
        (Row::Remote(row), Column::Connections) => Value::Number(f64::from(row.connections)),
        (Row::Remote(row), Column::Name) => {
            Value::End(row.host.as_deref().filter(|_| names).unwrap_or(""), row.address, 0)
        }
        (Row::Connection(row), Column::Name) => {
            let (address, port) = end(&row.remote);
            Value::End(row.remote.host.as_deref().filter(|_| names).unwrap_or(""), address, port)
        }
        (Row::Connection(row), Column::Local) => {
            let (address, port) = end(&row.local);
            Value::End("", address, port)
        }
        (Row::Connection(row), Column::Age) => Value::Since(row.since),
        (row, column) => Value::Text(text(row, column)),
    }
}

/// The text of a column, where a row has it as it is.
pub(super) fn text(row: Row<'_>, column: Column) -> &str {
    match (row, column) {
        (Row::Interface(row), Column::Name) => &row.name,
        (Row::Group(row), Column::Name) => &row.name,
        (Row::Group(row), Column::Kind) => words::kind(row.kind),
        (Row::Group(row), Column::Place) => &row.interface,
        (Row::Container(row), Column::Name) => &row.name,
        (Row::Container(row), Column::Runtime) => row.runtime.map_or("", words::runtime),
        (Row::Container(row), Column::Image) => row.image.as_deref().unwrap_or(""),
        (Row::Container(row), Column::Pod) => row.pod.as_deref().unwrap_or(""),
        (Row::Container(row), Column::Interfaces) => row.interfaces.first().map_or("", |through| &*through.name),
        (Row::Pod(row), Column::Name) => &row.name,
        (Row::Pod(row), Column::Namespace) => row.namespace.as_deref().unwrap_or(""),
        (Row::Pod(row), Column::Runtime) => row.runtime.map_or("", words::runtime),
        (Row::Pod(row), Column::Containers) => row.containers.first().map_or("", |name| &**name),
        (Row::Unit(row), Column::Name) => &row.name,
        (Row::Unit(row), Column::Kind) => words::kind(row.kind),
        (Row::Unit(row), Column::User) => row.user.as_deref().unwrap_or(""),
        (Row::Process(row), Column::Name) => &row.name,
        (Row::Process(row), Column::User) => row.user.as_deref().unwrap_or(""),
        (Row::Process(row), Column::Owner) => &row.group_name,
        (Row::Process(row), Column::Command) => &row.command,
        (Row::Connection(row), Column::Protocol) => &row.protocol,
        (Row::Connection(row), Column::Process) => &row.process,
        (Row::Connection(row), Column::Owner) => &row.group_name,
        (Row::Connection(row), Column::Place) => &row.interface,
        (Row::Remote(row), Column::Country) => row.country.as_deref().unwrap_or(""),
        (Row::Remote(row), Column::Network) => row.network.as_deref().unwrap_or(""),
        _ => "",
    }
}

/// Whether any of a row's texts has `needle` (in lower case) in it, in whichever case.
fn mentions(row: Row<'_>, needle: &str, scratch: &mut String) -> bool {
    scratch.clear();
    // Writing to a string does not fail. What is searched is what is shown, lines apart.
    let _ = searchable(row, scratch);
    scratch.make_ascii_lowercase();
    scratch.contains(needle) || (!scratch.is_ascii() && scratch.to_lowercase().contains(needle))
}

fn searchable(row: Row<'_>, out: &mut String) -> std::fmt::Result {
    match row {
        Row::Interface(row) => writeln!(out, "{}", row.name),
        Row::Group(row) => {
            writeln!(out, "{}\n{}\n{}\n{}@{}", row.name, row.path, words::kind(row.kind), row.interface, row.netns)
        }
        Row::Container(row) => {
            writeln!(out, "{}\n{}\n{}", row.name, row.id, row.path)?;
            [Column::Runtime, Column::Image, Column::Pod]
                .iter()
                .try_for_each(|&column| writeln!(out, "{}", text(Row::Container(row), column)))?;
            row.labels.iter().try_for_each(|(label, value)| writeln!(out, "{label}={value}"))?;
            row.interfaces.iter().try_for_each(|through| writeln!(out, "{}", through.name))
        }
        Row::Pod(row) => {
            writeln!(out, "{}\n{}\n{}", row.name, row.uid, text(Row::Pod(row), Column::Namespace))?;
            row.containers.iter().try_for_each(|name| writeln!(out, "{name}"))
        }
        Row::Unit(row) => writeln!(out, "{}\n{}\n{}", row.name, row.path, text(Row::Unit(row), Column::User)),
        Row::Process(row) => {
            writeln!(out, "{}\n{}\n{}\n{}", row.pid, row.name, row.command, row.group_name)?;
            writeln!(out, "{}", text(Row::Process(row), Column::User))
        }
        Row::Connection(row) => {
            writeln!(out, "{}\n{}\n{}\n{}", row.protocol, row.pid, row.process, row.group_name)?;
            writeln!(out, "{}@{}", row.interface, row.netns)?;
            [&row.local, &row.remote].into_iter().try_for_each(|end| search_end(end, out))
        }
        Row::Remote(row) => {
            writeln!(out, "{}\n{}", words::address(row), row.host.as_deref().unwrap_or(""))?;
            writeln!(out, "{}\n{}", row.country.as_deref().unwrap_or(""), row.network.as_deref().unwrap_or(""))
        }
    }
}

/// Both as numbers and by name, whichever is shown.
fn search_end(end: &End, out: &mut String) -> std::fmt::Result {
    match end.address {
        Some(IpAddr::V6(address)) => writeln!(out, "[{address}]:{}", end.port)?,
        Some(IpAddr::V4(address)) => writeln!(out, "{address}:{}", end.port)?,
        None => writeln!(out, "{}", words::socket(end))?,
    }
    writeln!(out, "{}:{}", end.host.as_deref().unwrap_or(""), end.service.as_deref().unwrap_or(""))
}
