//! What is older than its tier keeps it goes, in small steps.

use rusqlite::{Connection, params};

use super::{Database, FROM_THE_BEGINNING, Level};
use crate::history::{HistoryError, packed::PARTS};

/// So many rows go in one step.
const STEP: u32 = 500;
/// So many free pages are given back in one step.
const PAGES: u32 = 256;

impl Database {
    /// Moves the tiers' ends up to `now` (in seconds of Unix time). What is behind them is gone for readers at once, and from
    /// the disk with [`Database::expire_some`].
    ///
    /// # Errors
    /// When it cannot; then nothing has changed.
    pub fn move_on(&mut self, now: i64) -> Result<(), HistoryError> {
        let moved: Vec<Level> = self.levels.iter().map(|level| moved(*level, now)).collect();
        let ends = moved.iter().zip(&self.levels).filter(|(new, old)| new.kept_from != old.kept_from);
        let written = ends.map(|(new, _)| new).try_for_each(|level| {
            let mut update =
                self.connection.prepare_cached("UPDATE tier SET kept_from = max(kept_from, ?2) WHERE seconds = ?1")?;
            update.execute(params![level.seconds, level.kept_from]).map(drop)
        });
        written.and_then(|()| self.learn_ends()).map_err(|source| self.because(source))
    }

    /// Takes away some of what has expired; whether there may be more.
    ///
    /// # Errors
    /// When it cannot; then nothing has changed.
    pub fn expire_some(&mut self) -> Result<bool, HistoryError> {
        self.expire_step().map_err(|source| self.because(source))
    }

    fn expire_step(&mut self) -> rusqlite::Result<bool> {
        let mut gone = 0;
        for level in self.levels.iter().filter(|level| level.kept_from > 0) {
            gone += expire(&self.connection, level.seconds, level.kept_from)?;
        }
        if let Some(&seconds) = self.retired.last() {
            let of_it = expire(&self.connection, seconds, i64::MAX)?;
            if of_it == 0 {
                self.retired.pop();
            }
            // There may be another one.
            gone += of_it.max(1);
        }
        let joined = self.join_old_day()?;
        Ok(give_back(&self.connection)? || joined || gone > 0)
    }

    /// Forgets subjects of which nothing is left.
    ///
    /// # Errors
    /// When it cannot; then nothing has changed.
    pub fn forget_subjects(&mut self) -> Result<usize, HistoryError> {
        let forgotten = self.connection.execute(
            "DELETE FROM subject WHERE id NOT IN (SELECT subject FROM recent) AND id NOT IN (SELECT subject FROM packed)
             AND id NOT IN (SELECT subject FROM span)",
            [],
        );
        self.ids.forget();
        forgotten.map_err(|source| self.because(source))
    }
}

/// Whole stretches expire, so that what is packed goes with one row.
fn moved(level: Level, now: i64) -> Level {
    let Some(keep) = level.keep else { return level };
    let stretch = i64::from(level.seconds) * i64::from(PARTS);
    let end = now - i64::try_from(keep).unwrap_or(i64::MAX).min(now);
    let end = end.div_euclid(stretch) * stretch;
    let kept_from = if end <= 0 { FROM_THE_BEGINNING } else { end };
    Level { kept_from: level.kept_from.max(kept_from), ..level }
}

fn expire(connection: &Connection, tier: u32, end: i64) -> rusqlite::Result<usize> {
    let bounds = params![tier, end, STEP];
    let mut packed = connection.prepare_cached(
        "DELETE FROM packed WHERE rowid IN (SELECT rowid FROM packed WHERE tier = ?1 AND start < ?2 LIMIT ?3)",
    )?;
    let mut recent = connection.prepare_cached(
        "DELETE FROM recent WHERE (tier, start, subject) IN
         (SELECT tier, start, subject FROM recent WHERE tier = ?1 AND start < ?2 LIMIT ?3)",
    )?;
    Ok(packed.execute(bounds)? + recent.execute(bounds)?)
}

/// Gives free pages back to the disk; whether there were any.
fn give_back(connection: &Connection) -> rusqlite::Result<bool> {
    let free: u32 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    if free < PAGES {
        return Ok(false);
    }
    let mut vacuum = connection.prepare_cached(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut pages = vacuum.query([])?;
    while pages.next()?.is_some() {}
    Ok(true)
}
