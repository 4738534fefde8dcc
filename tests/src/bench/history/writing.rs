//! What a tick costs: taking it, which is in the tick, and writing ten seconds of them, which is not.

use std::{fs, path::Path, sync::Arc, time::Duration, time::Instant};

use anyhow::{Context, Result};
use jiff::Timestamp;
use nbw::{
    history::{Database, Recorder, synthetic::Synthetic},
    snapshot::{Container, Flow, Health, Rows, SCHEMA, Snapshot},
};

use super::tiers;
use crate::bench::table::Table;

/// So many times ten seconds are written.
const FLUSHES: i64 = 60;
/// So many ticks are taken.
const TICKS: u32 = 500;

/// Adds its rows.
pub(super) fn measure(dir: &Path, end: Timestamp, host: &Synthetic, table: &mut Table) -> Result<()> {
    let mut database = Database::open(dir, &tiers())?;
    let begin = end.as_second();
    let (written, before) = (written_bytes()?, Instant::now());
    for number in 0..FLUSHES {
        database.write(&[host.bucket(begin + number * 10, 10)])?;
    }
    let took = before.elapsed().as_secs_f64() * 1e3 / FLUSHES as f64;
    let written = written_bytes()? - written;
    table.add("flush", took, "ms each 10 s");
    table.add("flush-tick", took / 10.0, "ms a tick");
    table.add("flush-written", written as f64 / 1024.0 / FLUSHES as f64, "KiB each 10 s");
    table.add("take", take(end, host)?, "us a tick");
    Ok(())
}

/// Bytes that this process has caused to be written.
fn written_bytes() -> Result<u64> {
    let io = fs::read_to_string("/proc/self/io")?;
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).context("/proc/self/io")?;
    Ok(line.parse()?)
}

/// What taking a snapshot costs whoever ticks, in microseconds.
fn take(end: Timestamp, host: &Synthetic) -> Result<f64> {
    let dir = tempfile::tempdir()?;
    let recorder = Recorder::start(dir.path(), &tiers())?;
    let mut snapshot = snapshot(end, host);
    let mut took = Duration::ZERO;
    for _ in 0..TICKS {
        snapshot.time += Duration::from_secs(1);
        let before = Instant::now();
        recorder.take(&snapshot);
        took += before.elapsed();
    }
    anyhow::ensure!(recorder.finish(), "the recorder did not finish");
    Ok(took.as_secs_f64() * 1e6 / f64::from(TICKS))
}

fn snapshot(time: Timestamp, host: &Synthetic) -> Snapshot {
    let flow = Flow { bytes: 123_456, packets: 123, ..Flow::default() };
    let container = |name: &Arc<str>| Container {
        name: Arc::clone(name),
        id: Arc::clone(name),
        runtime: None,
        image: None,
        pod: None,
        namespace: None,
        labels: Arc::default(),
        path: format!("/docker/{name}").into(),
        interfaces: Vec::new(),
        rx: flow,
        tx: flow,
    };
    let containers = host.subjects().iter().map(|subject| container(&subject.name)).collect();
    Snapshot {
        schema: SCHEMA,
        time,
        elapsed: Duration::from_secs(1),
        interfaces: Vec::new(),
        groups: Vec::new(),
        rows: Rows { containers: Some(containers), ..Rows::default() },
        alerts: None,
        events: None,
        health: Health::default(),
    }
}
