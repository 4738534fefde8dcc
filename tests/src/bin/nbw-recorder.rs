//! A recorder that a test kills: it takes ticks of one second as fast as they are written, and says which are.
//!
//! `nbw-recorder DIRECTORY FIRST START`: from tick FIRST on, where tick 0 is at START (Unix time in seconds).

use std::{
    io::{Error, Result, Write},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use jiff::{Timestamp, tz::TimeZone};
use nbw::history::{Recorder, Tiers};
use nbw_tests::lab::tick_of_history;

/// Nothing takes longer, unless it is lost.
const PATIENCE: Duration = Duration::from_secs(20);
/// Ticks in the finest part of time.
const PART: i64 = 10;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, dir, first, start] = &arguments[..] else { return Err(Error::other("DIRECTORY FIRST START")) };
    let (first, start): (i64, i64) = (first.parse().map_err(Error::other)?, start.parse().map_err(Error::other)?);
    let recorder = Recorder::start(Path::new(dir), &Tiers::default().in_zone(TimeZone::UTC))?;
    let mut out = std::io::stdout().lock();
    for tick in first.. {
        recorder.take(&tick_of_history(tick, start));
        if (tick + 1) % PART == 0 {
            // Its last moment is in the next part of time: all before it are written.
            wait_for(&recorder, start + tick + 1)?;
            writeln!(out, "{}", tick + 1)?;
            out.flush()?;
        }
    }
    Ok(())
}

fn wait_for(recorder: &Recorder, second: i64) -> Result<()> {
    let begin = Instant::now();
    let until = Timestamp::from_second(second).map_err(Error::other)?;
    while recorder.status().last_written.is_none_or(|written| written < until) {
        if begin.elapsed() > PATIENCE {
            return Err(Error::other(format!("not written: {:?}", recorder.status())));
        }
        thread::sleep(Duration::from_micros(100));
    }
    Ok(())
}
