//! Sums and peaks of each series in each part.

use rusqlite::{Connection, params};

use super::{
    chosen::Chosen,
    layout::{Layout, Piece},
    parts::Parts,
};
use crate::history::{
    cell::Cell,
    packed::{self, PARTS},
    query::Point,
    rows,
    tiers::DAY,
};

/// What was found for each series.
pub(super) struct Gathered {
    /// Of each series the parts.
    pub(super) points: Vec<Vec<Point>>,
    peaks: Vec<[Peak; 2]>,
}

/// Where the highest rate of a series was: the part of a tier.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Peak {
    pub(super) rate: u64,
    pub(super) level: usize,
    pub(super) start: i64,
    pub(super) subject: i64,
}

impl Gathered {
    pub(super) fn load(
        connection: &Connection,
        layout: &Layout,
        chosen: &Chosen,
        parts: &Parts,
    ) -> rusqlite::Result<Self> {
        let mut gathered = Self::nothing(chosen, parts);
        let mut hint = 0;
        each_cell(connection, layout, parts, &mut |found| {
            let Some(series) = chosen.series(found.subject) else { return };
            if let Some(part) = parts.find(found.at, hint) {
                hint = part;
                gathered.add(series, part, found);
            }
        })?;
        Ok(gathered)
    }

    fn nothing(chosen: &Chosen, parts: &Parts) -> Self {
        let points = vec![vec![Point::default(); parts.len()]; chosen.len()];
        Self { points, peaks: vec![[Peak::default(); 2]; chosen.len()] }
    }

    /// What a series moved in both directions; none where it did not.
    pub(super) fn total(&self, series: usize) -> Option<u64> {
        let points = || self.points[series].iter().flat_map(|point| [point.rx, point.tx]);
        let moved = points().any(|moved| moved.bytes > 0 || moved.packets > 0);
        moved.then(|| points().fold(0, |sum: u64, moved| sum.saturating_add(moved.bytes)))
    }

    /// The same by other series, where each was of one of the subjects `ids`.
    pub(super) fn regrouped(self, ids: &[i64], chosen: &Chosen, parts: &Parts) -> Self {
        let mut regrouped = Self::nothing(chosen, parts);
        for ((id, points), peaks) in ids.iter().zip(self.points).zip(self.peaks) {
            let Some(series) = chosen.series(*id) else { continue };
            for (sum, point) in regrouped.points[series].iter_mut().zip(points) {
                sum.rx.join(point.rx);
                sum.tx.join(point.tx);
            }
            for (highest, peak) in regrouped.peaks[series].iter_mut().zip(peaks) {
                // Of equal ones the first, whatever the order of the subjects.
                if (peak.rate, highest.start) > (highest.rate, peak.start) {
                    *highest = peak;
                }
            }
        }
        regrouped
    }

    fn add(&mut self, series: usize, part: usize, found: &Found) {
        let point = &mut self.points[series][part];
        point.rx.add(found.cell.rx);
        point.tx.add(found.cell.tx);
        for (peak, rate) in self.peaks[series].iter_mut().zip([found.cell.rx.peak, found.cell.tx.peak]) {
            if rate > peak.rate {
                *peak = Peak { rate, level: found.level, start: found.start, subject: found.subject };
            }
        }
    }

    /// Where the peaks of a series are, received and sent.
    pub(super) fn peaks(&self, series: usize) -> [Peak; 2] {
        self.peaks[series]
    }
}

/// What a row says.
pub(super) struct Found {
    pub(super) subject: i64,
    pub(super) level: usize,
    /// Begin of the tier's part that it is of.
    start: i64,
    /// A moment of the part of the answer that it counts for.
    pub(super) at: i64,
    pub(super) cell: Cell,
}

