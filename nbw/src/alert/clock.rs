//! The engine's own time: what the readings say has passed. Nothing here asks the machine's clocks.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::snapshot::Snapshot;

/// A reading's time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Monotonic, since the engine's first reading ever (restarts included).
    pub(super) at: Duration,
    /// Of the wall clock.
    pub(super) time: Timestamp,
    /// Time since the reading before.
    pub(super) tick: Duration,
}

impl Moment {
    /// That of a snapshot by itself, for whom it does not matter what was before.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self { at: snapshot.elapsed, time: snapshot.time, tick: snapshot.elapsed }
    }

    /// Monotonic time since an earlier moment.
    pub(super) fn since(self, earlier: Duration) -> Duration {
        self.at.saturating_sub(earlier)
    }

    /// Whether that long has passed since then, give or take a tenth of a tick: a timer that comes a millisecond early must
    /// not cost a whole tick.
    pub(super) fn has_passed(self, wanted: Duration, since: Duration) -> bool {
        self.since(since).saturating_add(self.tick / 10) >= wanted
    }
}

/// Adds up what readings say.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Clock {
    /// [`Moment::at`] of the last reading.
    at: Duration,
    /// [`Moment::time`] of the last reading.
    pub(super) time: Option<Timestamp>,
    /// Whether the next reading is the first after a restart.
    #[serde(skip)]
    resumed: bool,
}

impl Clock {
    /// Goes on where a clock that was saved had stopped.
    pub(super) fn resumed(self) -> Self {
        Self { resumed: self.time.is_some(), ..self }
    }

    /// The time of this reading, and how long nobody had looked before it: by the wall clock, since nothing else goes on
    /// between two runs; nothing where that was set back.
    pub(super) fn advance(&mut self, snapshot: &Snapshot) -> (Moment, Duration) {
        let gap = if std::mem::take(&mut self.resumed) { self.unseen(snapshot) } else { Duration::ZERO };
        self.at = self.at.saturating_add(gap).saturating_add(snapshot.elapsed);
        self.time = Some(snapshot.time);
        (Moment { at: self.at, time: snapshot.time, tick: snapshot.elapsed }, gap)
    }

    fn unseen(&self, snapshot: &Snapshot) -> Duration {
        let passed = self.time.and_then(|before| Duration::try_from(snapshot.time.duration_since(before)).ok());
        passed.unwrap_or_default().saturating_sub(snapshot.elapsed)
    }
}
