//! Attacks that were recognised.

use jiff::Timestamp;
use nbw_detect::Event;
use rusqlite::{Params, params};
use tracing::warn;

use super::Reader;
use crate::history::{HistoryError, schema};

impl Reader {
    /// The events that anything was seen of from `from` up to `to` (not included), by when they began.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn events(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Event>, HistoryError> {
        let (from, to) = (from.as_millisecond(), to.as_millisecond());
        self.chosen_events("last >= ?1 AND first < ?2", params![from, to])
    }

    /// The events that go on, by when they began: of an agent that was killed, all that went on then.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn ongoing_events(&self) -> Result<Vec<Event>, HistoryError> {
        self.chosen_events("CASE WHEN json_valid(event) THEN event ->> '$.ongoing' END", params![])
    }

    fn chosen_events(&self, which: &str, values: impl Params) -> Result<Vec<Event>, HistoryError> {
        let texts = self.event_texts(which, values).map_err(|source| self.because(source))?;
        Ok(texts.iter().filter_map(|text| understood(text)).collect())
    }

    fn event_texts(&self, which: &str, values: impl Params) -> rusqlite::Result<Vec<String>> {
        if schema::version(&self.connection)? < schema::WITH_EVENTS {
            return Ok(Vec::new());
        }
        let mut rows = self.connection.prepare(&format!("SELECT event FROM event WHERE {which} ORDER BY first, id"))?;
        rows.query_map(values, |row| row.get(0))?.collect()
    }
}

/// One that a disk has changed, or a newer nbw has written, does not hide the others.
fn understood(text: &str) -> Option<Event> {
    serde_json::from_str(text).map_err(|error| warn!("an event of the history is left out: {error}")).ok()
}
