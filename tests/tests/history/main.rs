//! The history on disks that fail, and with an agent that is killed.

mod damage;
mod disks;
mod kills;

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use jiff::{Timestamp, tz::TimeZone};
use nbw::history::{
    HistoryError, Kind, Reader, Recorder, RecorderStatus as Status, Tiers,
    query::{Answer, Every, Query},
};
use nbw_tests::lab::tick_of_history;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// When it all begins: a midnight and a full hour of all zones that matter here.
const START: i64 = 1_793_491_200;

fn tiers() -> Tiers {
    Tiers::default().in_zone(TimeZone::UTC)
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

/// What was remembered of interfaces.
fn ask(dir: &Path, to: i64, every: Every) -> Result<Answer, HistoryError> {
    let (from, to) = (second(START), second(START + to));
    let zone = TimeZone::UTC;
    let query = Query { kind: Kind::Interface, only: Vec::new(), from, to, every, top: None, zone, month_begins: 1 };
    Reader::open(dir)?.ask(&query)
}

/// Bytes that all interfaces received.
fn received(answer: &Answer) -> u64 {
    answer.whole.iter().map(|whole| whole.rx.bytes).sum()
}

fn record(recorder: &Recorder, ticks: std::ops::Range<i64>) {
    ticks.for_each(|tick| recorder.take(&tick_of_history(tick, START)));
}

/// The recorder's status once it is as wanted.
fn status_where(recorder: &Recorder, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
    let begin = Instant::now();
    loop {
        let status = recorder.status();
        if wanted(&status) {
            return status;
        }
        assert!(begin.elapsed() < PATIENCE, "waited in vain for {what}: {status:?}");
        thread::sleep(Duration::from_millis(10));
    }
}
