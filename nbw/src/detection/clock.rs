//! The kernel's clock as wall time.

use std::time::{SystemTime, UNIX_EPOCH};

use nbw_detect::Time;
use nix::time::{ClockId, clock_gettime};

/// The clocks are believed to have moved against each other when they are so far from where they were: the host was
/// suspended, or its time was set. Less is taken for the adjustments that go on all the time, so that times stay in order.
const MOVED: u64 = 500_000_000;

/// How far `CLOCK_MONOTONIC`, which digests have, is behind the wall clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    behind: u64,
}

impl Clock {
    /// Looks at both clocks.
    pub fn now() -> Self {
        Self { behind: nanoseconds(SystemTime::now()).saturating_sub(monotonic()) }
    }

    /// Looks at both again.
    pub(super) fn set(&mut self) {
        let now = Self::now();
        if now.behind.abs_diff(self.behind) > MOVED {
            *self = now;
        }
    }

    /// The wall time of a moment of the kernel's.
    pub fn wall(&self, monotonic: u64) -> Time {
        Time(monotonic.saturating_add(self.behind))
    }

    /// This moment.
    pub(super) fn time(&self) -> Time {
        self.wall(monotonic())
    }
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

    #[test]
    fn the_kernels_time_is_the_wall_clocks() {
        let clock = Clock::now();
        assert!(clock.time().0.abs_diff(nanoseconds(SystemTime::now())) < MOVED);
    }

    #[test]
    fn small_steps_are_not_followed_and_large_ones_are() {
        let mut clock = Clock::now();
        let true_one = clock.behind;
        clock.behind += MOVED / 2;
        clock.set();
        assert_ne!(clock.behind, true_one);
        clock.behind += 2 * MOVED;
        clock.set();
        assert!(clock.behind.abs_diff(true_one) < MOVED / 2);
    }
}
