//! Rows of the database as values.

use rusqlite::Row;

use super::cell::{Cell, Way};

/// Six columns from `first` on: bytes, packets and peaks, received and sent. What no writer of ours has written is nothing.
pub(super) fn cell(row: &Row<'_>, first: usize) -> rusqlite::Result<Cell> {
    let value = |column: usize| row.get::<_, i64>(first + column).map(|value| value.max(0) as u64);
    Ok(Cell {
        rx: Way { bytes: value(0)?, packets: value(2)?, peak: value(4)? },
        tx: Way { bytes: value(1)?, packets: value(3)?, peak: value(5)? },
    })
}

/// What a row that was not written by us is told as: as SQLite tells of its own.
pub(super) fn damaged() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    rusqlite::Error::SqliteFailure(code, Some("a packed row has another check sum than it was written with".into()))
}
