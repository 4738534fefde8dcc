//! Attacks that were recognised.

use jiff::Timestamp;
use nbw_detect::Event;
use rusqlite::params;
use tracing::warn;

use super::Reader;
use crate::history::{HistoryError, schema};

impl Reader {
    /// The events that anything was seen of from `from` up to `to` (not included), by when they began.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn events(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Event>, HistoryError> {
        let texts = self.event_texts(from.as_millisecond(), to.as_millisecond());
        let texts = texts.map_err(|source| self.because(source))?;
        Ok(texts.iter().filter_map(|text| understood(text)).collect())
    }

    fn event_texts(&self, from: i64, to: i64) -> rusqlite::Result<Vec<String>> {
        if schema::version(&self.connection)? < schema::WITH_EVENTS {
            return Ok(Vec::new());
        }
        let mut rows =
            self.connection.prepare("SELECT event FROM event WHERE last >= ?1 AND first < ?2 ORDER BY first, id")?;
        rows.query_map(params![from, to], |row| row.get(0))?.collect()
    }
}

/// One that a disk has changed, or a newer nbw has written, does not hide the others.
fn understood(text: &str) -> Option<Event> {
    serde_json::from_str(text).map_err(|error| warn!("an event of the history is left out: {error}")).ok()
}
