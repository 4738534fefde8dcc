//! What subjects have moved in a period so far. What was moved while nbw did not run is not known.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Subject,
    calendar::{Calendar, Span},
    clock::Moment,
    keep,
    measure::Measure,
};
use crate::rule::{Metric, Period};

/// The time over which what was moved of late is averaged.
const LATELY: Duration = Duration::from_secs(24 * 60 * 60);
/// A forecast needs this part of the period to have been seen.
const SEEN: f64 = 0.01;

/// The volumes of one rule's subjects.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Volumes {
    /// When the period began that they are of.
    start: Option<Timestamp>,
    of: BTreeMap<Arc<str>, Volume>,
}

/// One subject's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Volume {
    /// Whose it is; none in what older versions have saved.
    #[serde(default)]
    subject: Option<Subject>,
    /// So much in this period.
    pub(super) bytes: u64,
    /// Since when it has been counted.
    from: Timestamp,
    /// Bytes a second of late, each tick weighted by its age; to be divided by [`Self::weight`].
    recent: f64,
    /// The sum of those weights: 1 in the end.
    weight: f64,
}

impl Volumes {
    /// Moves on to the period that it is now. True when a new one has begun; nothing is left of the one before.
    ///
    /// A clock that is set back does not bring back a period that is over: what is moved belongs to the one that had begun.
    /// Only where it is set back so far that this would never end, that one becomes the period that it is now.
    pub(super) fn turn(&mut self, calendar: &Calendar, per: Period, time: Timestamp) -> bool {
        let now = calendar.period(per, time);
        let Some(start) = self.start.replace(now.start) else { return false };
        if start < now.start {
            self.of.clear();
            return true;
        }
        if start <= now.end {
            self.start = Some(start);
        }
        false
    }

    /// Adds what was moved in a tick.
    pub(super) fn add(&mut self, measure: &Measure, metric: Metric, now: Moment) {
        let start = self.start.unwrap_or(now.time);
        let new = || Volume::new(start.max(began(now)).min(now.time));
        let volume = self.of.entry(Arc::clone(&measure.subject.key)).or_insert_with(new);
        let moved = if metric.is_packets() { measure.packets } else { measure.bytes };
        volume.add(moved, now.tick);
        if volume.subject.as_ref() != Some(&measure.subject) {
            volume.subject = Some(measure.subject.clone());
        }
    }

    /// Those that have moved something in this period.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.of.values().filter_map(|volume| volume.subject.as_ref())
    }

    /// One subject's.
    pub(super) fn get(&self, key: &str) -> Option<&Volume> {
        self.of.get(key)
    }

    /// Keeps no more than `most`, those of the most. Whether some had to go.
    pub(super) fn trim(&mut self, most: usize) -> bool {
        keep::greatest(&mut self.of, most, |volume| volume.bytes)
    }
}

/// When the tick began.
fn began(now: Moment) -> Timestamp {
    now.time.checked_sub(now.tick).unwrap_or(now.time)
}

impl Volume {
    fn new(from: Timestamp) -> Self {
        Self { subject: None, bytes: 0, from, recent: 0.0, weight: 0.0 }
    }

    fn add(&mut self, bytes: u64, tick: Duration) {
        self.bytes = self.bytes.saturating_add(bytes);
        let seconds = tick.as_secs_f64();
        if seconds > 0.0 {
            let fresh = 1.0 - (-seconds / LATELY.as_secs_f64()).exp();
            self.recent += fresh * (bytes as f64 / seconds - self.recent);
            self.weight += fresh * (1.0 - self.weight);
        }
    }

    /// When `full` will be reached if it goes on like this: by the average since it has been counted, in weeks and months
    /// half by that of about the last day. None where it has been, where it will not be in this period, or where too little
    /// of the period was seen to say so.
    pub(super) fn forecast(&self, full: u64, per: Period, span: Span, time: Timestamp) -> Option<Timestamp> {
        let seen = seconds(time.duration_since(self.from));
        let missing = full.checked_sub(self.bytes).filter(|&missing| missing > 0)? as f64;
        if seen <= 0.0 || seen < SEEN * seconds(span.end.duration_since(span.start)) {
            return None;
        }
        let left = SignedDuration::try_from_secs_f64(missing / self.rate(seen, per)).ok()?;
        time.checked_add(left).ok().filter(|&reached| reached < span.end)
    }

    fn rate(&self, seen: f64, per: Period) -> f64 {
        let average = self.bytes as f64 / seen;
        match per {
            Period::Week | Period::Month if self.weight > 0.0 => (average + self.recent / self.weight) / 2.0,
            _ => average,
        }
    }
}

fn seconds(duration: SignedDuration) -> f64 {
    duration.as_secs_f64()
}
