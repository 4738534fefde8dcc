//! When peaks were: the finest part that is left of them.

use rusqlite::{Connection, params};

use super::{gather::Peak, layout::Layout, second};
use crate::history::{
    cell::Cell,
    packed::{self, PARTS},
    query::Whole,
    rows,
};

/// Says when the peaks of a series were.
pub(super) fn dated(
    connection: &Connection,
    layout: &Layout,
    peaks: [Peak; 2],
    whole: Whole,
) -> rusqlite::Result<Whole> {
    let [rx, tx] = peaks;
    let at = |peak: Peak, rate: fn(&Cell) -> u64| {
        if peak.rate == 0 {
            return Ok(None);
        }
        finest(connection, layout, peak, rate).map(|start| Some(second(start)))
    };
    Ok(Whole { rx_peak_at: at(rx, |cell| cell.rx.peak)?, tx_peak_at: at(tx, |cell| cell.tx.peak)?, ..whole })
}

/// Goes from tier to finer tier, as long as they have the peak.
fn finest(connection: &Connection, layout: &Layout, peak: Peak, rate: fn(&Cell) -> u64) -> rusqlite::Result<i64> {
    let mut start = peak.start;
    let mut end = layout.part_of_row(peak.level, start).1;
    for level in (0..peak.level).rev().filter(|level| layout.levels[*level].kept_from <= peak.start) {
        let seconds = layout.levels[level].seconds;
        let mut found = None;
        each(connection, seconds, peak.subject, (start, end), &mut |at, cell| {
            if rate(&cell) == peak.rate && found.is_none_or(|first| at < first) {
                found = Some(at);
            }
        })?;
        let Some(at) = found else { break };
        (start, end) = (at, at + i64::from(seconds));
    }
    Ok(start)
}

/// Tells the parts of one subject in one tier.
fn each(
    connection: &Connection,
    seconds: u32,
    subject: i64,
    (from, to): (i64, i64),
    each: &mut impl FnMut(i64, Cell),
) -> rusqlite::Result<()> {
    let mut recent = connection.prepare_cached(
        "SELECT rx_bytes, tx_bytes, rx_packets, tx_packets, rx_peak, tx_peak FROM recent
         WHERE tier = ?1 AND start = ?2 AND subject = ?3",
    )?;
    let length = i64::from(seconds);
    for start in (0..(to - from) / length).map(|part| from + part * length) {
        let mut found = recent.query(params![seconds, start, subject])?;
        if let Some(row) = found.next()? {
            each(start, rows::cell(row, 0)?);
        }
    }
    let stretch = length * i64::from(PARTS);
    let mut packed =
        connection.prepare_cached("SELECT bytes, rest FROM packed WHERE tier = ?1 AND start = ?2 AND subject = ?3")?;
    let first = from.div_euclid(stretch) * stretch;
    for begin in (0..).map(|number| first + number * stretch).take_while(|begin| *begin < to) {
        let mut found = packed.query(params![seconds, begin, subject])?;
        let Some(row) = found.next()? else { continue };
        packed::unpack(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?, seconds, |number, cell| {
            let start = begin + i64::from(number) * length;
            if (from..to).contains(&start) {
                each(start, cell);
            }
        })
        .map_err(|_| rows::damaged())?;
    }
    Ok(())
}
