//! Connections that were closed since the last snapshot, when they are too many to keep each.

use foldhash::HashMap;
use nbw_common::abi::ConnectionIdent;

use super::row::Row;
use crate::{ledger::Group, resolve::processes::ProcessId};

/// Most closed connections of which each is kept until the next snapshot: some 20 MB.
pub(super) const MOST_CLOSED: usize = 65_536;

/// The sums of those beyond the number that is kept, by process, group and protocol.
#[derive(Default)]
pub(super) struct Folded {
    closed: usize,
    rows: HashMap<(ProcessId, Group, u32), Row>,
}

impl Folded {
    /// One more was closed: whether it is one too many.
    pub(super) fn is_too_many(&mut self) -> bool {
        self.closed += 1;
        self.closed > MOST_CLOSED
    }

    /// Adds a closed connection to the others; takes a number for a new row from `next_id`.
    pub(super) fn add(&mut self, row: &Row, next_id: &mut u64) {
        let key = (row.process, row.group, row.ident.protocol);
        let others = self.rows.entry(key).or_insert_with(|| {
            *next_id += 1;
            others(*next_id - 1, row)
        });
        others.now += row.now;
        others.before += row.before;
    }

    /// The sums: closed rows without ends.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    /// A snapshot was made.
    pub(super) fn shown(&mut self) {
        *self = Self::default();
    }
}

fn others(id: u64, first: &Row) -> Row {
    let ident = ConnectionIdent { protocol: first.ident.protocol, ..ConnectionIdent::default() };
    let mut row = Row::new(id, &ident, first.group, first.since);
    row.process = first.process;
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ledger::Place,
        rate::{Total, Totals},
    };

    fn closed(id: u64, process: ProcessId, bytes: u64) -> Row {
        let group = Group { row_id: 1, place: Place { netns: 1, ifindex: 1 } };
        let ident = ConnectionIdent { cookie: id, protocol: 6, ..ConnectionIdent::default() };
        let mut row = Row::new(id, &ident, group, jiff::Timestamp::UNIX_EPOCH);
        row.process = process;
        row.now = Totals { rx: Total { bytes, packets: 1 }, tx: Total::default() };
        row
    }

    #[test]
    fn what_is_too_much_is_summed_up_and_nothing_is_lost() {
        let (mut folded, mut next_id) = (Folded::default(), 10);
        assert!((0..MOST_CLOSED).all(|_| !folded.is_too_many()) && folded.is_too_many());
        for (id, process, bytes) in [(1, 7, 100), (2, 7, 20), (3, 8, 3)] {
            folded.add(&closed(id, process, bytes), &mut next_id);
        }
        let mut rows: Vec<_> =
            folded.rows().map(|row| (row.process, row.now.rx.bytes, row.is_closed(), row.remote())).collect();
        rows.sort_unstable();
        assert_eq!(rows, [(7, 120, true, None), (8, 3, true, None)]);
        assert_eq!(next_id, 12);
        folded.shown();
        assert!(folded.rows().next().is_none() && !folded.is_too_many());
    }
}
