//! Who has been answered by which port of whom: what fails there now is an outage, not a search.

use super::{
    flow::{Lru, lru},
    happening::Sight,
    who::Who,
};

/// So long that counts.
const REMEMBERED: u64 = 7_200_000_000_000;

/// All that are remembered.
#[derive(Debug)]
pub(crate) struct Servers {
    answered: Lru<(Who, Who, u16), u64>,
}

impl Servers {
    pub(crate) fn new(most: u32) -> Self {
        Self { answered: lru(most) }
    }

    /// A connection was accepted.
    pub(crate) fn answered(&mut self, sight: &Sight) {
        let place = (sight.source, sight.target, sight.target_port);
        match self.answered.get(&place) {
            Some(last) => *last = sight.time,
            None => drop(self.answered.insert(place, sight.time)),
        }
    }

    /// Whether the port had answered that source before.
    pub(crate) fn know(&self, sight: &Sight) -> bool {
        let last = self.answered.peek(&(sight.source, sight.target, sight.target_port));
        last.is_some_and(|last| sight.time.saturating_sub(*last) < REMEMBERED)
    }
}
