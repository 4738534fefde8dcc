//! What vnStat remembers (`vnstat --json`, version 2), as a past for nbw's history.
//!
//! vnStat keeps the same traffic several times over: by five minutes, hours, days, months and years. The finest counts; of each
//! longer entry only what the finer ones do not explain is left, for the time before they begin. So every byte comes once, and
//! the sum of an entry is what vnStat has.

mod atoms;
mod calendar;
mod json;

#[cfg(test)]
mod tests;

use jiff::{Timestamp, tz::TimeZone};

use self::calendar::Calendar;
pub use self::{
    atoms::Atom,
    json::{Dump, DumpError},
};
use crate::history::{Database, HistoryError, database::Imported};

/// What was imported of one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The interface.
    pub name: String,
    /// Bytes received and sent that are in the history now; none where it had been imported before.
    pub moved: Option<(u64, u64)>,
    /// From when to when they were moved.
    pub span: Option<(Timestamp, Timestamp)>,
    /// How many entries of vnStat they are of: five minutes, hours, days, months, years.
    pub entries: [usize; 5],
}

/// Writes all that vnStat knows of the time before nbw's own first record, or nothing. Interfaces that were imported before
/// are left alone.
///
/// # Errors
/// When the database cannot be written; then nothing was.
pub fn import(database: &mut Database, dump: &Dump, month_begins: i8) -> Result<Vec<Outcome>, HistoryError> {
    let calendar = Calendar::of(dump, &database.zone(), month_begins);
    let until = database.first_record()?.map_or(i64::MAX, |first| first.as_second());
    let interfaces: Vec<Imported> = dump
        .interfaces
        .iter()
        .map(|interface| Imported { name: interface.name.clone(), atoms: atoms::of(interface, &calendar, until) })
        .collect();
    let written = database.import("vnstat", &interfaces)?;
    let outcomes = dump.interfaces.iter().zip(interfaces).zip(written);
    Ok(outcomes.map(|((interface, imported), is_new)| outcome(interface, &imported, is_new)).collect())
}

fn outcome(interface: &json::Interface, imported: &Imported, is_new: bool) -> Outcome {
    let sum = |bytes: fn(&Atom) -> u64| imported.atoms.iter().map(bytes).fold(0, u64::saturating_add);
    let time = |second: Option<i64>| second.and_then(|second| Timestamp::from_second(second).ok());
    let from = time(imported.atoms.iter().map(|atom| atom.start).min());
    let to = time(imported.atoms.iter().map(|atom| atom.end).max());
    Outcome {
        name: interface.name.clone(),
        moved: is_new.then(|| (sum(|atom| atom.rx), sum(|atom| atom.tx))),
        span: from.zip(to),
        entries: interface.traffic.levels().map(<[_]>::len),
    }
}

/// When a date begins in a zone, in seconds of Unix time.
fn midnight(date: jiff::civil::Date, zone: &TimeZone) -> Option<i64> {
    date.to_zoned(zone.clone()).ok().map(|midnight| midnight.timestamp().as_second())
}
