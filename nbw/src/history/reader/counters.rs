//! Counters of the kernel: by how much they went up.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};

use super::{Reader, chosen, gather, layout::Layout, parts::Parts};
use crate::history::{
    HistoryError, Kind,
    query::{Every, Query},
};

/// By how much each counter went up in each part of the time asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Increases {
    /// The parts: begin and end.
    pub parts: Vec<(Timestamp, Timestamp)>,
    /// By name, one number for each part.
    pub counters: BTreeMap<Arc<str>, Vec<u64>>,
}

impl Reader {
    /// By how much each counter (of [`crate::history::Recorder::note_counters`]) went up between two moments, in parts of
    /// `every` seconds (300 at least, days in UTC).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn counters(&self, from: Timestamp, to: Timestamp, every: u32) -> Result<Increases, HistoryError> {
        let every = Every::Seconds(every);
        let (zone, only) = (TimeZone::UTC, Vec::new());
        let query = Query { kind: Kind::Host, only, from, to, every, top: None, zone, month_begins: 1 };
        let parts = Parts::of(&query);
        self.increases(&parts).map_err(|source| self.because(source))
    }

    fn increases(&self, parts: &Parts) -> rusqlite::Result<Increases> {
        let transaction = self.connection.unchecked_transaction()?;
        let layout = Layout::load(&transaction)?.without_finer_than(300);
        let names = chosen::counters(&transaction)?;
        let mut counters: BTreeMap<Arc<str>, Vec<u64>> = BTreeMap::new();
        gather::each_cell(&transaction, &layout, parts, &mut |found| {
            let Some(name) = names.get(&found.subject) else { return };
            let Some(part) = parts.find(found.at, 0) else { return };
            let increases = counters.entry(Arc::clone(name)).or_insert_with(|| vec![0; parts.len()]);
            increases[part] = increases[part].saturating_add(found.cell.rx.bytes);
        })?;
        let parts = parts.iter().map(|(start, end)| (super::second(start), super::second(end))).collect();
        Ok(Increases { parts, counters })
    }
}
