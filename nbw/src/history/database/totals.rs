//! What a tier adds up to: for tests.

use std::collections::BTreeMap;

use super::Database;
use crate::history::{Kind, cell::Cell, code, packed, rows};

impl Database {
    /// Bytes in both directions that a tier has of each kind.
    pub(in crate::history) fn totals(&self, tier: u32) -> rusqlite::Result<BTreeMap<Kind, u64>> {
        self.totals_by(tier, code::kind)
    }

    /// The same by the sums that are kept.
    pub(in crate::history) fn totals_of_all(&self, tier: u32) -> rusqlite::Result<BTreeMap<Kind, u64>> {
        self.totals_by(tier, |found| (0..=u8::MAX).filter_map(code::kind).find(|kind| code::all_of(*kind) == found))
    }

    /// Has SQLite say of the next commit that it failed, after it was done.
    pub(in crate::history) fn fail_after_the_next_commit(&mut self) {
        use rusqlite::ffi;
        unsafe extern "C" fn fail(
            _: *mut std::ffi::c_void,
            _: *mut ffi::sqlite3,
            _: *const std::ffi::c_char,
            _: i32,
        ) -> i32 {
            ffi::SQLITE_IOERR
        }
        // SAFETY: The connection is open, and the hook uses none of what it is given.
        unsafe { ffi::sqlite3_wal_hook(self.connection.handle(), Some(fail), std::ptr::null_mut()) };
    }

    /// As if nothing had been recorded.
    pub(in crate::history) fn forget_coverage(&mut self) {
        self.connection.execute("DELETE FROM coverage", []).unwrap();
    }

    fn totals_by(&self, tier: u32, kind_of: impl Fn(u8) -> Option<Kind>) -> rusqlite::Result<BTreeMap<Kind, u64>> {
        let mut totals = BTreeMap::new();
        let mut add = |kind: u8, cell: Cell| {
            if let Some(kind) = kind_of(kind) {
                *totals.entry(kind).or_default() += cell.total();
            }
        };
        let mut recent = self.connection.prepare(
            "SELECT s.kind, rx_bytes, tx_bytes, rx_packets, tx_packets, rx_peak, tx_peak
             FROM recent JOIN subject s ON s.id = subject WHERE tier = ?1",
        )?;
        let mut found = recent.query([tier])?;
        while let Some(row) = found.next()? {
            add(row.get(0)?, rows::cell(row, 1)?);
        }
        let mut packed = self
            .connection
            .prepare("SELECT s.kind, bytes, rest FROM packed JOIN subject s ON s.id = subject WHERE tier = ?1")?;
        let mut found = packed.query([tier])?;
        while let Some(row) = found.next()? {
            let kind = row.get(0)?;
            packed::unpack(row.get_ref(1)?.as_blob()?, row.get_ref(2)?.as_blob()?, tier, |_, cell| add(kind, cell))
                .map_err(|_| rows::damaged())?;
        }
        Ok(totals)
    }
}
