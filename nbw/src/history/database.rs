//! The history as its one writer has it.

mod bound;
mod events;
mod expire;
mod ids;
mod import;
mod mend;
mod old_days;
mod pack;
mod retired;
#[cfg(test)]
mod totals;
mod write;

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use self::ids::Ids;
pub(super) use self::import::Imported;
use super::{
    HistoryError,
    bucket::Bucket,
    days::{self, Days},
    schema,
    tiers::{DAY, Tier, Tiers},
};

/// What `kept_from` is of a tier that has all from the beginning.
pub(super) const FROM_THE_BEGINNING: i64 = -1;

/// Where the number of the batch is that was written last: a number of the file's header that is the application's, and changes
/// with the transaction.
const BATCH: &str = "application_id";

/// The database, open for writing. There is one writer at a time; readers do not disturb it, nor it them.
pub struct Database {
    connection: Connection,
    dir: PathBuf,
    tiers: Tiers,
    /// From fine to coarse, the days last.
    levels: Vec<Level>,
    /// The tiers that are not configured any more, and of which something is left.
    retired: Vec<u32>,
    days: Days,
    /// The begin of the last old day of which only the busiest have a name; those before it are so too.
    joined_until: i64,
    ids: Ids,
    identity: Option<(u64, u64)>,
}

/// A tier, and from when on it has anything.
#[derive(Debug, Clone, Copy)]
struct Level {
    seconds: u32,
    keep: Option<u64>,
    kept_from: i64,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Size {
    /// Bytes of the database's file and of what SQLite keeps beside it.
    pub bytes: u64,
    /// Rows that are not packed yet, and days.
    pub rows: u64,
    /// Rows of 240 parts each.
    pub packed_rows: u64,
    /// Subjects.
    pub subjects: u64,
}

impl Database {
    /// Opens the history of a directory, or begins it, and looks through all of it for damage.
    ///
    /// # Errors
    /// When it cannot be opened or is damaged ([`HistoryError::is_damage`]).
    pub fn open(dir: &Path, tiers: &Tiers) -> Result<Self, HistoryError> {
        let connection = schema::open_for_writing(dir)?;
        schema::check(&connection, &dir.join(schema::FILE))?;
        let (zone_name, zone) = days::named(tiers.zone());
        let days = Days::new(zone);
        let identity = identity(&dir.join(schema::FILE));
        let (dir, tiers, ids) = (dir.to_owned(), tiers.clone(), Ids::default());
        let (levels, retired) = (Vec::new(), Vec::new());
        let joined_until = i64::MIN;
        let mut database = Self { connection, dir, tiers, levels, retired, days, joined_until, ids, identity };
        database.settle(&zone_name).map_err(|source| schema::opening(&database.path(), source))?;
        database.mend()?;
        Ok(database)
    }

    /// Opens the history of a directory with the tiers that it has, or begins one with the usual ones.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open_as_it_is(dir: &Path) -> Result<Self, HistoryError> {
        let tiers = match schema::open_for_reading(dir) {
            Ok(connection) => stored(&connection).map_err(|source| schema::opening(&dir.join(schema::FILE), source))?,
            Err(HistoryError::NotThere(_)) => None,
            Err(error) => return Err(error),
        };
        Self::open(dir, &tiers.unwrap_or_default())
    }

    /// Moves a damaged history aside and begins a new one; tells where the old one is now.
    ///
    /// # Errors
    /// When it cannot be moved, or no new one can be made.
    pub fn begin_anew(dir: &Path, tiers: &Tiers) -> Result<(Self, PathBuf), HistoryError> {
        let aside = schema::set_aside(dir)?;
        Ok((Self::open(dir, tiers)?, aside))
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.dir.join(schema::FILE)
    }

    /// The tiers that it was opened with.
    pub fn tiers(&self) -> &Tiers {
        &self.tiers
    }

    /// Whose midnights its days begin at.
    pub fn zone(&self) -> TimeZone {
        days::named(self.tiers.zone()).1
    }

    /// Writes all of the buckets to all tiers, or nothing.
    ///
    /// # Errors
    /// When it cannot; then nothing was written.
    pub fn write(&mut self, buckets: &[Bucket]) -> Result<(), HistoryError> {
        self.write_batch(fastrand::i32(1..), false, buckets)
    }

    /// The same, as the batch of this number. Where it `may_be_there`, because a commit of it has failed, the number of the last
    /// batch says whether it is: a commit whose last step fails is not seen at first, and can be when the database is opened
    /// anew.
    pub(super) fn write_batch(
        &mut self,
        batch: i32,
        may_be_there: bool,
        buckets: &[Bucket],
    ) -> Result<(), HistoryError> {
        let written = self.write_all(batch, may_be_there, buckets);
        if written.is_err() {
            // Of those that were new, none is there now.
            self.ids = Ids::default();
        }
        written.map_err(|source| self.because(source))
    }