/// Tells all that was moved in the parts, by all subjects.
pub(super) fn each_cell(
    connection: &Connection,
    layout: &Layout,
    parts: &Parts,
    each: &mut impl FnMut(&Found),
) -> rusqlite::Result<()> {
    for piece in layout.plan(parts) {
        let mut of_row = |start: i64, subject, cell| {
            // Nothing is before the first record, though its part may begin before it.
            let at = start.max(layout.first);
            let mut found = Found { subject, level: piece.level, start, at, cell };
            if piece.cut {
                cut(layout, &piece, &mut found);
            }
            each(&found);
        };
        rows_of(connection, layout, &piece, &mut of_row)?;
    }
    spans(connection, parts, each)
}

/// The share that lies in the piece, which lies in one part.
fn cut(layout: &Layout, piece: &Piece, found: &mut Found) {
    let part = layout.part_of_row(piece.level, found.start);
    // Before the first record and behind the last one nothing was moved, and nobody asks for a share.
    let (begin, end) =
        Some((part.0.max(layout.first), part.1.min(layout.until))).filter(|(begin, end)| begin < end).unwrap_or(part);
    let [from, to] = [piece.from, piece.to].map(|at| (at.clamp(begin, end) - begin) as u64);
    found.cell = found.cell.share(from, to, (end - begin) as u64);
    found.at = found.at.max(piece.from);
}

/// Tells what the tier has of the piece: begin of the tier's part, subject, and what was moved.
fn rows_of(
    connection: &Connection,
    layout: &Layout,
    piece: &Piece,
    each: &mut impl FnMut(i64, i64, Cell),
) -> rusqlite::Result<()> {
    let seconds = layout.levels[piece.level].seconds;
    let from = if piece.cut { layout.floor(piece.level, piece.from) } else { piece.from };
    let mut recent = connection.prepare_cached(
        "SELECT start, subject, rx_bytes, tx_bytes, rx_packets, tx_packets, rx_peak, tx_peak FROM recent
         WHERE tier = ?1 AND start >= ?2 AND start < ?3",
    )?;
    let mut found = recent.query(params![seconds, from, piece.to])?;
    while let Some(row) = found.next()? {
        each(row.get(0)?, row.get(1)?, rows::cell(row, 2)?);
    }
    if seconds == DAY { Ok(()) } else { packed_rows(connection, seconds, from, piece.to, each) }
}

fn packed_rows(
    connection: &Connection,
    seconds: u32,
    from: i64,
    to: i64,
    each: &mut impl FnMut(i64, i64, Cell),
) -> rusqlite::Result<()> {
    let stretch = i64::from(seconds) * i64::from(PARTS);
    let first = from.div_euclid(stretch) * stretch;
    let mut packed = connection.prepare_cached(
        "SELECT start, subject, bytes, rest FROM packed WHERE tier = ?1 AND start >= ?2 AND start < ?3",
    )?;
    let mut found = packed.query(params![seconds, first, to])?;
    while let Some(row) = found.next()? {
        let (start, subject): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (bytes, rest) = (row.get_ref(2)?.as_blob()?, row.get_ref(3)?.as_blob()?);
        packed::unpack(bytes, rest, seconds, |number, cell| {
            let start = start + i64::from(number) * i64::from(seconds);
            if (from..to).contains(&start) {
                each(start, subject, cell);
            }
        })
        .map_err(|_| rows::damaged())?;
    }
    Ok(())
}

/// What is known of longer times only, each part's share of it.
fn spans(connection: &Connection, parts: &Parts, each: &mut impl FnMut(&Found)) -> rusqlite::Result<()> {
    let mut spans = connection.prepare_cached(
        r#"SELECT start, "end", subject, rx_bytes, tx_bytes, 0, 0, 0, 0 FROM span
           WHERE start < ?2 AND "end" > ?1 AND start < "end""#,
    )?;
    let mut found = spans.query(params![parts.from(), parts.to()])?;
    while let Some(row) = found.next()? {
        let (start, end, subject): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let whole = rows::cell(row, 3)?;
        for (from, to) in parts.iter().filter(|(from, to)| *from < end && *to > start) {
            let [first, last] = [from, to].map(|at| (at.clamp(start, end) - start) as u64);
            let cell = whole.share(first, last, (end - start) as u64);
            each(&Found { subject, level: 0, start, at: from, cell });
        }
    }
    Ok(())
}
