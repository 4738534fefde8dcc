//! What the database is given to write: what was moved in one part of time.

use std::sync::Arc;

use super::{Subject, cell::Cell};

/// All that was moved in one part of time.
#[derive(Debug, Clone, Default)]
pub struct Bucket {
    /// Its begin, in seconds of Unix time, a multiple of `seconds`.
    pub start: i64,
    /// Its length in seconds: that of one of the tiers.
    pub seconds: u32,
    /// Of each subject what it moved; a subject may come more than once.
    pub cells: Vec<(Subject, Cell)>,
    /// By how much counters of the kernel went up.
    pub counters: Vec<(Arc<str>, u64)>,
    /// When in it was recorded, from and to, in milliseconds of Unix time.
    pub covered: Vec<(i64, i64)>,
}
