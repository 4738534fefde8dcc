//! Sums by any key that outlive what they are the sums of: a container's total does not fall when one of its interfaces goes.

use std::{
    hash::Hash,
    time::{Duration, Instant},
};

use foldhash::HashMap;

use crate::rate::Totals;

/// How long a sum is kept after the last traffic of what is gone.
pub const WINDOW: Duration = Duration::from_secs(60);

/// Most sums of one kind: beyond it the oldest are dropped at once when they have ended.
const MOST: usize = 65_536;

/// A sum.
#[derive(Debug, Clone, Copy)]
pub struct Sum {
    /// Up to now.
    pub now: Totals,
    /// Up to the snapshot before.
    pub before: Totals,
    /// When something was last added.
    moved: Instant,
}

/// Sums by key.
#[derive(Debug)]
pub struct Tally<K> {
    sums: HashMap<K, Sum>,
    /// What the sums that were dropped had come to.
    dropped: Totals,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self { sums: HashMap::default(), dropped: Totals::default() }
    }
}

impl<K: Copy + Eq + Hash> Tally<K> {
    /// Adds to the sum of `key`.
    pub fn add(&mut self, key: K, amount: Totals) {
        self.add_at(Instant::now(), key, amount);
    }

    /// As [`Self::add`], for those who add much at once and know the time.
    pub fn add_at(&mut self, now: Instant, key: K, amount: Totals) {
        let nothing = Totals::default();
        let sum = self.sums.entry(key).or_insert(Sum { now: nothing, before: nothing, moved: now });
        if !amount.is_zero() {
            sum.now += amount;
            sum.moved = now;
        }
    }

    /// Moves a part of one sum to another: it turned out to be whose it is. What was shown of it stays shown: it is no
    /// traffic of this tick.
    pub fn shift(&mut self, from: &K, to: K, amount: Totals) {
        let Some(sum) = self.sums.get_mut(from) else { return };
        let rest = sum.before.beyond(amount);
        let shown = sum.before.beyond(rest);
        (sum.now, sum.before) = (sum.now.beyond(amount), rest);
        self.add(to, amount);
        if let Some(sum) = self.sums.get_mut(&to) {
            sum.before += shown;
        }
    }

    /// Gives all of a sum to another, as what was shown before.
    pub fn bequeath(&mut self, from: &K, to: K) {
        let Some(sum) = self.sums.remove(from) else { return };
        self.add(to, sum.now);
        if let Some(heir) = self.sums.get_mut(&to) {
            heir.before += sum.now;
        }
    }

    /// Adds `amount`, and takes `back` what is counted elsewhere now.
    pub fn change(&mut self, now: Instant, key: K, amount: Totals, back: Totals) {
        if !back.is_zero() {
            self.take_back(&key, back);
        }
        self.add_at(now, key, amount);
    }

    /// Takes a part of a sum back: it turned out to be another's.
    fn take_back(&mut self, key: &K, amount: Totals) {
        if let Some(sum) = self.sums.get_mut(key) {
            sum.now = sum.now.beyond(amount);
            sum.before = sum.before.beyond(amount);
        }
    }

    /// The sums.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Sum)> {
        self.sums.iter()
    }

    /// What sums had come to that are not kept any more.
    pub fn dropped(&self) -> Totals {
        self.dropped
    }

    /// A snapshot was made: drops the sums that are over, which are not `alive` and have not moved in the [`WINDOW`].
    pub fn shown(&mut self, alive: impl Fn(&K) -> bool) {
        let window = if self.sums.len() > MOST { Duration::ZERO } else { WINDOW };
        let over = |key: &K, sum: &mut Sum| sum.moved.elapsed() > window && !alive(key);
        for (_, sum) in self.sums.extract_if(over) {
            self.dropped += sum.now;
        }
        self.sums.values_mut().for_each(|sum| sum.before = sum.now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::Total;

    fn bytes(bytes: u64) -> Totals {
        Totals { rx: Total { bytes, packets: 1 }, tx: Total::default() }
    }

    #[test]
    fn a_sum_grows_and_is_never_lost() {
        let mut tally = Tally::default();
        tally.add("web", bytes(100));
        tally.add("web", bytes(20));
        tally.shown(|_| false);
        let (_, sum) = tally.iter().next().unwrap();
        assert_eq!((sum.now.rx.bytes, sum.before.rx.bytes), (120, 120), "kept while its traffic is in the window");
    }

    #[test]
    fn what_is_counted_elsewhere_now_is_taken_back_and_is_no_rate() {
        let mut tally = Tally::default();
        tally.add("before", bytes(100));
        tally.shown(|_| true);
        tally.change(
            Instant::now(),
            "before",
            bytes(0),
            Totals { rx: Total { bytes: 30, packets: 1 }, tx: Total::default() },
        );
        let sum = tally.sums["before"];
        assert_eq!((sum.now.rx.bytes, sum.before.rx.bytes), (70, 70));
    }

    #[test]
    fn what_turns_out_to_be_anothers_moves_there() {
        let mut tally = Tally::default();
        tally.add("listener", bytes(100));
        tally.shift(&"listener", "worker", bytes(60));
        let of = |key| tally.sums[&key].now.rx.bytes;
        assert_eq!((of("listener"), of("worker")), (40, 60));
    }

    #[test]
    fn what_moves_to_another_is_not_shown_again() {
        let mut tally = Tally::default();
        tally.add("listener", bytes(100));
        tally.shown(|_| true);
        tally.add("listener", bytes(7));
        tally.shift(&"listener", "worker", bytes(60));
        let tick = |key| tally.sums[&key].now.rx.bytes - tally.sums[&key].before.rx.bytes;
        assert_eq!((tick("listener"), tick("worker")), (7, 0));
    }
}
