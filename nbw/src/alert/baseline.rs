//! What is usual: the median of a subject's hourly means at this hour of the day, over past days.

use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::{Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{Subject, clock::Moment, keep};
use crate::rule::{Metric, Target};

/// So many days are remembered.
const DAYS: i32 = 14;
/// So many of them have to be known.
pub(super) const LEAST_DAYS: usize = 7;
/// An hour counts if the subject was there for so much of it.
const LEAST_SECONDS: f64 = 5.0 * 60.0;
/// Hours that are remembered of a subject.
const HOURS: usize = DAYS as usize * 24;
/// What is usual is at least this: three times almost nothing is no news. Bytes and packets a second.
const FLOORS: (f64, f64) = (1_000.0, 10.0);

/// Somebody who has known for longer what is usual, such as the history of an agent.
pub trait History: fmt::Debug + Send {
    /// What `subject` usually moves at the hour of `at`, in the metric's bytes or packets a second. None while that is not
    /// known: then the rule goes by what it has seen itself.
    fn usual(&self, target: &Target, subject: &Subject, at: &Zoned) -> Option<f64>;
}

/// An answer to what is usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Usual {
    /// So much: bytes or packets a second.
    Known(f64),
    /// Only so many days are known.
    Learning(usize),
}

/// The least that is taken as usual.
pub(super) fn floor(metric: Metric) -> f64 {
    if metric.is_packets() { FLOORS.1 } else { FLOORS.0 }
}

/// An hour by the local clock, counted from the first one of 1970. When clocks are put back, two hours are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Hour(i32);

impl Hour {
    pub(super) fn of(local: &Zoned) -> Self {
        let as_utc = local.datetime().to_zoned(TimeZone::UTC).map(|utc| utc.timestamp()).unwrap_or(local.timestamp());
        // jiff's years end at 9999: that is 70 million hours.
        Self(as_utc.as_second().div_euclid(3_600) as i32)
    }

    /// The same hour of the day, so many days before.
    fn days_before(self, days: i32) -> Self {
        Self(self.0 - 24 * days)
    }
}

/// What one rule's subjects have moved at which hours.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Baselines(BTreeMap<Arc<str>, Baseline>);

impl Baselines {
    /// A subject was measured.
    pub(super) fn add(&mut self, key: &Arc<str>, rate: f64, hour: Hour, now: Moment) {
        let baseline = self.0.entry(Arc::clone(key)).or_insert_with(|| Baseline::new(hour));
        baseline.add(rate, hour, now.tick.as_secs_f64());
    }

    /// Whether both have the same memory for what was learnt of a subject, not only the same numbers.
    #[cfg(test)]
    pub(super) fn shares(&self, other: &Self, key: &str) -> bool {
        let means = |all: &Self| all.0.get(key).map(|baseline| Arc::clone(&baseline.means));
        matches!((means(self), means(other)), (Some(one), Some(another)) if Arc::ptr_eq(&one, &another))
    }

    /// What is usual for it now.
    pub(super) fn usual(&self, key: &str, hour: Hour) -> Usual {
        self.0.get(key).map_or(Usual::Learning(0), |baseline| baseline.usual(hour))
    }

    /// Drops those that were not there for as long as is remembered, and keeps no more than `most`, those that move the
    /// most. Whether some of these had to go.
    pub(super) fn trim(&mut self, most: usize, hour: Hour) -> bool {
        self.0.retain(|_, baseline| hour.0.saturating_sub(baseline.seen().0) <= DAYS * 24);
        keep::greatest(&mut self.0, most, |baseline| baseline.weight(hour))
    }
}

/// One subject's hours.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Baseline {
    /// Means of the hours that are over. Shared with what is being saved, so that taking that costs a tick next to nothing.
    means: Arc<Means>,
    /// The hour that is not.
    hour: Hour,
    /// Bytes or packets in it.
    sum: f64,
    /// For so long.
    seconds: f64,
}

impl Baseline {
    fn new(hour: Hour) -> Self {
        Self { means: Arc::default(), hour, sum: 0.0, seconds: 0.0 }
    }

    fn add(&mut self, rate: f64, hour: Hour, seconds: f64) {
        if hour != self.hour {
            self.finish(hour);
        }
        self.sum += rate * seconds;
        self.seconds += seconds;
    }

    /// The hour is over: its mean counts, unless it has one already (the clock was set back).
    fn finish(&mut self, next: Hour) {
        if self.seconds >= LEAST_SECONDS {
            let means = Arc::make_mut(&mut self.means);
            means.0.entry(self.hour).or_insert(self.sum / self.seconds);
            while means.0.len() > HOURS {
                means.drop_farthest(next);
            }
        }
        (self.hour, self.sum, self.seconds) = (next, 0.0, 0.0);
    }

    fn usual(&self, hour: Hour) -> Usual {
        let mut days: Vec<f64> =
            (1..=DAYS).filter_map(|days| self.means.0.get(&hour.days_before(days)).copied()).collect();
        if days.len() < LEAST_DAYS {
            return Usual::Learning(days.len());
        }
        days.sort_by(f64::total_cmp);
        let upper = days.len() / 2;
        let lower = (days.len() - 1) / 2;
        Usual::Known((days[lower] + days[upper]) / 2.0)
    }

    /// The last hour in which it was there. (While the clock is wrong that is the last one which is known.)
    fn seen(&self) -> Hour {
        self.means.0.last_key_value().map_or(self.hour, |(&last, _)| last.max(self.hour))
    }

    /// How much it moves: what it has moved lately or in the last hour that is known. Nothing, if it was not there for a day:
    /// what is gone is not to take the place of what is there.
    fn weight(&self, now: Hour) -> f64 {
        if now.0.saturating_sub(self.seen().0) > 24 {
            return 0.0;
        }
        let now = if self.seconds > 0.0 { self.sum / self.seconds } else { 0.0 };
        self.means.0.last_key_value().map_or(now, |(_, &mean)| mean.max(now))
    }
}

/// Means by hour.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Run>", into = "Vec<Run>")]
struct Means(BTreeMap<Hour, f64>);

impl Means {
    /// What was learnt while the clock was wrong is as far from now as what is old.
    fn drop_farthest(&mut self, now: Hour) {
        let ends = [self.0.first_key_value(), self.0.last_key_value()];
        let farthest = ends.into_iter().flatten().map(|(&hour, _)| hour).max_by_key(|hour| hour.0.abs_diff(now.0));
        farthest.map(|hour| self.0.remove(&hour));
    }
}

/// Hours in a row: the first, and the means in whole bytes or packets a second. Short, since there may be many.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Run(Hour, Vec<u64>);

impl From<Vec<Run>> for Means {
    fn from(runs: Vec<Run>) -> Self {
        let hours = runs.into_iter().flat_map(|Run(first, means)| {
            let hours = (first.0..).map(Hour);
            hours.zip(means).map(|(hour, mean)| (hour, mean as f64)).collect::<Vec<_>>()
        });
        Self(hours.take(HOURS).collect())
    }
}

impl From<Means> for Vec<Run> {
    fn from(means: Means) -> Self {
        let mut runs: Self = Vec::new();
        for (hour, mean) in means.0 {
            let mean = mean.round() as u64;
            match runs.last_mut() {
                Some(Run(first, means)) if first.0 as usize + means.len() == hour.0 as usize => means.push(mean),
                _ => runs.push(Run(hour, vec![mean])),
            }
        }
        runs
    }
}
