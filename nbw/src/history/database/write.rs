//! One bucket, to all tiers.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Level, bound, ids::Ids};
use crate::history::{
    Kind,
    bucket::Bucket,
    cell::{Cell, Way},
    code,
    days::Days,
    tiers::{Bounds, DAY},
};

/// Adds to what the part has already. A sum ends at the greatest number that there is: SQLite would make a fraction of a greater
/// one, which no column takes.
pub(super) const ADD: &str = "INSERT INTO recent VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET
    rx_bytes = rx_bytes + min(excluded.rx_bytes, 9223372036854775807 - rx_bytes),
    tx_bytes = tx_bytes + min(excluded.tx_bytes, 9223372036854775807 - tx_bytes),
    rx_packets = rx_packets + min(excluded.rx_packets, 9223372036854775807 - rx_packets),
    tx_packets = tx_packets + min(excluded.tx_packets, 9223372036854775807 - tx_packets),
    rx_peak = max(rx_peak, excluded.rx_peak), tx_peak = max(tx_peak, excluded.tx_peak)";

/// Recordings that are not farther apart (in milliseconds) are one.
const JOINED: i64 = 1_500;

/// Counters are kept in tiers of parts this long and longer.
const COUNTERS_FROM: u32 = 300;

/// A transaction that writes.
pub(super) struct Writing<'a> {
    pub(super) connection: &'a Connection,
    pub(super) levels: &'a [Level],
    pub(super) days: &'a mut Days,
    pub(super) ids: &'a mut Ids,
    pub(super) bounds: Bounds,
}

impl Writing<'_> {
    pub(super) fn bucket(&mut self, bucket: &Bucket) -> rusqlite::Result<()> {
        let cells = self.numbered(bucket)?;
        for level in self.levels {
            self.tier(level, bucket, &cells)?;
        }
        self.counters(bucket)?;
        bucket.covered.iter().try_for_each(|&(from, to)| cover(self.connection, 0, from, to))?;
        bound::keep_bounded(self, bucket)
    }

    /// What each subject moved, by its number; of too many, the busiest and `other`.
    fn numbered(&mut self, bucket: &Bucket) -> rusqlite::Result<Vec<(i64, Cell)>> {
        let mut kinds: HashMap<Kind, Vec<_>> = HashMap::new();
        let moving = bucket.cells.iter().filter(|(_, cell)| !cell.is_nothing());
        moving.for_each(|(subject, cell)| kinds.entry(subject.kind).or_default().push((subject, *cell)));
        let mut numbered = Vec::with_capacity(bucket.cells.len());
        for (kind, mut cells) in kinds {
            let all = self.ids.all(self.connection, kind)?;
            numbered.push((all, sum(cells.iter().map(|(_, cell)| *cell))));
            let bound = self.bounds.of(kind);
            if cells.len() > bound {
                cells.sort_unstable_by_key(|(subject, cell)| (std::cmp::Reverse(cell.total()), &subject.key));
                let rest = cells.split_off(bound).into_iter().map(|(_, cell)| cell);
                numbered.push((self.ids.other(self.connection, code::of(kind))?, sum(rest)));
            }
            for (subject, cell) in cells {
                let id = self.ids.of(self.connection, code::of(kind), &subject.key, &subject.name)?;
                numbered.push((id, cell));
            }
        }
        numbered.sort_unstable_by_key(|(id, _)| *id);
        Ok(numbered)
    }

    /// Each part of the tier that the bucket is in, or that are in the bucket.
    fn tier(&mut self, level: &Level, bucket: &Bucket, cells: &[(i64, Cell)]) -> rusqlite::Result<()> {
        if level.seconds == DAY {
            let start = self.days.of(bucket.start).0;
            return self.part(level, start, cells.iter().copied());
        }
        let seconds = i64::from(level.seconds);
        if level.seconds >= bucket.seconds {
            return self.part(level, bucket.start.div_euclid(seconds) * seconds, cells.iter().copied());
        }
        let parts = u64::from(bucket.seconds / level.seconds);
        (0..parts).try_for_each(|part| {
            let share = |&(id, cell): &(i64, Cell)| (id, cell.share(part, part + 1, parts));
            let start = bucket.start + part as i64 * seconds;
            self.part(level, start, cells.iter().map(share).filter(|(_, cell)| !cell.is_nothing()))
        })
    }

    fn part(&self, level: &Level, start: i64, cells: impl Iterator<Item = (i64, Cell)>) -> rusqlite::Result<()> {
        if start < level.kept_from {
            return Ok(());
        }
        let mut add = self.connection.prepare_cached(ADD)?;
        for (id, cell) in cells {
            add.execute(values(level.seconds, start, id, cell))?;
        }
        Ok(())
    }

    fn counters(&mut self, bucket: &Bucket) -> rusqlite::Result<()> {
        for (name, increase) in bucket.counters.iter().filter(|(_, increase)| *increase > 0) {
            let id = self.ids.of(self.connection, code::COUNTER, name, name)?;
            let cell = Cell { rx: Way { bytes: *increase, ..Way::default() }, ..Cell::default() };
            for level in self.levels.iter().filter(|level| level.seconds >= COUNTERS_FROM.max(bucket.seconds)) {
                let seconds = i64::from(level.seconds);
                let start = match level.seconds {
                    DAY => self.days.of(bucket.start).0,
                    _ => bucket.start.div_euclid(seconds) * seconds,
                };
                self.part(level, start, std::iter::once((id, cell)))?;
            }
        }
        Ok(())
    }
}

/// The sum of cells; a peak is the highest of theirs.
pub(super) fn sum(cells: impl Iterator<Item = Cell>) -> Cell {
    cells.fold(Cell::default(), |mut sum, cell| {
        sum += cell;
        sum
    })
}

/// As a number of the database; the greatest where it is greater.
pub(super) fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The values of a row.
pub(super) fn values(tier: u32, start: i64, subject: i64, cell: Cell) -> [i64; 9] {
    let [rx, tx] = [cell.rx, cell.tx];
    let moved = [rx.bytes, tx.bytes, rx.packets, tx.packets, rx.peak, tx.peak].map(whole);
    [i64::from(tier), start, subject, moved[0], moved[1], moved[2], moved[3], moved[4], moved[5]]
}

/// Notes that there was a recording from here to there.
pub(super) fn cover(connection: &Connection, source: u8, from: i64, to: i64) -> rusqlite::Result<()> {
    let mut before = connection.prepare_cached(
        r#"SELECT start, "end" FROM coverage WHERE source = ?1 AND start <= ?2 ORDER BY start DESC LIMIT 1"#,
    )?;
    let before: Option<(i64, i64)> =
        before.query_row(params![source, from], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (start, end) = match before {
        Some((start, end)) if from - end <= JOINED => (start, end.max(to)),
        _ => (from, to),
    };
    connection
        .prepare_cached("INSERT OR REPLACE INTO coverage VALUES (?1, ?2, ?3)")?
        .execute(params![source, start, end])?;
    Ok(())
}
