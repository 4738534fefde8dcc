//! What derived rows went back by: it is taken off what they move next.

use std::collections::HashMap;

use super::moved::{Amounts, Key};

/// What is owed by who has moved nothing for so long is forgotten, in milliseconds of ticks: it will hardly come again.
const FORGOTTEN_AFTER: i64 = 3_600_000;
/// How often that is looked for.
const LOOK_EVERY: i64 = 600_000;
/// So many are not worth it.
const FEW: usize = 1_000;

/// By whom, how much, and when that was, in milliseconds of ticks.
#[derive(Default)]
pub(super) struct Carried {
    owed: HashMap<Key, (Amounts, i64)>,
    now: i64,
    looked: i64,
}

impl Carried {
    /// A tick of so many milliseconds begins.
    pub(super) fn go_on(&mut self, milliseconds: i64) {
        self.now = self.now.saturating_add(milliseconds);
        if self.now - self.looked >= LOOK_EVERY && self.owed.len() > FEW {
            self.looked = self.now;
            self.owed.retain(|_, (_, since)| self.now - *since < FORGOTTEN_AFTER);
        }
    }

    /// What somebody has moved, with what is owed taken off it.
    pub(super) fn less(&mut self, key: &Key, amounts: Amounts) -> [u64; 4] {
        let (owed, _) = self.owed.remove(key).unwrap_or_default();
        let sums: Amounts = std::array::from_fn(|at| amounts[at].saturating_add(owed[at]));
        if sums.iter().any(|sum| *sum < 0) {
            self.owed.insert(key.clone(), (sums.map(|sum| sum.min(0)), self.now));
        }
        sums.map(|sum| sum.max(0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Kind;

    fn key(number: usize) -> Key {
        Key { kind: Kind::Group, key: format!("unattributed veth{number}").into() }
    }

    #[test]
    fn who_is_gone_takes_no_room_and_who_is_not_owes_what_it_did() {
        let mut carried = Carried::default();
        for number in 0..50_000 {
            carried.go_on(1_000);
            assert_eq!(carried.less(&key(number), [-5, 0, 0, 0]), [0; 4]);
        }
        assert!(carried.owed.len() <= 4_300, "{}", carried.owed.len());
        assert_eq!(carried.less(&key(49_000), [12, 0, 0, 0]), [7, 0, 0, 0]);
        assert_eq!(carried.less(&key(49_000), [12, 0, 0, 0]), [12, 0, 0, 0]);
    }

    #[test]
    fn a_few_owe_for_ever() {
        let mut carried = Carried::default();
        carried.less(&key(1), [-5, 0, 0, 0]);
        carried.go_on(100 * FORGOTTEN_AFTER);
        assert_eq!(carried.less(&key(1), [12, 0, 0, 0]), [7, 0, 0, 0]);
    }
}
