//! Rows that a disk has changed: SQLite does not notice, their check sums do.

use rusqlite::params;
use tracing::warn;

use super::Database;
use crate::history::{HistoryError, packed};

impl Database {
    /// Forgets packed rows that are not as they were written, and says which; their sums stay in the coarser tiers. Tells how
    /// many there were.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn mend(&mut self) -> Result<usize, HistoryError> {
        let mended = self.damaged_rows().and_then(|rows| {
            for (id, tier, start, name) in &rows {
                self.connection.execute("DELETE FROM packed WHERE rowid = ?1", params![id])?;
                let start = jiff::Timestamp::from_second(*start).unwrap_or_default();
                warn!("the history had a damaged row, of {name} from {start} on by {tier} s: it was taken out");
            }
            Ok(rows.len())
        });
        mended.map_err(|source| self.because(source))
    }

    fn damaged_rows(&self) -> rusqlite::Result<Vec<(i64, u32, i64, String)>> {
        let mut damaged = Vec::new();
        let mut rows = self.connection.prepare(
            "SELECT p.rowid, p.tier, p.start, p.bytes, p.rest, s.name FROM packed p LEFT JOIN subject s ON s.id = p.subject",
        )?;
        let mut found = rows.query([])?;
        while let Some(row) = found.next()? {
            let tier = row.get(1)?;
            let whole = packed::unpack(row.get_ref(3)?.as_blob()?, row.get_ref(4)?.as_blob()?, tier, |_, _| {});
            if whole.is_err() {
                let name: Option<String> = row.get(5)?;
                damaged.push((row.get(0)?, tier, row.get(2)?, name.unwrap_or_else(|| "somebody".into())));
            }
        }
        Ok(damaged)
    }
}
