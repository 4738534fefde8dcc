//! How actions are doing: what the agent shows of them.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::text;

/// Errors are cut to so many bytes: servers answer what they like.
const MOST_OF_AN_ERROR: usize = 500;

/// How one action is doing. Counts are of notices, since it was configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionStatus {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// Its type: `log`, `exec` ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Not told yet.
    pub queued: usize,
    /// Told.
    pub sent: u64,
    /// Given up.
    pub failed: u64,
    /// Never tried: the queue was full.
    pub dropped: u64,
    /// Whether the last attempt failed and will be made again.
    pub retrying: bool,
    /// The last attempt that failed.
    pub last_error: Option<LastError>,
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// When.
    pub time: jiff::Timestamp,
    /// Why.
    pub text: String,
}

/// What an action counts.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

#[derive(Debug, Default, Clone)]
pub(super) struct Counts {
    pub(super) sent: u64,
    pub(super) failed: u64,
    pub(super) retrying: bool,
    pub(super) last_error: Option<LastError>,
}

impl Tally {
    /// So many notices were told.
    pub(super) fn sent(&self, notices: usize) {
        let mut counts = lock(&self.0);
        counts.sent += notices as u64;
        counts.retrying = false;
    }

    /// So many notices were given up.
    pub(super) fn failed(&self, notices: usize, why: &impl fmt::Display) {
        let mut counts = lock(&self.0);
        counts.failed += notices as u64;
        counts.retrying = false;
        counts.last_error = Some(error(why));
    }

    /// An attempt failed and will be made again; whether it is the first one of a row.
    pub(super) fn retrying(&self, why: &impl fmt::Display) -> bool {
        let mut counts = lock(&self.0);
        counts.last_error = Some(error(why));
        !std::mem::replace(&mut counts.retrying, true)
    }

    pub(super) fn counts(&self) -> Counts {
        lock(&self.0).clone()
    }
}

fn error(why: &impl fmt::Display) -> LastError {
    let text = text::clean_to(&why.to_string(), MOST_OF_AN_ERROR).into_owned();
    LastError { time: jiff::Timestamp::now(), text }
}

/// A panic elsewhere leaves numbers that are as good as before.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
