//! What is past is packed: many parts of one subject in one row.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension, params};
use tracing::warn;

use super::Database;
use crate::history::{
    HistoryError,
    cell::Cell,
    packed::{self, Damaged, PARTS, Packed, Packing},
    rows,
    tiers::DAY,
};

/// A stretch of time is packed when it has been over for so many seconds.
const GRACE: i64 = 60;

impl Database {
    /// Packs one stretch of one tier that was over before `now` (in seconds of Unix time); whether there was one.
    ///
    /// # Errors
    /// When it cannot; then nothing has changed.
    pub fn pack_one(&mut self, now: i64) -> Result<bool, HistoryError> {
        self.pack_some(now).map_err(|source| self.because(source))
    }

    fn pack_some(&mut self, now: i64) -> rusqlite::Result<bool> {
        for seconds in self.levels.iter().map(|level| level.seconds).filter(|seconds| *seconds != DAY) {
            if let Some(start) = oldest_stretch(&self.connection, seconds, now)? {
                let transaction = self.connection.transaction()?;
                stretch(&transaction, seconds, start)?;
                transaction.commit()?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The begin of the oldest stretch that is over and not packed.
fn oldest_stretch(connection: &Connection, seconds: u32, now: i64) -> rusqlite::Result<Option<i64>> {
    let mut oldest = connection.prepare_cached("SELECT start FROM recent WHERE tier = ?1 ORDER BY start LIMIT 1")?;
    let oldest: Option<i64> = oldest.query_row([seconds], |row| row.get(0)).optional()?;
    let length = i64::from(seconds) * i64::from(PARTS);
    let start = oldest.map(|oldest| oldest.div_euclid(length) * length);
    Ok(start.filter(|start| start + length + GRACE <= now))
}

/// Packs as it reads: of some thousands of subjects all parts at once would take hundreds of MB.
fn stretch(connection: &Connection, seconds: u32, start: i64) -> rusqlite::Result<()> {
    let end = start + i64::from(seconds) * i64::from(PARTS);
    let mut select = connection.prepare_cached(
        "SELECT start, subject, rx_bytes, tx_bytes, rx_packets, tx_packets, rx_peak, tx_peak FROM recent
         WHERE tier = ?1 AND start >= ?2 AND start < ?3 ORDER BY start",
    )?;
    let mut found = select.query(params![seconds, start, end])?;
    let mut subjects: HashMap<i64, Packing> = HashMap::new();
    while let Some(row) = found.next()? {
        let number = (row.get::<_, i64>(0)? - start) / i64::from(seconds);
        let packing = subjects.entry(row.get(1)?).or_insert_with(|| Packing::new(seconds));
        packing.add(number as u32, rows::cell(row, 2)?);
    }
    let mut subjects: Vec<_> = subjects.into_iter().collect();
    subjects.sort_unstable_by_key(|(subject, _)| *subject);
    for (subject, packing) in subjects {
        put(connection, (seconds, start, subject), packing.finish())?;
    }
    let mut delete = connection.prepare_cached("DELETE FROM recent WHERE tier = ?1 AND start >= ?2 AND start < ?3")?;
    delete.execute(params![seconds, start, end])?;
    Ok(())
}

/// Writes the packed row, with what was packed before it.
fn put(connection: &Connection, (tier, start, subject): (u32, i64, i64), mut new: Packed) -> rusqlite::Result<()> {
    let mut before =
        connection.prepare_cached("SELECT bytes, rest FROM packed WHERE tier = ?1 AND start = ?2 AND subject = ?3")?;
    let before =
        before.query_row(params![tier, start, subject], |row| Ok(Packed { bytes: row.get(0)?, rest: row.get(1)? }));
    if let Some(before) = before.optional()? {
        match joined(&before, &new, tier) {
            Ok(both) => new = both,
            // As `Database::mend` does: one row is no reason to begin the history anew.
            Err(Damaged) => warn!("the history had a damaged row, of subject {subject} by {tier} s: it was taken out"),
        }
    }
    let mut replace = connection.prepare_cached("INSERT OR REPLACE INTO packed VALUES (?1, ?2, ?3, ?4, ?5)")?;
    replace.execute(params![tier, start, subject, new.bytes, new.rest])?;
    Ok(())
}

/// Both rows as one.
fn joined(before: &Packed, new: &Packed, seconds: u32) -> Result<Packed, Damaged> {
    let mut parts: BTreeMap<u32, Cell> = BTreeMap::new();
    for Packed { bytes, rest } in [before, new] {
        packed::unpack(bytes, rest, seconds, |number, cell| *parts.entry(number).or_default() += cell)?;
    }
    Ok(packed::pack(parts, seconds))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use crate::history::{Bucket, Cell, Database, Kind, Subject, Tiers, Way};

    fn bucket(start: i64, bytes: u64) -> Bucket {
        let subject = Subject { kind: Kind::Interface, key: "eth0".into(), name: "eth0".into() };
        let way = Way { bytes, packets: 1, peak: bytes };
        let cells = vec![(subject, Cell { rx: way, tx: Way::default() })];
        Bucket {
            start,
            seconds: 10,
            cells,
            counters: Vec::new(),
            covered: vec![(start * 1_000, start * 1_000 + 10_000)],
        }
    }

    /// A directory, and a database in which ten seconds are packed.
    fn packed() -> (tempfile::TempDir, Database) {
        let dir = tempfile::tempdir().unwrap();
        let mut database = Database::open(dir.path(), &Tiers::default().in_zone(TimeZone::UTC)).unwrap();
        database.write(&[bucket(2_400_000, 1_000), bucket(2_400_050, 200)]).unwrap();
        while database.pack_one(1 << 40).unwrap() {}
        (dir, database)
    }

    fn totals(database: &Database) -> [u64; 4] {
        [10, 60, 3_600, 86_400].map(|tier| database.totals(tier).unwrap()[&Kind::Interface])
    }

    #[test]
    fn what_comes_late_is_joined_to_what_is_packed() {
        let (_dir, mut database) = packed();
        database.write(&[bucket(2_400_050, 30), bucket(2_400_020, 4)]).unwrap();
        while database.pack_one(1 << 40).unwrap() {}
        let left: u64 = database.size().unwrap().rows;
        assert_eq!((totals(&database), left), ([1_234; 4], 2), "days only are not packed");
    }

    #[test]
    fn a_damaged_row_is_taken_out_and_the_others_stay() {
        let (_dir, mut database) = packed();
        database.connection.execute("UPDATE packed SET bytes = x'0102030405' WHERE tier = 10", []).unwrap();
        database.write(&[bucket(2_400_050, 30)]).unwrap();
        while database.pack_one(1 << 40).unwrap() {}
        assert_eq!(totals(&database), [30, 1_230, 1_230, 1_230]);
    }
}
