//! What rows moved in the last ticks, for the graphs: bounded in ticks and in rows.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;

use super::rows::{self, Key, Row};
use crate::{
    snapshot::{By, Snapshot},
    totals::host_total,
};

/// Ticks that are remembered: a braille graph of this many takes 200 columns.
pub(super) const TICKS: usize = 400;

/// Rows of each kind that are remembered; the busiest ones, where there are more.
pub(super) const ROWS: usize = 512;

/// Bytes a second in one tick.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Point {
    pub(super) rx: f32,
    pub(super) tx: f32,
}

/// A row's ticks, without those in which it moved nothing.
#[derive(Debug, Default)]
struct Past(VecDeque<(u32, Point)>);

impl Past {
    fn push(&mut self, tick: u32, point: Point) {
        while self.0.front().is_some_and(|&(at, _)| at + TICKS as u32 <= tick) {
            self.0.pop_front();
        }
        self.0.push_back((tick, point));
    }

    fn last(&self) -> (u32, f32) {
        self.0.back().map_or((0, 0.0), |(tick, point)| (*tick, point.rx + point.tx))
    }

    /// The `count` ticks up to `last`, oldest first.
    fn until(&self, last: u32, count: usize) -> Vec<Point> {
        let mut points = vec![Point::default(); count];
        for &(tick, point) in self.0.iter().rev() {
            let Some(before) = last.checked_sub(tick) else { continue };
            let Some(place) = usize::try_from(before).ok().and_then(|before| count.checked_sub(before + 1)) else {
                break;
            };
            points[place] = point;
        }
        points
    }
}

/// The last ticks of many rows, and of all of them together.
#[derive(Debug, Default)]
pub(super) struct History {
    tick: u32,
    /// When the last ticks were.
    times: VecDeque<Timestamp>,
    rows: HashMap<Key, Past>,
    totals: Past,
}

impl History {
    /// Adds a tick. The `selected` row is remembered in any case.
    pub(super) fn record(&mut self, snapshot: &Snapshot, selected: Option<&Key>) {
        self.tick += 1;
        if self.times.len() == TICKS {
            self.times.pop_front();
        }
        self.times.push_back(snapshot.time);
        self.totals.push(self.tick, totals(snapshot));
        for by in By::ALL {
            self.record_kind(snapshot, by, selected);
        }
        self.forget();
    }

    fn record_kind(&mut self, snapshot: &Snapshot, by: By, selected: Option<&Key>) {
        let mut busy: Vec<(f64, Row<'_>)> =
            rows::all(snapshot, by).map(|row| (row.rate(), row)).filter(|(rate, _)| *rate > 0.0).collect();
        let rest = if busy.len() > ROWS {
            busy.select_nth_unstable_by(ROWS - 1, |a, b| b.0.total_cmp(&a.0));
            busy.split_off(ROWS)
        } else {
            Vec::new()
        };
        for (_, row) in busy {
            self.rows.entry(row.key()).or_default().push(self.tick, point(row));
        }
        for (_, row) in rest {
            let key = row.key();
            if selected == Some(&key) {
                self.rows.entry(key).or_default().push(self.tick, point(row));
            } else if let Some(past) = self.rows.get_mut(&key) {
                past.push(self.tick, point(row));
            }
        }
    }

    /// Drops what has not moved anything for as long as is remembered, and of too many rows those that have been quiet
    /// for longest.
    fn forget(&mut self) {
        let oldest = self.tick.saturating_sub(TICKS as u32);
        self.rows.retain(|_, past| past.last().0 > oldest);
        let most = ROWS * By::ALL.len();
        if self.rows.len() <= most {
            return;
        }
        let mut ages: Vec<(u32, f32)> = self.rows.values().map(Past::last).collect();
        let order = |a: &(u32, f32), b: &(u32, f32)| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1));
        let (_, &mut least, _) = ages.select_nth_unstable_by(most - 1, order);
        let mut room = most;
        self.rows.retain(|_, past| {
            let kept = room > 0 && order(&past.last(), &least).is_le();
            room -= usize::from(kept);
            kept
        });
    }

    /// The number of the newest tick.
    pub(super) fn tick(&self) -> u32 {
        self.tick
    }

    /// What a row moved in the `count` ticks up to tick `last`, oldest first.
    pub(super) fn of(&self, key: &Key, last: u32, count: usize) -> Vec<Point> {
        self.rows.get(key).map_or_else(|| vec![Point::default(); count], |past| past.until(last, count))
    }

    /// What all of them moved, likewise.
    pub(super) fn totals(&self, last: u32, count: usize) -> Vec<Point> {
        self.totals.until(last, count)
    }

    /// When the tick was that is `before` ticks older than `last`; the oldest known if that is not known.
    pub(super) fn time(&self, last: u32, before: usize) -> Option<Timestamp> {
        let behind = usize::try_from(self.tick.saturating_sub(last)).ok()?;
        let at = self.times.len().checked_sub(1 + behind)?;
        self.times.get(at.saturating_sub(before)).copied()
    }

    /// Ticks up to `last` that are known.
    pub(super) fn known(&self, last: u32) -> usize {
        let behind = usize::try_from(self.tick.saturating_sub(last)).unwrap_or(usize::MAX);
        self.times.len().saturating_sub(behind)
    }
}

