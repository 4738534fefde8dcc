//! `--format csv`: a header, then for each tick one row per interface and per row of `--by`.

mod common;
mod own;

use std::io::{self, Write};

use self::common::Tick;
use self::own::{OfConnection, OfContainer, OfPod, OfProcess, OfRemote, OfUnit};
use super::{Sink, send};
use crate::snapshot::{By, Group, Interface, Snapshot};
use csv::{Writer, WriterBuilder};
use serde::Serialize;

/// Writes each snapshot as rows under one header.
#[derive(Debug)]
pub struct Csv<W> {
    out: W,
    by: By,
    table: Vec<u8>,
    headed: bool,
}

impl<W: Write> Csv<W> {
    /// A sink that writes to `out`.
    pub fn new(out: W, by: By) -> Self {
        Self { out, by, table: Vec::new(), headed: false }
    }
}

impl<W: Write> Sink for Csv<W> {
    fn emit(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        let mut writer = WriterBuilder::new().has_headers(false).from_writer(&mut self.table);
        if !self.headed {
            writer.write_record(HEADER.iter().chain(own::header(self.by)))?;
        }
        write_rows(&mut writer, snapshot, self.by)?;
        writer.flush()?;
        drop(writer);
        self.headed = true;
        send(&mut self.out, &mut self.table)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The columns of [`common::Row`], then those of `rx`, those of `tx`, and those of [`Joined`]; [`own::header`] follows.
const HEADER: [&str; 27] = [
    "time",
    "elapsed_seconds",
    "row",
    "name",
    "kind",
    "id",
    "path",
    "runtime",
    "interface",
    "index",
    "netns",
    "rx_bytes",
    "rx_packets",
    "rx_bytes_per_second",
    "rx_packets_per_second",
    "rx_total_bytes",
    "rx_total_packets",
    "tx_bytes",
    "tx_packets",
    "tx_bytes_per_second",
    "tx_packets_per_second",
    "tx_total_bytes",
    "tx_total_packets",
    "master",
    "parent",
    "peer",
    "edge",
];

fn write_rows<W: Write>(writer: &mut Writer<W>, snapshot: &Snapshot, by: By) -> csv::Result<()> {
    let tick = Tick::of(snapshot);
    let nothing = vec![""; own::header(by).len()];
    for interface in &snapshot.interfaces {
        let joined = Joined::of_interface(interface);
        writer.serialize((tick.interface(interface), interface.rx, interface.tx, joined, &nothing))?;
    }
    let rows = &snapshot.rows;
    match by {
        By::Interface => Ok(()),
        By::Group => each(Some(&snapshot.groups), |group| {
            writer.serialize((tick.group(group), group.rx, group.tx, Joined::of_group(group)))
        }),
        By::Container => each(rows.containers.as_ref(), |row| {
            let own = OfContainer::new(row).map_err(io::Error::from)?;
            writer.serialize((tick.container(row), row.rx, row.tx, Joined::default(), own))
        }),
        By::Pod => each(rows.pods.as_ref(), |row| {
            let own = OfPod::new(row).map_err(io::Error::from)?;
            writer.serialize((tick.pod(row), row.rx, row.tx, Joined::default(), own))
        }),
        By::Unit => each(rows.units.as_ref(), |row| {
            writer.serialize((tick.unit(row), row.rx, row.tx, Joined::default(), OfUnit::new(row)))
        }),
        By::Process => each(rows.processes.as_ref(), |row| {
            writer.serialize((tick.process(row), row.rx, row.tx, Joined::default(), OfProcess::new(row)))
        }),
        By::Connection => each(rows.connections.as_ref(), |row| {
            writer.serialize((tick.connection(row), row.rx, row.tx, Joined::default(), OfConnection::new(row)))
        }),
        By::Remote => each(rows.remotes.as_ref(), |row| {
            writer.serialize((tick.remote(row), row.rx, row.tx, Joined::default(), OfRemote::new(row)))
        }),
    }
}

fn each<T>(rows: Option<&Vec<T>>, write: impl FnMut(&T) -> csv::Result<()>) -> csv::Result<()> {
    rows.into_iter().flatten().try_for_each(write)
}

/// What a row's interface has to do with others of the host.
#[derive(Default, Serialize)]
struct Joined<'a> {
    master: Option<&'a str>,
    parent: Option<&'a str>,
    peer: Option<&'a str>,
    edge: Option<bool>,
}

impl<'a> Joined<'a> {
    fn of_interface(interface: &'a Interface) -> Self {
        let (master, parent) = (interface.master.as_deref(), interface.parent.as_deref());
        Self { master, parent, peer: None, edge: Some(interface.edge) }
    }

    fn of_group(group: &'a Group) -> Self {
        Self { master: None, parent: group.parent.as_deref(), peer: group.peer.as_deref(), edge: None }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn written(by: By, snapshots: [Snapshot; 2]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut sink = Csv::new(&mut out, by);
        for snapshot in snapshots {
            sink.emit(&snapshot).unwrap();
        }
        sink.finish().unwrap();
        out
    }

    fn groups() -> Vec<u8> {
        written(By::Group, [fixture::snapshot(), fixture::later()])
    }

    #[test]
    fn golden() {
        fixture::assert_golden("snapshot.csv", &groups());
    }

    #[test]
    fn golden_of_each_kind() {
        for by in By::ALL {
            let text = written(by, [fixture::with_rows(), fixture::with_no_rows()]);
            fixture::assert_golden(&format!("by-{}.csv", by.singular()), &text);
        }
    }

    #[test]
    fn the_header_is_once_and_fits_the_rows() {
        let out = groups();
        let mut reader = csv::Reader::from_reader(out.as_slice());
        assert_eq!(reader.headers().unwrap().len(), HEADER.len());
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert!(rows.iter().all(|row| &row[0] != "time"));
        assert_eq!(rows.len(), 2 * (fixture::snapshot().interfaces.len() + fixture::snapshot().groups.len()));
    }

    #[test]
    fn every_kind_has_one_header_that_fits_its_rows() {
        for by in By::ALL {
            let out = written(by, [fixture::with_rows(), fixture::with_no_rows()]);
            let mut reader = csv::Reader::from_reader(out.as_slice());
            let columns = reader.headers().unwrap().len();
            assert_eq!(columns, HEADER.len() + own::header(by).len());
            let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
            assert!(rows.iter().all(|row| row.len() == columns && &row[0] != "time"));
            let of_kind = rows.iter().filter(|row| &row[2] == by.singular()).count();
            let interfaces = fixture::snapshot().interfaces.len();
            assert_eq!(rows.len(), 2 * interfaces + if by == By::Interface { 0 } else { of_kind });
            assert!(of_kind > 0, "{by:?}");
        }
    }
}
