//! The kernel's clock, and the wall clock beside it.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{SignedDuration, Timestamp};
use nbw_detect::{Event, Time};
use nix::time::{ClockId, clock_gettime};

/// The clocks are believed to have moved against each other when they are so far from where they were: the host was
/// suspended, or its time was set. Less is taken for the adjustments that go on all the time, so that times stay in order.
const MOVED: u64 = 500_000_000;

/// Two looks at a clock with so much between them may have anything between them.
const AT_ONCE: u64 = 1_000_000;

/// So often it is looked again.
const LOOKS: usize = 5;

/// The time that the engine goes by: it begins with the wall clock's and goes on with `CLOCK_MONOTONIC`, which digests have, so
/// that nothing is due late or early because somebody has set the clock. What is told has the wall clock's.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// How far `CLOCK_MONOTONIC` is behind it: for good.
    behind: u64,
    /// How far it is behind the wall clock by now, in nanoseconds.
    late: i64,
}

impl Clock {
    /// Looks at both clocks.
    pub fn now() -> Self {
        Self { behind: behind(), late: 0 }
    }

    /// Looks at both again.
    pub(super) fn set(&mut self) {
        self.found(behind());
    }

    fn found(&mut self, behind: u64) {
        let late = i64::try_from(i128::from(behind) - i128::from(self.behind)).unwrap_or(0);
        if late.abs_diff(self.late) > MOVED {
            self.late = late;
        }
    }

    /// A moment of the kernel's, for the engine.
    pub fn steady(&self, monotonic: u64) -> Time {
        Time(monotonic.saturating_add(self.behind))
    }

    /// A moment of the wall clock's, for the engine.
    pub(super) fn of_wall(&self, time: Time) -> Time {
        Time(time.0.saturating_add_signed(self.late.saturating_neg()))
    }

    /// The engine's event with times of the wall clock.
    pub(super) fn on_wall(&self, event: Event) -> Event {
        let late = SignedDuration::from_nanos(self.late);
        let wall = |time: Timestamp| time.checked_add(late).unwrap_or(time);
        Event { first_seen: wall(event.first_seen), last_seen: wall(event.last_seen), ..event }
    }

    /// This moment, for the engine.
    pub(super) fn time(&self) -> Time {
        self.steady(monotonic())
    }
}

/// How far `CLOCK_MONOTONIC` is behind the wall clock. A pause between the two looks would be taken for a clock that was set.
fn behind() -> u64 {
    let mut least = (u64::MAX, 0);
    for _ in 0..LOOKS {
        let before = monotonic();
        let wall = nanoseconds(SystemTime::now());
        let between = monotonic().saturating_sub(before);
        least = least.min((between, wall.saturating_sub(before)));
        if between < AT_ONCE {
            break;
        }
    }
    least.1
}

fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

fn monotonic() -> u64 {
    clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map_or(0, |time| (time.tv_sec() as u64).saturating_mul(1_000_000_000).saturating_add(time.tv_nsec() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::fixture::scan;

    const HOUR: u64 = 3_600_000_000_000;

    #[test]
    fn the_engine_s_time_begins_as_the_wall_clocks() {
        let clock = Clock::now();
        assert!(clock.time().0.abs_diff(nanoseconds(SystemTime::now())) < MOVED);
        assert_eq!(clock.on_wall(scan()), scan());
    }

    #[test]
    fn the_engine_s_time_goes_on_where_the_wall_clock_is_set_and_what_is_told_follows_it() {
        let mut clock = Clock::now();
        let before = clock.steady(7);
        clock.found(clock.behind - HOUR);
        assert_eq!(clock.steady(7), before, "nothing is due late");
        let told = clock.on_wall(scan());
        assert_eq!(told.first_seen, scan().first_seen - SignedDuration::from_hours(1));
        assert_eq!(told.last_seen, scan().last_seen - SignedDuration::from_hours(1));
        let wall = Time(2 * HOUR);
        assert_eq!(clock.of_wall(wall), Time(3 * HOUR), "volumes go by the same time");
    }

    #[test]
    fn small_steps_are_not_followed() {
        let mut clock = Clock::now();
        clock.found(clock.behind + MOVED / 2);
        assert_eq!(clock.late, 0);
        clock.found(clock.behind + 2 * MOVED);
        assert_eq!(clock.late, 2 * MOVED as i64);
        clock.found(clock.behind);
        assert_eq!(clock.late, 0, "and back");
    }
}
