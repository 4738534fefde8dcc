//! When the agent ticks, and how punctual it is.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, Interval};

use crate::{app::ticks, control::Ticks};

/// The agent's ticks.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    ticks: Interval,
    counted: Ticks,
}

impl Pace {
    /// The first tick is after one interval.
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, ticks: ticks(interval, false), counted: Ticks::default() }
    }

    /// Another interval from now on.
    pub(super) fn change(&mut self, interval: Duration) {
        if self.interval != interval {
            self.interval = interval;
            self.ticks = ticks(interval, false);
        }
    }

    /// Time between two ticks.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// Waits for the next tick; how late it is. Nothing is lost if this is dropped while it waits.
    pub(super) async fn next(&mut self) -> Duration {
        let due = self.ticks.tick().await;
        Instant::now().saturating_duration_since(due)
    }

    /// A tick that was this late was done, and took so long.
    pub(super) fn done(&mut self, late: Duration, took: Duration, time: Timestamp) {
        let Ticks { count, late: lates, latest_seconds, longest_seconds, last } = &mut self.counted;
        *count += 1;
        *lates += u64::from(late > self.interval / 10);
        *latest_seconds = latest_seconds.max(late.as_secs_f64());
        *longest_seconds = longest_seconds.max(took.as_secs_f64());
        *last = Some(time);
    }

    /// What has been.
    pub(super) fn counted(&self) -> &Ticks {
        &self.counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_late_is_counted() {
        let mut pace = Pace::new(Duration::from_millis(100));
        pace.done(Duration::from_millis(10), Duration::from_millis(2), Timestamp::UNIX_EPOCH);
        pace.done(Duration::from_millis(11), Duration::from_millis(1), Timestamp::UNIX_EPOCH);
        let expected = Ticks {
            count: 2,
            late: 1,
            latest_seconds: 0.011,
            longest_seconds: 0.002,
            last: Some(Timestamp::UNIX_EPOCH),
        };
        assert_eq!(pace.counted(), &expected);
    }
}
