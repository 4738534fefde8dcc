//! What others remember of the time before nbw's own first record.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{Database, write};
use crate::history::{
    HistoryError, Kind,
    cell::{Cell, Way},
    code, days,
    tiers::DAY,
    vnstat::Atom,
};

/// What was remembered of an interface.
pub(in crate::history) struct Imported {
    pub(in crate::history) name: String,
    pub(in crate::history) atoms: Vec<Atom>,
}

/// The source of coverage that is not nbw's own.
const IMPORT: u8 = 1;

impl Database {
    /// When nbw's own records begin.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn first_record(&self) -> Result<Option<Timestamp>, HistoryError> {
        // What was recorded while the clock could not be right does not count.
        let first = r#"SELECT min(max(start, ?1)) FROM coverage WHERE source = 0 AND "end" > ?1"#;
        let plausible = days::FIRST * 1_000;
        let first: rusqlite::Result<Option<i64>> = self.connection.query_row(first, [plausible], |row| row.get(0));
        let first = first.map_err(|source| self.because(source))?;
        Ok(first.and_then(|first| Timestamp::from_millisecond(first).ok()))
    }

    /// Writes what was remembered of interfaces that were not imported from this source before; says which those are. One of
    /// which there is nothing to write can be imported later.
    pub(in crate::history) fn import(
        &mut self,
        source: &str,
        interfaces: &[Imported],
    ) -> Result<Vec<bool>, HistoryError> {
        self.import_all(source, interfaces).map_err(|source| self.because(source))
    }

    fn import_all(&mut self, source: &str, interfaces: &[Imported]) -> rusqlite::Result<Vec<bool>> {
        let levels: Vec<(u32, i64)> = self.levels.iter().map(|level| (level.seconds, level.kept_from)).collect();
        let zone = self.zone();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let begun: bool = transaction.query_row("SELECT EXISTS (SELECT 1 FROM imported)", [], |row| row.get(0))?;
        let mut importing = Importing { connection: &transaction, levels, zone };
        if !begun {
            importing.raise_ends(interfaces)?;
        }
        let all = self.ids.all(&transaction, Kind::Interface)?;
        let mut new = Vec::with_capacity(interfaces.len());
        for interface in interfaces {
            let is_new = !importing.is_known(source, &interface.name)?;
            if is_new && !interface.atoms.is_empty() {
                importing.note(source, &interface.name)?;
                let name: Arc<str> = interface.name.as_str().into();
                let id = self.ids.of(&transaction, code::of(Kind::Interface), &name, &name)?;
                importing.interface(id, all, &interface.atoms)?;
            }
            new.push(is_new);
        }
        transaction.commit()?;
        self.learn_ends()?;
        Ok(new)
    }

    /// Learns from when on tiers have anything, where another process has raised that.
    pub(super) fn learn_ends(&mut self) -> rusqlite::Result<()> {
        let mut end = self.connection.prepare_cached("SELECT kept_from FROM tier WHERE seconds = ?1")?;
        for level in &mut self.levels {
            let kept_from: Option<i64> = end.query_row([level.seconds], |row| row.get(0)).optional()?;
            level.kept_from = kept_from.unwrap_or(level.kept_from);
        }
        Ok(())
    }
}

/// A transaction that imports.
struct Importing<'a> {
    connection: &'a Connection,
    /// Length of each tier, and from when on it has anything.
    levels: Vec<(u32, i64)>,
    zone: TimeZone,
}

