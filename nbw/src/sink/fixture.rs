//! What the sinks' tests share: fixed snapshots, golden files, a pipe that nobody reads.

mod alerts;
mod rows;

pub(crate) use alerts::alerts;
pub(crate) use rows::none as no_rows;

use std::io::{self, Write};
use std::time::Duration;

use crate::alert::State;
use crate::snapshot::{Flow, Group, GroupKind, HOST_NETNS, Health, Interface, Rows, Runtime, SCHEMA, Snapshot};

/// A busy host: a fast link, one without a known speed, one that is down, `lo`; every kind of group.
pub(crate) fn snapshot() -> Snapshot {
    Snapshot {
        schema: SCHEMA,
        time: "2026-11-22T09:00:01Z".parse().unwrap(),
        elapsed: Duration::from_micros(1_000_300),
        interfaces: vec![
            Interface {
                master: Some("br0".into()),
                edge: true,
                ..interface("eth0", 2, Some(1_000_000_000), flow(39_050_000), flow(1_520_000))
            },
            interface("wg0", 5, None, flow(120_000), flow(64_000)),
            Interface { up: false, ..interface("eth1", 3, None, Flow::default(), Flow::default()) },
            interface("lo", 1, None, flow(2_000), flow(2_000)),
        ],
        groups: groups(),
        rows: Rows::default(),
        alerts: None,
        events: None,
        health: Health(vec![("no_slot", 0), ("no_storage", 3)]),
    }
}

fn groups() -> Vec<Group> {
    let web = Group {
        runtime: Some(Runtime::Docker),
        netns: "web".into(),
        peer: Some("veth12ab".into()),
        ..group("web", GroupKind::Container, flow(30_000_000), flow(900_000))
    };
    let lan = Group {
        netns: "lan".into(),
        parent: Some("eth0".into()),
        ..group("printer", GroupKind::Container, flow(5_000), flow(3_000))
    };
    vec![
        web,
        lan,
        group("nginx.service", GroupKind::Service, flow(8_000_000), flow(400_000)),
        group("a-very-long-name-that-no-column-holds@instance-0042.service", GroupKind::Service, flow(700), flow(90)),
        group("データベース", GroupKind::Cgroup, flow(65_000), flow(1_000)),
        group("user.slice", GroupKind::Slice, Flow::default(), Flow::default()),
        Group { id: 0, path: "".into(), ..group("unattributed", GroupKind::Unattributed, flow(900_000), flow(0)) },
    ]
}

/// One second after [`snapshot`], with the same troubles.
pub(crate) fn later() -> Snapshot {
    let first = snapshot();
    Snapshot { time: first.time + Duration::from_secs(1), ..first }
}

/// A snapshot with rows of every kind.
pub(crate) fn with_rows() -> Snapshot {
    Snapshot { rows: rows::rows(), ..snapshot() }
}

/// [`later`], where every kind was asked for and none has a row.
pub(super) fn with_no_rows() -> Snapshot {
    Snapshot { rows: no_rows(), groups: Vec::new(), ..later() }
}

/// A snapshot with alerts.
pub(crate) fn with_alerts() -> Snapshot {
    Snapshot { alerts: Some(alerts()), ..snapshot() }
}

/// [`later`], where all of these alerts but the pending one have ended, without a word on it.
pub(super) fn with_alerts_over() -> Snapshot {
    let mut alerts = alerts();
    alerts.retain(|alert| alert.state == State::Pending);
    Snapshot { alerts: Some(alerts), ..later() }
}

/// A snapshot with `count` groups, all busy.
pub(super) fn wide(count: i64) -> Snapshot {
    let group = |at: i64| Group {
        id: at.unsigned_abs(),
        ..group(&format!("unit-{at}.service"), GroupKind::Service, flow(1_000_000 - 7 * at), flow(900 * at))
    };
    Snapshot { groups: (0..count).map(group).collect(), ..snapshot() }
}

pub(crate) fn interface(name: &str, index: u32, link: Option<u64>, rx: Flow, tx: Flow) -> Interface {
    let (name, master, parent) = (name.into(), None, None);
    Interface { name, index, link_bits_per_second: link, up: true, master, parent, edge: false, rx, tx }
}

fn group(name: &str, kind: GroupKind, rx: Flow, tx: Flow) -> Group {
    Group {
        id: 451,
        path: format!("/system.slice/{name}").into(),
        name: name.into(),
        kind,
        runtime: None,
        interface: "eth0".into(),
        netns: HOST_NETNS.into(),
        peer: None,
        parent: None,
        rx,
        tx,
    }
}

/// A flow of `bytes` in a tick of one second, and thirty times as much before it.
pub(crate) fn flow(bytes: i64) -> Flow {
    let packets = bytes / 1_000;
    Flow {
        bytes,
        packets,
        bytes_per_second: bytes as f64,
        packets_per_second: packets as f64,
        total_bytes: bytes as u64 * 31,
        total_packets: packets as u64 * 31,
    }
}

/// [`crate::golden::assert_golden`] for the sinks' files.
pub(super) fn assert_golden(name: &str, actual: &[u8]) {
    crate::golden::assert_golden(&format!("sink/golden/{name}"), actual);
}

/// A pipe that nobody reads.
pub(super) struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