    fn write_all(&mut self, batch: i32, may_be_there: bool, buckets: &[Bucket]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if may_be_there && batch == transaction.pragma_query_value(None, BATCH, |row| row.get::<_, i32>(0))? {
            return Ok(());
        }
        let mut writing = write::Writing {
            connection: &transaction,
            levels: &self.levels,
            days: &mut self.days,
            ids: &mut self.ids,
            bounds: self.tiers.bounds(),
        };
        buckets.iter().try_for_each(|bucket| writing.bucket(bucket))?;
        transaction.pragma_update(None, BATCH, batch)?;
        transaction.commit()
    }

    /// Until when is recorded.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn written_until(&self) -> Result<Option<Timestamp>, HistoryError> {
        let end =
            self.connection.query_row(r#"SELECT max("end") FROM coverage WHERE source = 0"#, [], |row| row.get(0));
        let end: Option<i64> = end.map_err(|source| self.because(source))?;
        Ok(end.and_then(|end| Timestamp::from_millisecond(end).ok()))
    }

    /// Whether the file at its path is still the one that was opened. One that was removed could be written to for ever, and
    /// nobody would read it.
    pub fn is_in_place(&self) -> bool {
        identity(&self.path()) == self.identity
    }

    /// Looks through all of the file for damage, as it is on the disk.
    ///
    /// # Errors
    /// When it is damaged or cannot be read.
    pub fn check(&self) -> Result<(), HistoryError> {
        let connection = schema::open_for_reading(&self.dir)?;
        // A disk that cannot be read would end the process, not the reading, where the file is mapped.
        connection.pragma_update(None, "mmap_size", 0).map_err(|source| self.because(source))?;
        schema::check(&connection, &self.path())
    }

    /// How much there is. It counts, so it is not for each tick.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn size(&self) -> Result<Size, HistoryError> {
        let count = |table: &str| -> rusqlite::Result<u64> {
            self.connection
                .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
                .map(|rows| rows as u64)
        };
        let rows = || Ok((count("recent")?, count("packed")?, count("subject")?));
        let (rows, packed_rows, subjects) = rows().map_err(|source| self.because(source))?;
        Ok(Size { bytes: self.bytes(), rows, packed_rows, subjects })
    }

    /// Bytes on the disk.
    pub fn bytes(&self) -> u64 {
        let length =
            |suffix: &str| self.dir.join(format!("{}{suffix}", schema::FILE)).metadata().map_or(0, |file| file.len());
        ["", "-wal", "-shm"].map(length).iter().sum()
    }

    fn because(&self, source: rusqlite::Error) -> HistoryError {
        HistoryError::Sqlite { path: self.path(), source }
    }

    /// Notes the tiers and the zone of this configuration, and learns what there is of each tier.
    fn settle(&mut self, zone: &str) -> rusqlite::Result<()> {
        let now = Timestamp::now().as_second();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let fixed = self.tiers.fixed().iter().map(|tier| (tier.seconds, Some(tier.keep)));
        let mut begin = FROM_THE_BEGINNING;
        let begun: bool = transaction.query_row("SELECT EXISTS (SELECT 1 FROM coverage)", [], |row| row.get(0))?;
        for (seconds, keep) in [(DAY, None)].into_iter().chain(fixed.rev()) {
            // A tier that is new begins with a part of the coarser one: what was before is read from there as a whole.
            let kept_from = if begun { begin } else { FROM_THE_BEGINNING };
            let keep_stored = keep.map(|keep| keep as i64);
            transaction.execute(
                "INSERT INTO tier VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET keep = excluded.keep",
                params![seconds, keep_stored, kept_from],
            )?;
            let kept_from =
                transaction.query_row("SELECT kept_from FROM tier WHERE seconds = ?1", [seconds], |row| row.get(0))?;
            self.levels.push(Level { seconds, keep, kept_from });
            begin = self.days.end_of_part(seconds, now).max(kept_from);
        }
        self.levels.reverse();
        let last = "SELECT name FROM zone ORDER BY since DESC LIMIT 1";
        let last: Option<String> = transaction.query_row(last, [], |row| row.get(0)).optional()?;
        if last.as_deref() != Some(zone) {
            let since = if last.is_none() { FROM_THE_BEGINNING } else { now };
            transaction.execute("INSERT OR REPLACE INTO zone VALUES (?1, ?2)", params![since, zone])?;
        }
        self.retired = retired::retire(&transaction, &self.levels)?;
        transaction.commit()
    }
}

/// What tells a file from others.
fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|file| (file.dev(), file.ino()))
}

/// The tiers that a database has; none where it has no sensible ones.
fn stored(connection: &Connection) -> rusqlite::Result<Option<Tiers>> {
    let mut tiers = connection.prepare("SELECT seconds, keep FROM tier WHERE keep NOT NULL ORDER BY seconds")?;
    let tier = |row: &rusqlite::Row<'_>| Ok(Tier { seconds: row.get(0)?, keep: row.get::<_, i64>(1)?.max(0) as u64 });
    let tiers = tiers.query_map([], tier)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let zone: Option<String> =
        connection.query_row("SELECT name FROM zone ORDER BY since DESC LIMIT 1", [], |row| row.get(0)).optional()?;
    let zone = zone.and_then(|name| TimeZone::get(&name).ok());
    let tiers = Tiers::new(tiers).ok();
    Ok(tiers.map(|tiers| zone.into_iter().fold(tiers, Tiers::in_zone)))
}
