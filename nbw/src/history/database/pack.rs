//! What is past is packed: many parts of one subject in one row.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension, params};

use super::Database;
use crate::history::{
    HistoryError,
    cell::Cell,
    packed::{self, PARTS},
    rows,
    tiers::DAY,
};

/// A stretch of time is packed when it has been over for so many seconds.
const GRACE: i64 = 60;

/// Parts by their number.
type Parts = BTreeMap<u32, Cell>;

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

fn stretch(connection: &Connection, seconds: u32, start: i64) -> rusqlite::Result<()> {
    let end = start + i64::from(seconds) * i64::from(PARTS);
    let mut select = connection.prepare_cached(
        "SELECT start, subject, rx_bytes, tx_bytes, rx_packets, tx_packets, rx_peak, tx_peak FROM recent
         WHERE tier = ?1 AND start >= ?2 AND start < ?3",
    )?;
    let mut found = select.query(params![seconds, start, end])?;
    let mut subjects: HashMap<i64, Parts> = HashMap::new();
    while let Some(row) = found.next()? {
        let number = (row.get::<_, i64>(0)? - start) / i64::from(seconds);
        *subjects.entry(row.get(1)?).or_default().entry(number as u32).or_default() += rows::cell(row, 2)?;
    }
    let mut subjects: Vec<_> = subjects.into_iter().collect();
    subjects.sort_unstable_by_key(|(subject, _)| *subject);
    for (subject, parts) in subjects {
        put(connection, (seconds, start, subject), parts)?;
    }
    let mut delete = connection.prepare_cached("DELETE FROM recent WHERE tier = ?1 AND start >= ?2 AND start < ?3")?;
    delete.execute(params![seconds, start, end])?;
    Ok(())
}

/// Writes the packed row, with what was packed before it.
fn put(connection: &Connection, (tier, start, subject): (u32, i64, i64), mut parts: Parts) -> rusqlite::Result<()> {
    let mut before =
        connection.prepare_cached("SELECT bytes, rest FROM packed WHERE tier = ?1 AND start = ?2 AND subject = ?3")?;
    let before: Option<(Vec<u8>, Vec<u8>)> =
        before.query_row(params![tier, start, subject], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if let Some((bytes, rest)) = before {
        packed::unpack(&bytes, &rest, tier, |number, cell| *parts.entry(number).or_default() += cell)
            .map_err(|_| rows::damaged())?;
    }
    let parts: Vec<(u32, Cell)> = parts.into_iter().collect();
    let packed = packed::pack(&parts, tier);
    let mut replace = connection.prepare_cached("INSERT OR REPLACE INTO packed VALUES (?1, ?2, ?3, ?4, ?5)")?;
    replace.execute(params![tier, start, subject, packed.bytes, packed.rest])?;
    Ok(())
}
