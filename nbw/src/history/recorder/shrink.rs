//! A bound on what is pending where it cannot be written: coarser parts, fewer names, and at last the oldest is given up.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use super::{
    moved::Key,
    pending::{Gathering, Pending},
};
use crate::history::{Bounds, Kind, OTHER, cell::Cell};

/// So many cells are kept at most, some 40 MiB. 200 subjects fill them in hours of ten seconds, and in weeks of hours.
pub(super) const MOST_CELLS: usize = 200_000;

impl Pending {
    /// Makes what is pending fit, at the least cost.
    pub(super) fn shrink(&mut self) {
        self.shrink_to(MOST_CELLS);
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

    /// Joins all parts to those of this length that they are in.
    fn coarsen(&mut self, length: u32) {
        let mut coarse: BTreeMap<(i64, u32), Gathering> = BTreeMap::new();
        for ((start, seconds), gathering) in std::mem::take(&mut self.gathered) {
            let seconds = seconds.max(length);
            let start = start.div_euclid(i64::from(seconds)) * i64::from(seconds);
            coarse.entry((start, seconds)).or_default().join(gathering);
        }
        self.gathered = coarse;
    }
}

impl Gathering {
    /// The busiest of each kind by name, the rest as `other`.
    fn keep_bounded(&mut self, bounds: Bounds) {
        let mut kinds: BTreeMap<Kind, Vec<(u64, Key)>> = BTreeMap::new();
        for (key, (_, cell)) in self.cells.iter().filter(|(key, _)| !key.key.is_empty()) {
            kinds.entry(key.kind).or_default().push((cell.total(), key.clone()));
        }
        for (kind, mut subjects) in kinds {
            let bound = bounds.of(kind).min(subjects.len());
            subjects.sort_unstable_by_key(|(total, key)| (Reverse(*total), key.clone()));
            let least = subjects.split_off(bound);
            let least = least.iter().filter_map(|(_, key)| self.cells.remove(key)).map(|(_, cell)| cell);
            let sum = least.fold(Cell::default(), |mut sum, cell| {
                sum += cell;
                sum
            });
            if !sum.is_nothing() {
                self.add(&Key { kind, key: "".into() }, &Arc::from(OTHER), sum);
            }
        }
    }
}
