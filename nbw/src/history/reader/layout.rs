//! What tiers there are, and from which of them a stretch of time is read.

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::parts::Parts;
use crate::history::{days, tiers::DAY};

/// A tier.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    pub(super) seconds: u32,
    pub(super) kept_from: i64,
}

/// The tiers, from fine to coarse, and whose days they are.
pub(super) struct Layout {
    pub(super) levels: Vec<Level>,
    zones: Vec<(i64, TimeZone)>,
    /// The first and the last second of which anything is known.
    pub(super) first: i64,
    pub(super) until: i64,
}

/// A stretch of time that is read from one tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// Index of the tier.
    pub(super) level: usize,
    pub(super) from: i64,
    pub(super) to: i64,
    /// Whether its parts may be cut by `from` and `to`, and count by their share.
    pub(super) cut: bool,
}

impl Layout {
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut levels =
            connection.prepare_cached("SELECT seconds, kept_from FROM tier WHERE seconds > 0 ORDER BY seconds")?;
        let levels = levels.query_map([], |row| Ok(Level { seconds: row.get(0)?, kept_from: row.get(1)? }))?;
        let levels = levels.collect::<rusqlite::Result<_>>()?;
        let mut zones = connection.prepare_cached("SELECT since, name FROM zone ORDER BY since")?;
        let zone = |name: String| TimeZone::get(&name).unwrap_or(TimeZone::UTC);
        let zones =
            zones.query_map([], |row| Ok((row.get(0)?, zone(row.get(1)?))))?.collect::<rusqlite::Result<_>>()?;
        let bounds = r#"SELECT min(start), max("end") FROM coverage"#;
        let (first, until): (Option<i64>, Option<i64>) =
            connection.query_row(bounds, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let [first, until] = [first, until].map(|time| time.unwrap_or(0));
        Ok(Self { levels, zones, first: first.div_euclid(1_000), until: (until + 999).div_euclid(1_000) })
    }

    /// For what finer tiers have nothing of.
    pub(super) fn without_finer_than(mut self, seconds: u32) -> Self {
        self.levels.retain(|level| level.seconds >= seconds);
        self
    }

    /// How each of the parts is read, all of the time once. Whole parts of the coarsest tier that fit; the rest of the finest
    /// that is left.
    pub(super) fn plan(&self, parts: &Parts) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (from, to) in parts.iter().filter(|(from, to)| *from < self.until && *to > self.first) {
            self.fill(self.levels.len(), from, to, &mut pieces);
        }
        pieces
    }

    fn fill(&self, below: usize, from: i64, to: i64, pieces: &mut Vec<Piece>) {
        if from >= to {
            return;
        }
        let Some(level) = below.checked_sub(1) else { return self.cut(from, to, pieces) };
        let (begin, end) = self.whole_parts(level, from, to);
        if begin < end {
            self.fill(level, from, begin, pieces);
            add(pieces, Piece { level, from: begin, to: end, cut: false });
            self.fill(level, end, to, pieces);
        } else {
            self.fill(level, from, to, pieces);
        }
    }

    /// From where to where whole parts of a tier are in there. What lies before and behind all that is written is
    /// empty, and can be cut off anywhere.
    fn whole_parts(&self, level: usize, from: i64, to: i64) -> (i64, i64) {
        let Level { seconds, kept_from } = self.levels[level];
        let (at_begin, at_end) = (from <= self.first, to >= self.until);
        if !at_begin && !at_end && to - from < i64::from(seconds) - 7_200 {
            return (to, from);
        }
        let begin = if at_begin && kept_from <= self.first {
            self.floor(level, from)
        } else {
            self.ceil(level, from.max(kept_from))
        };
        let end = if at_end { self.ceil(level, to) } else { self.floor(level, to) };
        (begin, end)
    }

    /// Where even the finest tier that is left has no boundary.
    fn cut(&self, from: i64, to: i64, pieces: &mut Vec<Piece>) {
        let mut to = to;
        for (level, Level { kept_from, .. }) in self.levels.iter().enumerate() {
            let begin = from.max(*kept_from);
            if begin < to {
                pieces.push(Piece { level, from: begin, to, cut: true });
                to = begin;
            }
        }
    }

    /// The part of a tier that a moment is in: its begin and end.
    pub(super) fn part(&self, level: usize, second: i64) -> (i64, i64) {
        let seconds = i64::from(self.levels[level].seconds);
        if self.levels[level].seconds == DAY {
            return days::day_of(second, self.zone(second));
        }
        let begin = second.div_euclid(seconds) * seconds;
        (begin, begin + seconds)
    }

    /// Begin and end of the part that a row is of. The day on which the zone was changed may begin before the change.
    pub(super) fn part_of_row(&self, level: usize, start: i64) -> (i64, i64) {
        let part = self.part(level, start);
        if part.0 == start {
            return part;
        }
        let days = self.zones.iter().map(|(_, zone)| days::day_of(start, zone));
        days.into_iter().find(|(begin, _)| *begin == start).unwrap_or((start, start + i64::from(DAY)))
    }

    pub(super) fn floor(&self, level: usize, second: i64) -> i64 {
        self.part(level, second).0
    }

    pub(super) fn ceil(&self, level: usize, second: i64) -> i64 {
        let (begin, end) = self.part(level, second);
        if begin == second { second } else { end }
    }

    /// Whose days they were at that time.
    fn zone(&self, second: i64) -> &TimeZone {
        static UTC: TimeZone = TimeZone::UTC;
        let at = self.zones.partition_point(|(since, _)| *since <= second);
        self.zones.get(at.saturating_sub(1)).map_or(&UTC, |(_, zone)| zone)
    }

    /// Whether a tier has all that is known from this moment on.
    pub(super) fn reaches(&self, level: usize, from: i64) -> bool {
        self.levels[level].kept_from <= from.max(self.first)
    }
}

/// Joins it to the one before it where they are of one tier.
fn add(pieces: &mut Vec<Piece>, piece: Piece) {
    match pieces.last_mut() {
        Some(last) if !last.cut && last.level == piece.level && last.to == piece.from => last.to = piece.to,
        _ => pieces.push(piece),
    }
}
