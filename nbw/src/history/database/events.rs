//! Attacks that were recognised: a row each, written anew when they change.

use nbw_detect::Event;
use rusqlite::{TransactionBehavior, params};

use super::Database;
use crate::history::HistoryError;

/// So many are kept; of more the oldest go.
const MOST: i64 = 50_000;
/// How long they are kept, in milliseconds: two years.
const KEPT: i64 = 730 * 86_400 * 1_000;

impl Database {
    /// Writes these, each in place of what was known of it.
    ///
    /// # Errors
    /// When it cannot; then nothing has changed.
    pub fn write_events(&mut self, events: &[Event]) -> Result<(), HistoryError> {
        self.put(events).map_err(|source| self.because(source))
    }

    fn put(&mut self, events: &[Event]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut insert = transaction.prepare_cached(
            "INSERT INTO event VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE
             SET first = excluded.first, last = excluded.last, event = excluded.event",
        )?;
        for event in events {
            let json =
                serde_json::to_string(event).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
            let (first, last) = (event.first_seen.as_millisecond(), event.last_seen.as_millisecond());
            insert.execute(params![event.id, first, last, json])?;
        }
        drop(insert);
        let oldest = "DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY last DESC LIMIT -1 OFFSET ?1)";
        transaction.prepare_cached(oldest)?.execute([MOST])?;
        transaction.commit()
    }

    /// Nobody will tell the end of what went on when the agent was killed: it has ended.
    ///
    /// # Errors
    /// When it cannot; then nothing has changed.
    pub fn end_events(&mut self) -> Result<(), HistoryError> {
        // A row that a disk has changed is not JSON any more: reading says so, and it expires like others.
        let ended = self.connection.execute(
            "UPDATE event SET event = json_set(event, '$.ongoing', json('false'))
             WHERE CASE WHEN json_valid(event) THEN event ->> '$.ongoing' END",
            [],
        );
        ended.map(drop).map_err(|source| self.because(source))
    }

    /// Forgets those that are older than they are kept; `now` in seconds of Unix time.
    ///
    /// # Errors
    /// When it cannot; then nothing has changed.
    pub fn forget_events(&mut self, now: i64) -> Result<(), HistoryError> {
        let end = now.saturating_mul(1_000).saturating_sub(KEPT);
        let forgotten = self.connection.execute("DELETE FROM event WHERE last < ?1", [end]);
        forgotten.map(drop).map_err(|source| self.because(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detection::fixture::{flood, over, scan},
        history::{Reader, Tiers},
    };

    fn begun() -> (tempfile::TempDir, Database, Reader) {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(directory.path(), &Tiers::default()).unwrap();
        let reader = Reader::open(directory.path()).unwrap();
        (directory, database, reader)
    }

    fn all(reader: &Reader) -> Vec<Event> {
        reader.events(jiff::Timestamp::MIN, jiff::Timestamp::MAX).unwrap()
    }

    #[test]
    fn an_event_is_there_once_as_it_was_last() {
        let (_directory, mut database, reader) = begun();
        database.write_events(&[scan(), flood()]).unwrap();
        database.write_events(&[over(scan())]).unwrap();
        assert_eq!(all(&reader), [flood(), over(scan())], "by when they began");
        let within = |from: &str, to: &str| reader.events(from.parse().unwrap(), to.parse().unwrap()).unwrap().len();
        assert_eq!(within("2026-11-22T08:59:40Z", "2026-11-22T08:59:50Z"), 1, "the end of the span is not in it");
        assert_eq!(within("2026-11-22T08:59:41Z", "2026-11-22T08:59:51Z"), 1);
        assert_eq!(within("2026-11-22T08:00:00Z", "2026-11-22T08:58:00Z"), 0);
    }

    #[test]
    fn what_went_on_when_the_agent_was_killed_has_ended() {
        let (directory, mut database, reader) = begun();
        database.write_events(&[scan(), over(flood())]).unwrap();
        drop(database);
        let mut database = Database::open(directory.path(), &Tiers::default()).unwrap();
        database.end_events().unwrap();
        assert_eq!(all(&reader), [over(flood()), over(scan())]);
    }

    #[test]
    fn a_row_that_is_no_json_does_not_keep_others_from_ending() {
        let (directory, mut database, _reader) = begun();
        database.write_events(&[scan()]).unwrap();
        let other = rusqlite::Connection::open(directory.path().join(crate::history::FILE)).unwrap();
        other.execute("INSERT INTO event VALUES ('junk', 0, 0, '{\"ongo')", []).unwrap();
        database.end_events().unwrap();
        let ongoing: String =
            other.query_row("SELECT event FROM event WHERE id <> 'junk'", [], |row| row.get(0)).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&ongoing).unwrap(), over(scan()));
        database.write_events(&[flood()]).unwrap();
    }

    #[test]
    fn a_history_without_attacks_gets_room_for_them() {
        let directory = tempfile::tempdir().unwrap();
        let before = rusqlite::Connection::open(directory.path().join(crate::history::FILE)).unwrap();
        before.execute_batch(include_str!("../schema/1.sql")).unwrap();
        before.pragma_update(None, "user_version", 1).unwrap();
        drop(before);
        assert_eq!(all(&Reader::open(directory.path()).unwrap()), [], "as it is, it has none");
        let mut database = Database::open(directory.path(), &Tiers::default()).unwrap();
        database.write_events(&[flood()]).unwrap();
        assert_eq!(all(&Reader::open(directory.path()).unwrap()), [flood()]);
    }

    #[test]
    fn the_oldest_go() {
        let (_directory, mut database, reader) = begun();
        let many: Vec<Event> = (0..MOST + 10).map(|number| Event { id: number.to_string(), ..scan() }).collect();
        database.write_events(&[flood()]).unwrap();
        database.write_events(&many).unwrap();
        let left = all(&reader);
        assert_eq!((left.len() as i64, left.iter().any(|event| event.id == flood().id)), (MOST, false));
        let two_years = 730 * 86_400;
        database.forget_events(scan().last_seen.as_second() + two_years).unwrap();
        assert_eq!(all(&reader).len() as i64, MOST);
        database.forget_events(scan().last_seen.as_second() + two_years + 1).unwrap();
        assert!(all(&reader).is_empty());
    }
}