fn point(row: Row<'_>) -> Point {
    let [rx, tx] = row.flows();
    Point { rx: rx.bytes_per_second as f32, tx: tx.bytes_per_second as f32 }
}

/// What the host moved, each packet once.
fn totals(snapshot: &Snapshot) -> Point {
    let (rx, tx) = host_total(snapshot);
    Point { rx: rx.bytes_per_second as f32, tx: tx.bytes_per_second as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::fixture;

    #[test]
    fn ticks_line_up_also_where_a_row_was_quiet() {
        let mut history = History::default();
        for tick in 1..=4 {
            let mut snapshot = fixture::snapshot(1);
            snapshot.interfaces[0].rx = fixture::flow(if tick == 3 { 0 } else { tick });
            snapshot.interfaces[0].tx = fixture::flow(0);
            history.record(&snapshot, None);
        }
        let rx = |last, count| -> Vec<f32> {
            history.of(&Key::Interface(2), last, count).into_iter().map(|point| point.rx).collect()
        };
        assert_eq!(rx(4, 6), [0.0, 0.0, 1.0, 2.0, 0.0, 4.0]);
        assert_eq!(rx(2, 3), [0.0, 1.0, 2.0], "as it was at tick 2");
        assert_eq!((history.known(4), history.known(2)), (4, 2));
    }

    #[test]
    fn memory_has_bounds() {
        let mut history = History::default();
        let selected = Key::Connection(3);
        for _ in 0..TICKS + 50 {
            history.record(&fixture::snapshot(1), None);
        }
        assert!(history.rows.values().all(|past| past.0.len() <= TICKS));
        assert_eq!(history.times.len(), TICKS);
        for _ in 0..3 {
            history.record(&fixture::many(20_000), Some(&selected));
            assert!(history.rows.len() <= ROWS * By::ALL.len());
        }
        assert!(history.of(&selected, history.tick(), 1)[0].rx > 0.0, "the selected row is remembered");
        assert!(history.of(&Key::Connection(19_999), history.tick(), 1)[0].rx > 0.0, "the busiest is");
        assert_eq!(history.of(&Key::Connection(50), history.tick(), 1)[0].rx, 0.0);
    }

    #[test]
    fn what_is_gone_is_forgotten_after_a_while() {
        let mut history = History::default();
        history.record(&fixture::snapshot(1), None);
        let mut quiet = fixture::quiet();
        quiet.interfaces.clear();
        for _ in 1..TICKS {
            history.record(&quiet, None);
        }
        assert!(history.rows.contains_key(&Key::Interface(2)));
        history.record(&quiet, None);
        assert!(history.rows.is_empty());
    }
}
