//! What somebody moved, by time.

use std::collections::{BTreeMap, btree_map::Entry};

use super::subject::Way;

/// Bytes and packets of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) bytes: u64,
    pub(super) packets: u64,
}

/// What was moved in one cell of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) rx: Sum,
    pub(super) tx: Sum,
}

/// The cells of one, by number, and their sum. The one that is counted into is kept apart: most packets are of the same as the
/// one before.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells {
    now: Option<(u64, Cell)>,
    others: BTreeMap<u64, Cell>,
    bytes: u64,
}

impl Sum {
    fn join(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.packets += other.packets;
    }
}

impl Cell {
    pub(super) fn join(&mut self, other: Self) {
        self.rx.join(other.rx);
        self.tx.join(other.tx);
    }

    fn side(&mut self, way: Way) -> &mut Sum {
        match way {
            Way::Rx => &mut self.rx,
            Way::Tx => &mut self.tx,
        }
    }
}

impl Cells {
    /// Counts a packet in a cell; whether there is a cell more than before.
    pub(super) fn add(&mut self, number: u64, way: Way, bytes: u32) -> bool {
        let is_new = self.now.is_none_or(|(now, _)| now != number) && self.turn(number);
        if let Some((_, cell)) = &mut self.now {
            cell.side(way).join(Sum { bytes: bytes.into(), packets: 1 });
        }
        self.bytes += u64::from(bytes);
        is_new
    }

    /// Counts into another cell from now on; whether it is a new one.
    fn turn(&mut self, number: u64) -> bool {
        self.settle();
        let known = self.others.remove(&number);
        self.now = Some((number, known.unwrap_or_default()));
        known.is_none()
    }

    fn settle(&mut self) {
        if let Some((number, cell)) = self.now.take() {
            self.join(number, cell);
        }
    }

    fn join(&mut self, number: u64, cell: Cell) {
        match self.others.entry(number) {
            Entry::Vacant(free) => {
                free.insert(cell);
            }
            Entry::Occupied(mut there) => there.get_mut().join(cell),
        }
    }

    /// Makes one cell of so many.
    pub(super) fn coarsen(&mut self, factor: u64) {
        self.settle();
        for (number, cell) in std::mem::take(&mut self.others) {
            self.join(number / factor, cell);
        }
    }

    /// Adds up with another's.
    pub(super) fn merge(&mut self, other: Self) {
        self.settle();
        self.bytes += other.bytes;
        for (number, cell) in other.into_cells() {
            self.join(number, cell);
        }
    }

    /// By time.
    pub(super) fn into_cells(mut self) -> BTreeMap<u64, Cell> {
        self.settle();
        self.others
    }

    /// How many cells there are.
    pub(super) fn count(&self) -> usize {
        self.others.len() + usize::from(self.now.is_some())
    }

    /// Both directions, all cells.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}