impl Importing<'_> {
    /// A tier has nothing of what was before the first stretch that is short enough for it.
    fn raise_ends(&mut self, interfaces: &[Imported]) -> rusqlite::Result<()> {
        let atoms = || interfaces.iter().flat_map(|interface| &interface.atoms);
        let Some(last) = atoms().map(|atom| atom.end).max() else { return Ok(()) };
        // Where a tier has nothing of the import, it begins with that part of the next coarser one in which nbw's own records
        // begin: else its share of that part would be counted besides.
        let mut coarser = None;
        for at in (0..self.levels.len()).rev() {
            let (seconds, kept_from) = self.levels[at];
            let fitting = atoms().filter_map(|atom| self.part(seconds, *atom));
            let fitting = fitting.min();
            if fitting.is_some() {
                coarser = Some(seconds);
            }
            let end = fitting.unwrap_or_else(|| self.part_at(coarser.unwrap_or(seconds), last).0).max(kept_from);
            let mut raise = self.connection.prepare_cached("UPDATE tier SET kept_from = ?2 WHERE seconds = ?1")?;
            raise.execute(params![seconds, end])?;
            self.levels[at].1 = end;
        }
        Ok(())
    }

    fn is_known(&self, source: &str, name: &str) -> rusqlite::Result<bool> {
        let mut known = self.connection.prepare_cached("SELECT 1 FROM imported WHERE source = ?1 AND name = ?2")?;
        known.exists(params![source, name])
    }

    fn note(&self, source: &str, name: &str) -> rusqlite::Result<()> {
        let now = Timestamp::now().as_second();
        let mut insert = self.connection.prepare_cached("INSERT INTO imported VALUES (?1, ?2, ?3)")?;
        insert.execute(params![source, name, now]).map(drop)
    }

    fn interface(&self, id: i64, all: i64, atoms: &[Atom]) -> rusqlite::Result<()> {
        atoms.iter().try_for_each(|atom| self.atom(id, *atom).and_then(|()| self.atom(all, *atom)))?;
        let (from, to) = (atoms.iter().map(|atom| atom.start).min(), atoms.iter().map(|atom| atom.end).max());
        if let Some((from, to)) = from.zip(to) {
            write::cover(self.connection, IMPORT, from * 1_000, to * 1_000)?;
        }
        Ok(())
    }

    /// To each tier of which one part holds all of it. Where a finer tier would have to have it and cannot, or none can, it
    /// stays as long as it is.
    fn atom(&self, id: i64, atom: Atom) -> rusqlite::Result<()> {
        let parts: Vec<_> = self.levels.iter().map(|(seconds, _)| self.part(*seconds, atom)).collect();
        let is_missed = |((_, kept_from), part): (&(u32, i64), &Option<i64>)| part.is_none() && atom.end > *kept_from;
        if self.levels.iter().zip(&parts).any(is_missed) {
            return self.long(id, atom);
        }
        let length = (atom.end - atom.start).max(1) as u64;
        let way = |bytes: u64| Way { bytes, packets: 0, peak: bytes / length };
        let cell = Cell { rx: way(atom.rx), tx: way(atom.tx) };
        let mut add = self.connection.prepare_cached(write::ADD)?;
        let mut kept = false;
        for (&(seconds, kept_from), part) in self.levels.iter().zip(parts) {
            if let Some(start) = part.filter(|start| *start >= kept_from) {
                add.execute(write::values(seconds, start, id, cell))?;
                kept = true;
            }
        }
        if kept { Ok(()) } else { self.long(id, atom) }
    }

    fn long(&self, id: i64, atom: Atom) -> rusqlite::Result<()> {
        let mut add = self.connection.prepare_cached(
            "INSERT INTO span VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET
             rx_bytes = rx_bytes + min(excluded.rx_bytes, 9223372036854775807 - rx_bytes),
             tx_bytes = tx_bytes + min(excluded.tx_bytes, 9223372036854775807 - tx_bytes)",
        )?;
        add.execute(params![atom.start, atom.end, id, write::whole(atom.rx), write::whole(atom.tx)]).map(drop)
    }

    /// Begin of the tier's part that holds all of it.
    fn part(&self, seconds: u32, atom: Atom) -> Option<i64> {
        let (start, end) = self.part_at(seconds, atom.start);
        (atom.end <= end).then_some(start)
    }

    /// Begin and end of the tier's part that a moment is in.
    fn part_at(&self, seconds: u32, second: i64) -> (i64, i64) {
        if seconds == DAY {
            return days::day_of(second, &self.zone);
        }
        let start = second.div_euclid(i64::from(seconds)) * i64::from(seconds);
        (start, start + i64::from(seconds))
    }
}
