//! The times between two readings that can be chosen by key.

use std::time::Duration;

const MILLISECONDS: [u64; 10] = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000];

/// The next longer one.
pub(super) fn longer(than: Duration) -> Option<Duration> {
    MILLISECONDS.into_iter().map(Duration::from_millis).find(|interval| *interval > than)
}

/// The next shorter one.
pub(super) fn shorter(than: Duration) -> Option<Duration> {
    MILLISECONDS.into_iter().rev().map(Duration::from_millis).find(|interval| *interval < than)
}
