//! `--format csv`: a header, then one row per interface and per group and tick.

use std::io::{self, Write};

use csv::{Writer, WriterBuilder};
use serde::Serialize;

use super::{Sink, send};
use crate::snapshot::{Group, GroupKind, HOST_NETNS, Interface, Runtime, Snapshot};

/// Writes each snapshot as rows under one header.
#[derive(Debug)]
pub struct Csv<W> {
    out: W,
    table: Vec<u8>,
    headed: bool,
}

impl<W: Write> Csv<W> {
    /// A sink that writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, table: Vec::new(), headed: false }
    }
}

impl<W: Write> Sink for Csv<W> {
    fn emit(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        let mut writer = WriterBuilder::new().has_headers(false).from_writer(&mut self.table);
        if !self.headed {
            writer.write_record(HEADER)?;
        }
        write_rows(&mut writer, snapshot)?;
        writer.flush()?;
        drop(writer);
        self.headed = true;
        send(&mut self.out, &mut self.table)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The columns of [`Row`], then those of `rx`, those of `tx`, and those of [`Joined`].
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

fn write_rows<W: Write>(writer: &mut Writer<W>, snapshot: &Snapshot) -> csv::Result<()> {
    let time = format!("{:.3}", snapshot.time);
    let elapsed = snapshot.elapsed.as_secs_f64();
    for interface in &snapshot.interfaces {
        let row = Row::of_interface(&time, elapsed, interface);
        writer.serialize((row, interface.rx, interface.tx, Joined::of_interface(interface)))?;
    }
    for group in &snapshot.groups {
        let row = Row::of_group(&time, elapsed, group);
        writer.serialize((row, group.rx, group.tx, Joined::of_group(group)))?;
    }
    Ok(())
}

/// What a row says besides its two flows.
#[derive(Serialize)]
struct Row<'a> {
    time: &'a str,
    elapsed_seconds: f64,
    row: &'static str,
    name: &'a str,
    kind: Option<GroupKind>,
    id: Option<u64>,
    path: &'a str,
    runtime: Option<Runtime>,
    interface: &'a str,
    index: Option<u32>,
    netns: &'a str,
}

impl<'a> Row<'a> {
    fn of_interface(time: &'a str, elapsed_seconds: f64, interface: &'a Interface) -> Self {
        Self {
            time,
            elapsed_seconds,
            row: "interface",
            name: &interface.name,
            kind: None,
            id: None,
            path: "",
            runtime: None,
            interface: &interface.name,
            index: Some(interface.index),
            netns: HOST_NETNS,
        }
    }

    fn of_group(time: &'a str, elapsed_seconds: f64, group: &'a Group) -> Self {
        Self {
            time,
            elapsed_seconds,
            row: "group",
            name: &group.name,
            kind: Some(group.kind),
            id: Some(group.id),
            path: &group.path,
            runtime: group.runtime,
            interface: &group.interface,
            index: None,
            netns: &group.netns,
        }
    }
}

/// What a row's interface has to do with others of the host.
#[derive(Serialize)]
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

    fn written() -> Vec<u8> {
        let mut out = Vec::new();
        let mut sink = Csv::new(&mut out);
        sink.emit(&fixture::snapshot()).unwrap();
        sink.emit(&fixture::later()).unwrap();
        sink.finish().unwrap();
        out
    }

    #[test]
    fn golden() {
        fixture::assert_golden("snapshot.csv", &written());
    }

    #[test]
    fn the_header_is_once_and_fits_the_rows() {
        let out = written();
        let mut reader = csv::Reader::from_reader(out.as_slice());
        assert_eq!(reader.headers().unwrap().len(), HEADER.len());
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert!(rows.iter().all(|row| &row[0] != "time"));
        assert_eq!(rows.len(), 2 * (fixture::snapshot().interfaces.len() + fixture::snapshot().groups.len()));
    }
}
