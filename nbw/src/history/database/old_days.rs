//! Days are kept for ever, and so are those of whom nobody will hear again: containers of a minute, interfaces of a container.
//! In old days only the busiest have a name, so that they take the same room for ever.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{Database, bound, ids::Ids};
use crate::history::{
    code,
    tiers::{Bounds, DAY},
};

/// So many subjects of a kind have a name in an old day; fewer, where fewer have one in any part.
const NAMED: usize = 200;

/// No day is longer, in seconds.
const LONGEST_DAY: i64 = 90_000;

impl Database {
    /// Joins all but the busiest of one old day, of which the hours (or what the coarsest tier has) are gone, to `other`; sums
    /// stay. The kernel's counters of that day go: they are of as much use as hours. Whether there was one.
    pub(super) fn join_old_day(&mut self) -> rusqlite::Result<bool> {
        let coarsest = self.levels.iter().rev().find(|level| level.seconds != DAY);
        let Some(gone) = coarsest.map(|level| level.kept_from - LONGEST_DAY).filter(|gone| *gone > 0) else {
            return Ok(false);
        };
        let next = "SELECT start FROM recent WHERE tier = ?1 AND start > ?2 AND start <= ?3 ORDER BY start LIMIT 1";
        let next: rusqlite::Result<Option<i64>> = self
            .connection
            .prepare_cached(next)?
            .query_row(params![DAY, self.joined_until, gone], |row| row.get(0))
            .optional();
        let Some(day) = next? else { return Ok(false) };
        let bounds = self.tiers.bounds();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let joined = join(&transaction, &mut self.ids, bounds, day).and_then(|()| transaction.commit());
        if joined.is_err() {
            // Of those that were new, none is there now.
            self.ids = Ids::default();
        }
        joined?;
        self.joined_until = day;
        Ok(true)
    }
}

fn join(connection: &Connection, ids: &mut Ids, Bounds { many, few }: Bounds, day: i64) -> rusqlite::Result<()> {
    let mut counters = connection.prepare_cached(
        "DELETE FROM recent WHERE tier = ?1 AND start = ?2 AND subject IN (SELECT id FROM subject WHERE kind = ?3)",
    )?;
    counters.execute(params![DAY, day, code::COUNTER])?;
    bound::part(connection, ids, Bounds { many: many.min(NAMED), few: few.min(NAMED) }, (DAY, day))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::history::{Bucket, Cell, Kind, Subject, Tiers, Way};

    /// 2026-01-01.
    const BEGIN: i64 = 1_767_225_600;
    const DAYS: i64 = 6;
    const CONTAINERS: i64 = 300;

    /// Each day other containers and interfaces, and one that stays.
    fn day(number: i64) -> Bucket {
        let start = BEGIN + number * i64::from(DAY) + 43_200;
        let subject = |name: String| Subject { kind: Kind::Container, key: name.clone().into(), name: name.into() };
        let cell = |bytes: i64| Cell { rx: Way { bytes: bytes as u64, packets: 1, peak: 7 }, tx: Way::default() };
        let short = (0..CONTAINERS).map(|at| (subject(format!("{number}-{at}")), cell(100 + at)));
        Bucket {
            start,
            seconds: 10,
            cells: short.chain([(subject("stays".into()), cell(1_000_000))]).collect(),
            counters: vec![(format!("veth{number} rx_packets").into(), 5)],
            covered: vec![(start * 1_000, start * 1_000 + 10_000)],
        }
    }

    fn count(database: &Database, what: &str) -> i64 {
        database.connection.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn in_old_days_only_the_busiest_have_a_name_and_sums_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut database = Database::open(dir.path(), &Tiers::default().in_zone(TimeZone::UTC)).unwrap();
        database.write(&(0..DAYS).map(day).collect::<Vec<_>>()).unwrap();
        let before = (database.totals(DAY).unwrap(), database.totals_of_all(DAY).unwrap());
        // Two years later the hours of the first ones are gone: they go by tens of days.
        let hours = 730 * 86_400;
        database.move_on(BEGIN + hours + 30 * 86_400).unwrap();
        while database.expire_some().unwrap() {}
        database.forget_subjects().unwrap();
        assert_eq!((database.totals(DAY).unwrap(), database.totals_of_all(DAY).unwrap()), before);
        let joined = database.joined_until.div_euclid(86_400) - BEGIN / 86_400 + 1;
        assert!(joined > 0, "{joined}");
        let names = "(SELECT DISTINCT s.id FROM subject s JOIN recent ON subject = s.id WHERE s.kind = 3 AND key != '' AND tier = 86400)";
        assert_eq!(count(&database, names), joined * 199 + (DAYS - joined) * CONTAINERS + 1);
        assert_eq!(count(&database, "subject WHERE kind = 100"), DAYS - joined, "counters of joined days have a name");
        assert_eq!(count(&database, "recent WHERE subject = (SELECT id FROM subject WHERE key = 'stays')"), DAYS);
        assert!(!database.expire_some().unwrap(), "a day is joined once");
    }

    #[test]
    fn young_days_have_all_names() {
        let dir = tempfile::tempdir().unwrap();
        let mut database = Database::open(dir.path(), &Tiers::default().in_zone(TimeZone::UTC)).unwrap();
        database.write(&[day(0)]).unwrap();
        database.move_on(BEGIN + 700 * 86_400).unwrap();
        while database.expire_some().unwrap() {}
        database.forget_subjects().unwrap();
        assert_eq!(count(&database, "subject WHERE kind = 3"), CONTAINERS + 1);
        assert_eq!(count(&database, "subject WHERE kind = 100"), 1);
    }
}
