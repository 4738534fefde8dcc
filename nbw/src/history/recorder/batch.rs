//! What is written in one transaction.

use super::pending::Gathered;
use crate::history::{Bucket, Database, HistoryError};

/// What the writer has in hand until it is on the disk. It stays the same however often that is tried: where a commit fails, it
/// may be there all the same, and be seen when the database is opened anew.
pub(super) struct Batch {
    /// What tells it from others in the database.
    id: i32,
    buckets: Vec<Bucket>,
    /// Whether it may be there.
    tried: bool,
}

impl Batch {
    /// Of what was handed out; none where that is nothing.
    pub(super) fn of(due: &Gathered) -> Option<Self> {
        let buckets: Vec<Bucket> = due.iter().map(|(part, gathering)| gathering.bucket(*part)).collect();
        (!buckets.is_empty()).then(|| Self { id: fastrand::i32(1..), buckets, tried: false })
    }

    /// Writes it, where it is not there.
    pub(super) fn write(&mut self, database: &mut Database) -> Result<(), HistoryError> {
        let tried = std::mem::replace(&mut self.tried, true);
        database.write_batch(self.id, tried, &self.buckets)
    }

    /// Until when it was recorded, in milliseconds of Unix time.
    pub(super) fn until(&self) -> Option<i64> {
        self.buckets.iter().flat_map(|bucket| &bucket.covered).map(|(_, to)| *to).max()
    }
}
