//! What stands in a cell.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{
    snapshot::{Connection, ConnectionState, Through},
    top::{columns::Column, order, rows::Row, state::State},
    units::{link_speed, packet_rate_padded, volume_padded},
    words,
};

/// The text of a cell, as long as it likes.
pub(super) fn text<'a>(row: Row<'a>, column: Column, state: &State, now: Timestamp) -> Cow<'a, str> {
    let [rx, tx] = row.flows();
    match column {
        Column::RxRate => state.units.rate_padded(rx.bytes_per_second).into(),
        Column::TxRate => state.units.rate_padded(tx.bytes_per_second).into(),
        Column::RxTotal => volume_padded(rx.total_bytes).into(),
        Column::TxTotal => volume_padded(tx.total_bytes).into(),
        Column::RxPackets => packet_rate_padded(rx.packets_per_second).into(),
        Column::TxPackets => packet_rate_padded(tx.packets_per_second).into(),
        _ => own(row, column, state, now),
    }
}

/// What only some kinds of rows have.
fn own<'a>(row: Row<'a>, column: Column, state: &State, now: Timestamp) -> Cow<'a, str> {
    match (row, column) {
        (Row::Interface(row), Column::Link) if !row.up => "down".into(),
        (Row::Interface(row), Column::Link) => {
            row.link_bits_per_second.map_or("".into(), |speed| link_speed(speed).into())
        }
        (Row::Group(row), Column::Kind) if Row::Group(row).is_derived() => "".into(),
        (Row::Group(row), Column::Place) => words::place(&row.interface, &row.netns),
        (Row::Container(row), Column::Interfaces) => listed(&row.interfaces, |through| through_label(through)),
        (Row::Pod(row), Column::Containers) => listed(&row.containers, |name| Cow::Borrowed(name)),
        (Row::Process(row), Column::Pid) if row.pid == 0 => "".into(),
        (Row::Process(row), Column::Pid) => row.pid.to_string().into(),
        (Row::Connection(row), Column::Name) => words::end(&row.remote, state.names).into(),
        (Row::Connection(row), Column::Local) => words::end(&row.local, false).into(),
        (Row::Connection(row), Column::Age) => age(row, now).into(),
        (Row::Connection(row), Column::Place) => words::place(&row.interface, &row.netns),
        (Row::Remote(_), Column::Name) => row.name(state.names),
        (Row::Remote(row), Column::Connections) => row.connections.to_string().into(),
        (row, column) => order::text(row, column).into(),
    }
}

/// The container's own interface and the host's end of it.
pub(super) fn through_label(through: &Through) -> Cow<'_, str> {
    match &through.peer {
        Some(peer) => format!("{}↔{peer}", through.name).into(),
        None => (&*through.name).into(),
    }
}

fn listed<'a, T>(items: &'a [T], label: impl Fn(&'a T) -> Cow<'a, str>) -> Cow<'a, str> {
    match items {
        [] => "".into(),
        [one] => label(one),
        several => several.iter().map(label).collect::<Vec<_>>().join(" ").into(),
    }
}

fn age(connection: &Connection, now: Timestamp) -> String {
    match connection.state {
        ConnectionState::Closed => "closed".into(),
        ConnectionState::Open => words::short(words::since(connection.since, now)),
    }
}
