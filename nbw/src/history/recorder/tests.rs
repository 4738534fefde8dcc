//! The recorder, with a disk that is well and one that is not.

mod faults;
mod sums;

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};

use super::{Recorder, moved::Tick};
use crate::{
    history::{
        Kind, Reader, Tiers,
        query::{Every, Query},
    },
    snapshot::{
        Flow, Group, GroupKind, HOST_NETNS, Health, Interface, Process, Remote, RemoteKind, Rows, SCHEMA, Snapshot,
    },
};

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

fn tiers() -> Tiers {
    Tiers::default().in_zone(TimeZone::UTC)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn flow(bytes: i64) -> Flow {
    Flow { bytes, packets: bytes / 100, ..Flow::default() }
}

/// `eth0`, which received what is given and sent a tenth of it, all of it a service's but what is not owned.
fn snapshot(time: Timestamp, elapsed: Duration, bytes: i64, not_owned: i64) -> Snapshot {
    let name: Arc<str> = "eth0".into();
    let (rx, tx) = (flow(bytes), flow(bytes / 10));
    let interface = Interface {
        name: Arc::clone(&name),
        index: 2,
        link_bits_per_second: None,
        up: true,
        master: None,
        parent: None,
        edge: true,
        rx,
        tx,
    };
    let group = |name: &str, path: &str, kind, rx, tx| Group {
        id: 1,
        path: path.into(),
        name: name.into(),
        kind,
        runtime: None,
        interface: "eth0".into(),
        netns: HOST_NETNS.into(),
        peer: None,
        parent: None,
        rx,
        tx,
    };
    let owned = flow(bytes - not_owned);
    let groups = vec![
        group("nginx.service", "/system.slice/nginx.service", GroupKind::Service, owned, tx),
        group("unattributed", "", GroupKind::Unattributed, flow(not_owned), flow(0)),
    ];
    let rows = Rows { remotes: Some(remotes(rx, tx)), ..Rows::default() };
    Snapshot {
        schema: SCHEMA,
        time,
        elapsed,
        interfaces: vec![interface],
        groups,
        rows,
        alerts: None,
        events: None,
        health: Health::default(),
    }
}

fn remotes(rx: Flow, tx: Flow) -> Vec<Remote> {
    let remote = |kind, address: Option<&str>, rx, tx| Remote {
        kind,
        address: address.map(|address| address.parse().unwrap()),
        host: None,
        country: None,
        network: None,
        connections: 1,
        rx,
        tx,
    };
    vec![remote(RemoteKind::Address, Some("192.0.2.1"), rx, flow(0)), remote(RemoteKind::Other, None, flow(0), tx)]
}

fn second(start: Timestamp, number: i64) -> Timestamp {
    start + jiff::SignedDuration::from_secs(number)
}

fn asked(kind: Kind, from: Timestamp, to: Timestamp, every: u32) -> Query {
    Query {
        kind,
        only: Vec::new(),
        from,
        to,
        every: Every::Seconds(every),
        top: None,
        zone: TimeZone::UTC,
        month_begins: 1,
    }
}

/// Waits until the recorder's status is as wanted.
fn until(recorder: &Recorder, what: &str, wanted: impl Fn(&super::Status) -> bool) -> super::Status {
    let begin = std::time::Instant::now();
    loop {
        let status = recorder.status();
        if wanted(&status) {
            return status;
        }
        assert!(begin.elapsed() < PATIENCE, "waited in vain for {what}: {status:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_snapshots_tell_can_be_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(dir.path(), &tiers()).unwrap();
    let start = at("2026-11-25T12:00:00Z");
    let eth0: Arc<str> = "eth0 rx_dropped".into();
    for tick in 1..=95 {
        recorder.take(&snapshot(second(start, tick), Duration::from_secs(1), 1_000, 100));
        recorder.note_counters(&[(Arc::clone(&eth0), if tick < 50 { 7 * tick as u64 } else { 5 * tick as u64 })]);
    }
    let status = until(&recorder, "the first ninety seconds", |status| {
        status.pending.parts == 1 && status.last_written.is_some()
    });
    assert_eq!((status.fault, status.set_aside.len(), status.last_written), (None, 0, Some(second(start, 90))));
    assert!(recorder.finish());
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.span(), Some((start, second(start, 95))));
    for (kind, names) in [
        (Kind::Host, &[("host", 95_000, 9_500)][..]),
        (Kind::Interface, &[("eth0", 95_000, 9_500)]),
        (Kind::Group, &[("nginx.service", 85_500, 9_500), ("unattributed eth0", 9_500, 0)]),
        (Kind::Remote, &[("192.0.2.1", 95_000, 0), ("other", 0, 9_500)]),
        (Kind::Container, &[]),
    ] {
        let answer = reader.ask(&asked(kind, start, second(start, 100), 10)).unwrap();
        let found: Vec<_> = answer
            .series
            .iter()
            .zip(&answer.whole)
            .map(|(series, whole)| (&*series.subject.name, whole.rx.bytes, whole.tx.bytes))
            .collect();
        assert_eq!(found, names);
        for series in &answer.series {
            assert!(series.points.iter().all(|point| point.rx.peak <= 1_000.0), "{:?}", series.points);
        }
        assert_eq!(answer.parts.iter().map(|part| part.recorded_seconds).sum::<u32>(), 95);
    }
    let counters = reader.counters(start, second(start, 300), 300).unwrap();
    // 7 to 343, then down to 250 (begun anew), and up to 475.
    assert_eq!(counters.counters[&eth0], [343 - 7 + 475 - 250]);
}

#[test]
fn attacks_are_remembered_as_they_were_last() {
    use crate::detection::fixture::{flood, over, scan};
    let dir = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(dir.path(), &tiers()).unwrap();
    recorder.take_events(&[flood(), scan()]);
    recorder.take_events(&[over(scan())]);
    assert!(recorder.finish());
    let events = || Reader::open(dir.path()).unwrap().events(Timestamp::MIN, Timestamp::MAX).unwrap();
    assert_eq!(events(), [flood(), over(scan())]);
    // The next agent knows that nobody will say how the flood has ended.
    assert!(Recorder::start(dir.path(), &tiers()).unwrap().finish());
    assert_eq!(events(), [over(flood()), over(scan())]);
}

#[test]
fn a_process_without_a_name_is_not_all_others() {
    let process = |name: &str, bytes: i64| Process {
        id: None,
        pid: 0,
        name: name.into(),
        command: "".into(),
        uid: None,
        user: None,
        group: "".into(),
        group_name: "".into(),
        ended: false,
        rx: flow(bytes),
        tx: flow(0),
    };
    let mut snapshot = snapshot(at("2026-11-25T12:00:01Z"), Duration::from_secs(1), 1_000, 0);
    snapshot.rows.processes = Some(vec![process("", 700), process("curl", 300)]);
    let tick = Tick::of(&snapshot);
    let processes = tick.moved.iter().filter(|(key, _)| key.kind == Kind::Process);
    let mut found: Vec<_> = processes.map(|(key, (name, amounts))| (&*key.key, &**name, amounts[0])).collect();
    found.sort_unstable();
    assert_eq!(found, [("(no name)", "(no name)", 700), ("curl", "curl", 300)]);
}
