//! A bound on what is pending where it cannot be written: coarser parts, fewer names, and at last the oldest is given up.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    moved::Key,
    pending::{Gathering, Part, Pending},
};
use crate::history::{Bounds, Kind, OTHER, cell::Cell};

/// So many cells are kept at most, some 40 MiB. 200 subjects fill them in hours of ten seconds, and in weeks of hours.
pub(super) const MOST_CELLS: usize = 200_000;

impl Pending {
    /// Makes what is pending fit beside what the writer has, at the least cost, and with some room to spare: it takes a while,
    /// so it is not for each tick.
    pub(super) fn shrink(&mut self) {
        let most = MOST_CELLS - self.in_hand.cells.min(MOST_CELLS / 2);
        if self.cells() > most {
            self.shrink_to(most / 10 * 9);
        }
    }

    pub(super) fn shrink_to(&mut self, most: usize) {
        if self.cells() <= most {
            return;
        }
        let bounds = self.bounds;
        self.gathered.values_mut().for_each(|gathering| gathering.keep_bounded(bounds));
        for length in self.lengths.clone().into_iter().skip(1) {
            if self.cells() <= most {
                return;
            }
            self.coarsen(length);
        }
        while self.cells() > most
            && self.gathered.len() > 1
            && let Some((_, oldest)) = self.gathered.pop_first()
        {
            let bytes: u64 = oldest.cells.values().map(|(_, cell)| cell.total()).sum();
            self.lost = self.lost.saturating_add(bytes);
        }
    }

    /// Joins all parts to those of this length that they are in, but for those beside which the last tick ended: they go on, and
    /// nothing of them could be written before the longer one is over.
    fn coarsen(&mut self, length: u32) {
        let mut coarse: BTreeMap<Part, Gathering> = BTreeMap::new();
        for ((start, seconds), gathering) in std::mem::take(&mut self.gathered) {
            let longer = seconds.max(length);
            let whole = (start.div_euclid(i64::from(longer)) * i64::from(longer), longer);
            let part = if self.is_complete(whole) { whole } else { (start, seconds) };
            coarse.entry(part).or_default().join(gathering);
        }
        self.gathered = coarse;
    }
}

impl Gathering {
    /// The busiest of each kind by name, the rest as `other`.
    fn keep_bounded(&mut self, bounds: Bounds) {
        let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
        self.cells.keys().filter(|key| !key.key.is_empty()).for_each(|key| *counts.entry(key.kind).or_default() += 1);
        for (kind, _) in counts.into_iter().filter(|(kind, count)| *count > bounds.of(*kind)) {
            self.join_the_least(kind, bounds.of(kind));
        }
    }

    /// Leaves so many of a kind by name.
    fn join_the_least(&mut self, kind: Kind, bound: usize) {
        let named = self.cells.iter().filter(|(key, _)| key.kind == kind && !key.key.is_empty());
        let mut named: Vec<(u64, Key)> = named.map(|(key, (_, cell))| (cell.total(), key.clone())).collect();
        named.sort_unstable_by(|(one, key), (other, than)| other.cmp(one).then_with(|| key.cmp(than)));
        let mut sum = Cell::default();
        for (_, key) in named.drain(bound.min(named.len())..) {
            if let Some((_, cell)) = self.cells.remove(&key) {
                sum += cell;
            }
        }
        if !sum.is_nothing() {
            self.add(&Key { kind, key: "".into() }, &Arc::from(OTHER), sum);
        }
    }
}
