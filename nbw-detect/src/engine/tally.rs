//! Who is concerned, the busiest first, in bounded memory: Misra and Gries, 1982, with a count of how many there were.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{values::Values, who::Who};

/// Names that are kept while there is counting.
const KEPT: usize = 256;

/// Counts by address, and by the port if it is always the same.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: HashMap<Who, (u64, Option<u16>), FixedState>,
    values: Values,
}

impl Tally {
    pub(crate) fn add(&mut self, who: Who, port: u16, count: u64) {
        self.values.add(who.0);
        if let Some((known, known_port)) = self.counts.get_mut(&who) {
            *known += count;
            *known_port = known_port.filter(|known| *known == port);
            return;
        }
        if self.counts.len() == KEPT {
            let least = self.counts.values().map(|(count, _)| *count).min().unwrap_or(0).max(1);
            self.counts.retain(|_, (count, _)| {
                *count -= least;
                *count > 0
            });
        }
        self.counts.insert(who, (count.max(1), Some(port)));
    }

    /// There were these too, of whom no more is known.
    pub(crate) fn merge(&mut self, others: &Values) {
        self.values.merge(others);
    }

    /// How many there were.
    pub(crate) fn len(&self) -> u64 {
        self.values.len()
    }

    /// The busiest; of as busy ones the lesser address.
    pub(crate) fn busiest(&self, most: usize) -> Vec<(Who, Option<u16>)> {
        let mut all: Vec<_> = self.counts.iter().map(|(who, (count, port))| (*count, *who, *port)).collect();
        all.sort_unstable_by_key(|(count, who, _)| (std::cmp::Reverse(*count), *who));
        all.into_iter().take(most).map(|(_, who, port)| (who, port.filter(|port| *port > 0))).collect()
    }
}
