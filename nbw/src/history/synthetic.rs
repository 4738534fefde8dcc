//! A made-up past, for tests and benches: each figure follows from the subject and the time, so totals are known without the
//! database.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};

use super::{Bucket, Cell, Database, HistoryError, Kind, Subject, Way};

/// So many buckets are written in one transaction.
const BATCH: usize = 200;

/// A made-up host: `subjects` of one kind, each with traffic at all times.
#[derive(Debug, Clone)]
pub struct Synthetic {
    kind: Kind,
    subjects: Vec<Subject>,
}

impl Synthetic {
    /// A host with so many subjects of a kind, named `web-000`, `web-001` ...
    pub fn new(kind: Kind, subjects: usize) -> Self {
        let named = |number: usize| -> Arc<str> { format!("web-{number:03}").into() };
        let subject = |number| Subject { kind, key: named(number), name: named(number) };
        Self { kind, subjects: (0..subjects).map(subject).collect() }
    }

    /// A host with subjects of these names, which are their keys too.
    pub fn named(kind: Kind, names: &[&str]) -> Self {
        let subject = |name: &&str| Subject { kind, key: Arc::from(*name), name: Arc::from(*name) };
        Self { kind, subjects: names.iter().map(subject).collect() }
    }

    /// The kind of its subjects.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its subjects.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// What a subject moves in the ten seconds from `start` (of Unix time, a multiple of ten): more by day than by night, more
    /// on working days, with bursts, and now and then nothing.
    pub fn ten_seconds(&self, subject: usize, start: i64) -> Cell {
        let noise = mix(subject as u64, start as u64);
        if noise.is_multiple_of(11) {
            return Cell::default();
        }
        let hour = start.div_euclid(3_600);
        let by_day =
            1 + [0, 0, 0, 0, 0, 1, 2, 4, 7, 9, 9, 8, 6, 8, 9, 9, 8, 7, 5, 4, 3, 2, 1, 0][hour.rem_euclid(24) as usize];
        let working = if hour.div_euclid(24).rem_euclid(7) < 5 { 3 } else { 1 };
        let burst = if mix(subject as u64, hour as u64).is_multiple_of(97) { 12 } else { 1 };
        let rx = by_day * working * burst * (2_000 + noise % 4_096) * 200 / (1 + subject as u64 % 23);
        let tx = rx / (2 + noise % 7);
        Cell { rx: way(rx), tx: way(tx) }
    }

    /// What a subject moves between two moments, multiples of ten seconds.
    pub fn between(&self, subject: usize, from: i64, to: i64) -> Cell {
        let mut sum = Cell::default();
        let mut start = from;
        while start < to {
            sum += self.ten_seconds(subject, start);
            start += 10;
        }
        sum
    }

    /// Writes what was moved between two moments, in buckets as long as the finest tier that will still have them at `to`, then
    /// lets the database pack and expire as an agent would.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, database: &mut Database, from: Timestamp, to: Timestamp) -> Result<(), HistoryError> {
        let (mut start, to) = (from.as_second(), to.as_second());
        database.move_on(to)?;
        let mut batch = Vec::with_capacity(BATCH);
        while start < to {
            let seconds = length(database, start, to);
            batch.push(self.bucket(start, seconds));
            start += i64::from(seconds);
            if batch.len() == BATCH || start >= to {
                database.write(&batch)?;
                batch.clear();
                while database.pack_one(start)? {}
            }
        }
        while database.expire_some()? {}
        Ok(())
    }

    /// One bucket.
    pub fn bucket(&self, start: i64, seconds: u32) -> Bucket {
        let end = start + i64::from(seconds);
        let cell = |(number, subject): (usize, &Subject)| (subject.clone(), self.between(number, start, end));
        Bucket {
            start,
            seconds,
            cells: self.subjects.iter().enumerate().map(cell).collect(),
            counters: Vec::new(),
            covered: vec![(start * 1_000, end * 1_000)],
        }
    }

    /// A database of a year that ends at `end`, with days in UTC.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn year(&self, dir: &std::path::Path, end: Timestamp) -> Result<Database, HistoryError> {
        let tiers = super::Tiers::default().in_zone(TimeZone::UTC);
        let mut database = Database::open(dir, &tiers)?;
        let day = end.as_second() / 86_400 * 86_400;
        let begin = Timestamp::from_second(day - 365 * 86_400).unwrap_or(Timestamp::UNIX_EPOCH);
        self.write(&mut database, begin, end)?;
        Ok(database)
    }
}

/// The longest bucket that begins there and hides nothing from a tier that keeps it.
fn length(database: &Database, start: i64, to: i64) -> u32 {
    let tiers = database.tiers().fixed();
    // A stretch is kept as a whole, so tiers reach a little farther back than `keep`.
    let kept = tiers.iter().find(|tier| start >= to - tier.keep as i64 - i64::from(tier.seconds) * 480);
    let fits = |seconds: u32| start.rem_euclid(i64::from(seconds)) == 0 && start + i64::from(seconds) <= to;
    let finest = tiers.first().map_or(10, |tier| tier.seconds);
    kept.map_or(3_600, |tier| tier.seconds)
        .min(tiers.iter().rev().map(|tier| tier.seconds).find(|seconds| fits(*seconds)).unwrap_or(finest))
}

fn way(bytes: u64) -> Way {
    Way { bytes, packets: bytes.div_ceil(1_100), peak: bytes / 10 + bytes / 25 }
}

/// Numbers without a pattern (splitmix64).
fn mix(one: u64, other: u64) -> u64 {
    let mut z = one.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(other.wrapping_mul(0xbf58_476d_1ce4_e5b9));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
