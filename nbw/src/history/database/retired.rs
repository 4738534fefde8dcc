//! Tiers that were configured once. What they have is gone for readers at once, and from the disk in steps.

use rusqlite::Connection;
use tracing::warn;

use super::Level;
use crate::history::tiers::DAY;

/// Retires the tiers that are not configured any more; tells of which there is something left.
pub(super) fn retire(connection: &Connection, levels: &[Level]) -> rusqlite::Result<Vec<u32>> {
    let is_retired = |seconds: &u32| *seconds != DAY && levels.iter().all(|level| level.seconds != *seconds);
    let mut known = connection.prepare("SELECT seconds FROM tier")?;
    let known: Vec<u32> = known.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for seconds in known.into_iter().filter(is_retired) {
        warn!(
            "the history has no tier of {seconds} s any more: what that has is taken away, and stays in the coarser ones; \
             one that is configured again begins anew"
        );
        connection.execute("DELETE FROM tier WHERE seconds = ?1", [seconds])?;
    }
    Ok(tiers_of_rows(connection)?.into_iter().filter(is_retired).collect())
}

/// The tiers that rows are of.
fn tiers_of_rows(connection: &Connection) -> rusqlite::Result<Vec<u32>> {
    let mut tiers = Vec::new();
    for table in ["recent", "packed"] {
        let mut next = connection.prepare(&format!("SELECT min(tier) FROM {table} WHERE tier > ?1"))?;
        let mut last = 0;
        // One look into the index for each, instead of one at each row.
        while let Some(tier) = next.query_row([last], |row| row.get::<_, Option<u32>>(0))? {
            last = tier;
            tiers.push(tier);
        }
    }
    tiers.sort_unstable();
    tiers.dedup();
    Ok(tiers)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use crate::history::{Bucket, Cell, Database, Kind, Subject, Tier, Tiers, Way};

    const BEGIN: i64 = 2_400_000;

    fn tiers(seconds: &[u32]) -> Tiers {
        let tier = |seconds: &u32| Tier { seconds: *seconds, keep: 864_000 };
        Tiers::new(seconds.iter().map(tier).collect()).unwrap().in_zone(TimeZone::UTC)
    }

    fn write(database: &mut Database, parts: i64) {
        let subject = Subject { kind: Kind::Interface, key: "eth0".into(), name: "eth0".into() };
        let way = Way { bytes: 10, packets: 1, peak: 1 };
        let bucket = |part: i64| Bucket {
            start: BEGIN + part * 10,
            seconds: 10,
            cells: vec![(subject.clone(), Cell { rx: way, tx: Way::default() })],
            counters: Vec::new(),
            covered: vec![((BEGIN + part * 10) * 1_000, (BEGIN + part * 10 + 10) * 1_000)],
        };
        database.write(&(0..parts).map(bucket).collect::<Vec<_>>()).unwrap();
    }

    #[test]
    fn what_a_tier_had_that_is_not_wanted_any_more_goes_in_steps() {
        let dir = tempfile::tempdir().unwrap();
        write(&mut Database::open(dir.path(), &tiers(&[10, 60])).unwrap(), 2_000);
        let mut database = Database::open(dir.path(), &tiers(&[60])).unwrap();
        let left = |database: &Database| database.totals(10).unwrap().get(&Kind::Interface).copied().unwrap_or(0);
        assert_eq!(left(&database), 20_000, "it would hold up the start");
        let mut steps = 0;
        while database.expire_some().unwrap() {
            steps += 1;
            if steps == 2 {
                // What one process has begun the next one ends.
                database = Database::open(dir.path(), &tiers(&[60])).unwrap();
            }
        }
        assert!(steps > 4, "{steps}");
        assert_eq!((left(&database), database.totals(60).unwrap()[&Kind::Interface]), (0, 20_000));
        assert!(database.retired.is_empty());
    }

    #[test]
    fn a_tier_that_is_wanted_again_has_nothing_of_what_was() {
        let dir = tempfile::tempdir().unwrap();
        write(&mut Database::open(dir.path(), &tiers(&[10, 60])).unwrap(), 2_000);
        drop(Database::open(dir.path(), &tiers(&[60])).unwrap());
        let mut database = Database::open(dir.path(), &tiers(&[10, 60])).unwrap();
        while database.expire_some().unwrap() {}
        assert!(database.totals(10).unwrap().is_empty());
        assert_eq!(database.totals(60).unwrap()[&Kind::Interface], 20_000);
    }
}
