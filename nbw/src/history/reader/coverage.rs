//! When anything was recorded.

use rusqlite::Connection;

use super::layout::Layout;
use crate::history::tiers::DAY;

/// Stretches of time in milliseconds, in order, that do not touch.
pub(super) struct Coverage(Vec<(i64, i64)>);

impl Coverage {
    /// By nbw, and, where that is asked for, by who was imported from.
    pub(super) fn load(connection: &Connection, imported: bool) -> rusqlite::Result<Self> {
        let mut stretches =
            connection.prepare_cached(r#"SELECT start, "end" FROM coverage WHERE source <= ?1 ORDER BY start"#)?;
        let stretches = stretches.query_map([u8::from(imported)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut joined: Vec<(i64, i64)> = Vec::new();
        for stretch in stretches {
            let (start, end) = stretch?;
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        Ok(Self(joined))
    }

    /// Those that are not over at `from` and have begun at `to`.
    fn between(&self, from: i64, to: i64) -> &[(i64, i64)] {
        let first = self.0.partition_point(|(_, end)| *end <= from);
        let last = self.0.partition_point(|(start, _)| *start < to);
        &self.0[first.min(last)..last]
    }

    /// Seconds between two moments (in seconds of Unix time) in which anything was recorded.
    pub(super) fn seconds(&self, from: i64, to: i64) -> u32 {
        let (from, to) = (from.saturating_mul(1_000), to.saturating_mul(1_000));
        let overlaps = self.between(from, to).iter().map(|(start, end)| (*end).min(to) - (*start).max(from));
        let milliseconds: i64 = overlaps.sum();
        u32::try_from((milliseconds + 500) / 1_000).unwrap_or(u32::MAX)
    }

    /// How many parts of a tier that begin between two moments have a recording in them.
    pub(super) fn parts(&self, layout: &Layout, level: usize, from: i64, to: i64) -> usize {
        let (first, last) = (layout.ceil(level, from), layout.ceil(level, to));
        let mut counted = first;
        let mut parts = 0;
        for (start, end) in self.between(first.saturating_mul(1_000), last.saturating_mul(1_000)) {
            let begin = layout.floor(level, start.div_euclid(1_000)).max(counted);
            let end = layout.ceil(level, (end + 999).div_euclid(1_000)).min(last);
            if begin < end {
                parts += count(layout, level, begin, end);
                counted = end;
            }
        }
        parts
    }
}

/// How many parts of a tier there are between two of their boundaries.
fn count(layout: &Layout, level: usize, begin: i64, end: i64) -> usize {
    let seconds = i64::from(layout.levels[level].seconds);
    // Days are an hour longer or shorter, and as many of the ones as of the others, or one more or less.
    let rounding = if layout.levels[level].seconds == DAY { seconds / 2 } else { 0 };
    ((end - begin + rounding) / seconds) as usize
}
