//! What one subject moved in one part of time, as the database has it: whole numbers.

use std::ops::AddAssign;

use super::Moved;

/// One direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Way {
    /// Bytes on the wire.
    pub bytes: u64,
    /// Packets on the wire.
    pub packets: u64,
    /// The highest rate of any one reading inside, in bytes a second.
    pub peak: u64,
}

/// Both directions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Received.
    pub rx: Way,
    /// Sent.
    pub tx: Way,
}

impl AddAssign for Way {
    fn add_assign(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.packets = self.packets.saturating_add(other.packets);
        self.peak = self.peak.max(other.peak);
    }
}

impl AddAssign for Cell {
    fn add_assign(&mut self, other: Self) {
        self.rx += other.rx;
        self.tx += other.tx;
    }
}

impl Way {
    /// What of it lies between `from` and `to` of `length`, where nothing finer is known than that it is in there. Shares of
    /// neighbours add up to the whole.
    fn share(self, from: u64, to: u64, length: u64) -> Self {
        let of = |whole: u64| {
            let until = |at: u64| u128::from(whole) * u128::from(at) / u128::from(length.max(1));
            (until(to) - until(from)) as u64
        };
        Self { bytes: of(self.bytes), packets: of(self.packets), peak: self.peak }
    }

    fn is_nothing(self) -> bool {
        self.bytes == 0 && self.packets == 0
    }
}

impl Cell {
    /// [`Way::share`] of both directions.
    pub(super) fn share(self, from: u64, to: u64, length: u64) -> Self {
        Self { rx: self.rx.share(from, to, length), tx: self.tx.share(from, to, length) }
    }

    /// Whether nothing was moved.
    pub fn is_nothing(self) -> bool {
        self.rx.is_nothing() && self.tx.is_nothing()
    }

    /// Bytes in both directions.
    pub(super) fn total(self) -> u64 {
        self.rx.bytes.saturating_add(self.tx.bytes)
    }
}

impl Moved {
    /// Adds what a part of it moved.
    pub(super) fn add(&mut self, way: Way) {
        self.bytes = self.bytes.saturating_add(way.bytes);
        self.packets = self.packets.saturating_add(way.packets);
        self.peak = self.peak.max(way.peak as f64);
    }

    /// Adds what another one moved.
    pub(super) fn join(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.packets = self.packets.saturating_add(other.packets);
        self.peak = self.peak.max(other.peak);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shares_add_up(bytes: u64, packets: u64, length in 1..100_000_u64, cuts in prop::collection::vec(0..100_000_u64, 0..5)) {
            let whole = Cell { rx: Way { bytes, packets, peak: 3 }, tx: Way { bytes: packets, packets: bytes, peak: 0 } };
            let mut cuts: Vec<u64> = cuts.into_iter().map(|cut| cut % length).chain([0, length]).collect();
            cuts.sort_unstable();
            let mut sum = Cell::default();
            for pair in cuts.windows(2) {
                sum += whole.share(pair[0], pair[1], length);
            }
            prop_assert_eq!(sum, whole);
        }
    }
}
