//! Waiting for something to become true, instead of for some time to pass.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::Nbw;

/// After this long nothing more is expected to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks `probe` again and again until it has an answer.
///
/// # Panics
/// When it has none for too long; `what` says what was waited for.
pub fn until<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, probe)
}

/// As [`until`], for what can take so long.
///
/// # Panics
/// When it has taken longer; `what` says what was waited for.
pub fn until_within<T>(patience: Duration, what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        assert!(start.elapsed() < patience, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Whether it comes true before it is too late.
pub(super) fn came_true(is_so: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while !is_so() {
        if start.elapsed() >= PATIENCE {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

/// The first snapshot of nbw that is as wanted.
///
/// # Panics
/// When none is for too long; `what` says what was waited for.
pub fn snapshot_where(nbw: &mut Nbw, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let snapshot = nbw.next();
        if wanted(&snapshot) {
            return snapshot;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}: {snapshot}");
    }
}
