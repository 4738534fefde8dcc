//! No part of time has more subjects of a kind than the bound: the least busy ones become `other`, and sums stay.

use rusqlite::{Connection, params};

use super::{
    ids::Ids,
    write::{self, Writing},
};
use crate::history::{
    bucket::Bucket,
    cell::Cell,
    code, rows,
    tiers::{Bounds, DAY},
};

/// A part is looked at again when so many have come to it beyond the bound, in buckets of [`Writing::bucket`]'s.
const LOOK_EVERY: i64 = 60;

/// Looks at the parts that are being written: at those that are as long as the bucket, which may come in several, and once a
/// minute at the longer ones.
pub(super) fn keep_bounded(writing: &mut Writing<'_>, bucket: &Bucket) -> rusqlite::Result<()> {
    let end = bucket.start + i64::from(bucket.seconds);
    let is_time =
        bucket.seconds >= LOOK_EVERY as u32 || end.rem_euclid(LOOK_EVERY) < i64::from(bucket.seconds).min(LOOK_EVERY);
    let is_looked_at = |seconds: u32| seconds == bucket.seconds || (is_time && seconds > bucket.seconds);
    for level in writing.levels.iter().filter(|level| is_looked_at(level.seconds)) {
        let seconds = i64::from(level.seconds);
        let start = match level.seconds {
            DAY => writing.days.of(bucket.start).0,
            _ => bucket.start.div_euclid(seconds) * seconds,
        };
        part(writing.connection, writing.ids, writing.bounds, (level.seconds, start))?;
    }
    Ok(())
}

/// One part of one tier.
pub(super) fn part(
    connection: &Connection,
    ids: &mut Ids,
    bounds: Bounds,
    (tier, start): (u32, i64),
) -> rusqlite::Result<()> {
    let mut count = connection.prepare_cached("SELECT count(*) FROM recent WHERE tier = ?1 AND start = ?2")?;
    let rows: i64 = count.query_row(params![tier, start], |row| row.get(0))?;
    if rows as usize <= bounds.many.min(bounds.few) {
        return Ok(());
    }
    let mut kinds = connection.prepare_cached(
        "SELECT s.kind, count(*) FROM recent r JOIN subject s ON s.id = r.subject
         WHERE r.tier = ?1 AND r.start = ?2 AND s.key != '' GROUP BY s.kind",
    )?;
    let kinds = kinds.query_map(params![tier, start], |row| Ok((row.get::<_, u8>(0)?, row.get::<_, i64>(1)?)))?;
    for (kind, count) in kinds.collect::<rusqlite::Result<Vec<_>>>()? {
        let bound = code::kind(kind).map_or(bounds.few, |kind| bounds.of(kind));
        if count as usize > bound {
            let other = ids.other(connection, kind)?;
            join_the_least(connection, (tier, start), (kind, other), count as usize - bound)?;
        }
    }
    Ok(())
}

/// Makes `other` of the least busy ones.
fn join_the_least(
    connection: &Connection,
    (tier, start): (u32, i64),
    (kind, other): (u8, i64),
    many: usize,
) -> rusqlite::Result<()> {
    let mut least = connection.prepare_cached(
        "SELECT r.subject, r.rx_bytes, r.tx_bytes, r.rx_packets, r.tx_packets, r.rx_peak, r.tx_peak
         FROM recent r JOIN subject s ON s.id = r.subject
         WHERE r.tier = ?1 AND r.start = ?2 AND s.kind = ?3 AND s.key != ''
         ORDER BY r.rx_bytes + r.tx_bytes, r.subject LIMIT ?4",
    )?;
    let least =
        least.query_map(params![tier, start, kind, many as i64], |row| Ok((row.get(0)?, rows::cell(row, 1)?)))?;
    let least: Vec<(i64, Cell)> = least.collect::<rusqlite::Result<_>>()?;
    let mut delete = connection.prepare_cached("DELETE FROM recent WHERE tier = ?1 AND start = ?2 AND subject = ?3")?;
    for (subject, _) in &least {
        delete.execute(params![tier, start, subject])?;
    }
    let sum = write::sum(least.into_iter().map(|(_, cell)| cell));
    connection.prepare_cached(write::ADD)?.execute(write::values(tier, start, other, sum))?;
    Ok(())
}
