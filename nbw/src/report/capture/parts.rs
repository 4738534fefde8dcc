//! The parts of a capture's time, and what cells come to in them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::cells::{Cell, Sum};
use crate::{
    failure::Failure,
    history::{
        Moved, p95,
        query::{Every, Part, Point, Whole},
    },
    report::{calendar::Calendar, request},
};

/// A capture's time, in parts.
pub(super) struct Layout {
    pub(super) every: Every,
    pub(super) parts: Vec<Part>,
    /// The first second, and the one behind the last.
    seconds: (i64, i64),
}

impl Layout {
    /// From the second of the first packet to that of the last.
    pub(super) fn new(every: Option<Every>, calendar: &Calendar, first: u64, last: u64) -> Result<Self, Failure> {
        let every = every.unwrap_or_else(|| super::usual(last - first + 1));
        let seconds = seconds(first, last);
        let (from, to) = (at(seconds.0), at(seconds.1));
        check(every, first, last)?;
        let mut layout = Self { every, parts: Vec::new(), seconds };
        let mut start = calendar.begin(every, from);
        while start < to {
            let end = calendar.later(every, start, 1);
            // How long samples are is known when all packets are.
            layout.parts.push(Part { start, end, recorded_seconds: layout.recorded(start, end), sample_seconds: 1 });
            // Only at the end of time is there no later one.
            start = if end > start { end } else { to };
        }
        Ok(layout)
    }

    /// Seconds of a part that are between the first packet and the last.
    fn recorded(&self, start: Timestamp, end: Timestamp) -> u32 {
        let seconds = end.as_second().min(self.seconds.1) - start.as_second().max(self.seconds.0);
        u32::try_from(seconds).unwrap_or(0)
    }

    pub(super) fn from(&self) -> Timestamp {
        at(self.seconds.0)
    }

    pub(super) fn to(&self) -> Timestamp {
        at(self.seconds.1)
    }

    /// What cells of so many seconds come to in each part, and in all.
    pub(super) fn points(&self, cells: &BTreeMap<u64, Cell>, length: u64) -> (Vec<Point>, Whole) {
        let mut points = Vec::with_capacity(self.parts.len());
        let mut all: Vec<(u64, Cell)> = Vec::with_capacity(cells.len());
        for part in &self.parts {
            let number = |at: Timestamp| u64::try_from(at.as_second()).unwrap_or(0) / length;
            let inside = cells.range(number(part.start)..number(part.end).max(number(part.start) + 1));
            let inside: Vec<(u64, Cell)> = inside.map(|(number, cell)| (*number, *cell)).collect();
            points.push(point(&inside, samples(part.recorded_seconds.into(), length), length));
            all.extend(inside);
        }
        (points, self.whole(&all, length))
    }

    fn whole(&self, cells: &[(u64, Cell)], length: u64) -> Whole {
        let seconds = u64::try_from(self.seconds.1 - self.seconds.0).unwrap_or(0);
        let Point { rx, tx, rx_p95, tx_p95 } = point(cells, samples(seconds, length), length);
        let (rx_peak_at, tx_peak_at) = (busiest(cells, length, |cell| cell.rx), busiest(cells, length, |cell| cell.tx));
        Whole { rx, tx, rx_peak_at, tx_peak_at, rx_p95, tx_p95 }
    }
}

/// Whether the time from one second to another has no more parts than can be told.
///
/// # Errors
/// [`Failure::Usage`] names longer ones as the remedy.
pub(super) fn check(every: Every, first: u64, last: u64) -> Result<(), Failure> {
    let (from, to) = seconds(first, last);
    request::check_parts(every, Some(at(from)), at(to))
}

/// The first second, and the one behind the last.
fn seconds(first: u64, last: u64) -> (i64, i64) {
    let second = |second: u64| i64::try_from(second).unwrap_or(i64::MAX);
    (second(first), second(last).saturating_add(1))
}

/// A moment; the first or the last that there is, where it is beyond.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn samples(seconds: u64, length: u64) -> usize {
    usize::try_from(seconds.div_ceil(length)).unwrap_or(usize::MAX)
}

fn point(cells: &[(u64, Cell)], samples: usize, length: u64) -> Point {
    let (rx, rx_p95) = side(cells, samples, length, |cell| cell.rx);
    let (tx, tx_p95) = side(cells, samples, length, |cell| cell.tx);
    Point { rx, tx, rx_p95, tx_p95 }
}

/// One direction, with the 95th percentile of its samples, of which those without a cell had nothing.
fn side(cells: &[(u64, Cell)], samples: usize, length: u64, of: impl Fn(&Cell) -> Sum) -> (Moved, f64) {
    let mut sizes: Vec<u64> = cells.iter().map(|(_, cell)| of(cell).bytes).collect();
    let rate = |bytes: u64| bytes as f64 / length as f64;
    let moved = Moved {
        bytes: sizes.iter().sum(),
        packets: cells.iter().map(|(_, cell)| of(cell).packets).sum(),
        peak: rate(sizes.iter().copied().max().unwrap_or(0)),
    };
    let samples = samples.max(sizes.len());
    (moved, rate(p95(&mut sizes, samples)))
}

/// When most was moved; none where nothing was.
fn busiest(cells: &[(u64, Cell)], length: u64, of: impl Fn(&Cell) -> Sum) -> Option<Timestamp> {
    let most = cells.iter().rev().max_by_key(|(_, cell)| of(cell).bytes).filter(|(_, cell)| of(cell).bytes > 0);
    most.map(|(number, _)| at(i64::try_from(number * length).unwrap_or(i64::MAX)))
}
