//! Layout of what detection hands to userspace: counters of classes of packets, and digests of those that are looked at.

use super::DIRECT_LINKS;
use crate::class::Class;

/// Rows of class counters. An interface has its own while there are any; the others share row 0.
pub const DETECT_ROWS: u32 = 256;

/// Cells of a row: one for each direction and class.
pub const ROW_CELLS: u32 = 2 * Class::ROOM;

/// Bytes of a packet's beginning that a digest has at most: Ethernet, two tags, IPv6 and a TCP header with all options, or
/// the same without options inside of a VXLAN tunnel.
pub const HEAD: usize = 128;

/// Size of the ring of digests in bytes: 24,966 of them.
pub const RING_BYTES: u32 = 4 << 20;

/// Endpoints of which established TCP packets can be asked for.
pub const MOST_WATCHED: u32 = 1_024;

/// Packets of one class, interface and direction that are all looked at between two readings of the ring, on all CPUs
/// together.
pub const BUDGET: u32 = 1_024;

/// Entries of the array of words that userspace controls detection by.
pub const CONTROLS: u32 = 2;
/// The control word that userspace raises each time it has read the ring.
pub const CONTROL_ERA: u32 = 0;
/// The control word that says how many endpoints are watched.
pub const CONTROL_WATCHED: u32 = 1;

/// What one CPU has seen of one class of packets of one interface in one direction.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClassCell {
    /// Packets since the programs were loaded, each as the kernel has it: one of several segments counts once.
    pub count: u64,
    /// How thin they are sampled: a [`pace`].
    pub pace: u64,
}

/// Index of a cell.
#[inline(always)]
pub const fn cell(cpu: u32, row: u32, outgoing: bool, class: u32) -> u32 {
    (cpu * DETECT_ROWS + row) * ROW_CELLS + outgoing as u32 * Class::ROOM + class
}

/// How thin packets of a class are sampled. The word has the packets of this era in the lower half, then the era (24 bits) and
/// the rate that the era began with, as a power of two.
///
/// Up to the budget every packet is looked at. Beyond it the rate is halved each time their number doubles; and an era begins
/// with the rate at which the one right before would have kept to the budget. So a steady flood gives one to two budgets of
/// digests in each era, all of the same weight; its first era a budget for each doubling; and none of it waits for userspace.
pub mod pace {
    /// Bits of an era.
    pub const ERA: u32 = 0x00ff_ffff;
    const ERA_AT: u32 = 32;
    const RATE_AT: u32 = 56;
    /// The thinnest: one in 2^31.
    const THINNEST: u32 = 31;

    /// Takes one more packet in the era: the next word, and the packets that one which is looked at stands for (a power of
    /// two), as its logarithm. `budget` is a logarithm, too.
    #[inline(always)]
    pub const fn next(word: u64, era: u32, budget: u32) -> (u64, u32) {
        let (seen, before) = (word as u32, (word >> ERA_AT) as u32 & ERA);
        let (count, began) = if before == era & ERA {
            (seen.saturating_add(1), (word >> RATE_AT) as u32)
        } else if before == era.wrapping_sub(1) & ERA {
            (1, beyond(seen, budget))
        } else {
            (1, 0)
        };
        let now = beyond(count, budget);
        let rate = if now > began { now } else { began };
        (count as u64 | ((era & ERA) as u64) << ERA_AT | (began as u64) << RATE_AT, if rate > THINNEST { THINNEST } else { rate })
    }

    /// How often `count` is the double of the budget.
    #[inline(always)]
    const fn beyond(count: u32, budget: u32) -> u32 {
        let budgets = count >> (budget & 31);
        31 - (budgets | 1).leading_zeros()
    }
}

/// A packet that is looked at: its beginning, as it is, and what is not in it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    /// When it was seen: nanoseconds of `CLOCK_MONOTONIC`.
    pub time: u64,
    /// The interface.
    pub ifindex: u32,
    /// Packets of its class that it stands for.
    pub weight: u32,
    /// Bytes on the wire, all frames together.
    pub bytes: u32,
    /// Frames on the wire.
    pub frames: u32,
    /// Its length in the kernel, from the link-layer header on.
    pub length: u32,
    /// Its [`Class`].
    pub class: u8,
    /// 0: received; 1: sent.
    pub outgoing: u8,
    /// Where it begins: 0 at the IP header, else at an Ethernet header.
    pub ethernet: u8,
    /// Bytes of [`Self::head`] that are the packet's.
    pub captured: u8,
    /// Its beginning.
    pub head: [u8; HEAD],
}

/// An endpoint of which established TCP packets are looked at.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Its address.
    pub address: super::Address,
    /// Its port, in the order of the host.
    pub port: u32,
}

const _: () = assert!(size_of::<ClassCell>() == 16);
const _: () = assert!(size_of::<Digest>() == 32 + HEAD);
const _: () = assert!(size_of::<Endpoint>() == 20);
// One CPU's cells fill whole cache lines.
const _: () = assert!((DETECT_ROWS as usize * ROW_CELLS as usize * size_of::<ClassCell>()).is_multiple_of(64));
const _: () = assert!(DETECT_ROWS < DIRECT_LINKS);
const _: () = assert!(HEAD <= u8::MAX as usize);

#[cfg(test)]
mod tests {
    use super::pace;

    /// Looks at packets in so many eras; of each, how many are looked at, and how many they stand for.
    fn looked_at(eras: &[u32], budget: u32) -> Vec<(u32, u64)> {
        let mut word = 0;
        let mut era = |(era, &packets): (usize, &u32)| {
            let (mut looked, mut stands_for) = (0, 0);
            for packet in 0..packets {
                let (next, rate) = pace::next(word, era as u32 + 1, budget);
                word = next;
                // Evenly in place of by chance.
                if packet % (1 << rate) == 0 {
                    looked += 1;
                    stands_for += 1 << rate;
                }
            }
            (looked, stands_for)
        };
        eras.iter().enumerate().map(&mut era).collect()
    }

    #[test]
    fn within_the_budget_all_are_looked_at() {
        assert_eq!(looked_at(&[1023, 1023, 5], 9), [(1023, 1023), (1023, 1023), (5, 5)]);
    }

    #[test]
    fn a_flood_gives_a_budget_for_each_doubling_and_then_one_or_two_an_era() {
        let [first, then, later] = looked_at(&[1 << 20; 3], 9)[..] else { panic!("three eras") };
        assert!((512 * 10..512 * 14).contains(&first.0), "{first:?}");
        assert!((512..=1024).contains(&then.0) && then == later, "{then:?} {later:?}");
        assert!(then.1.abs_diff(1 << 20) <= 1 << 12, "{then:?}");
    }

    #[test]
    fn a_flood_that_has_ended_is_forgotten_after_an_era_without() {
        let eras = looked_at(&[1 << 16, 4, 0, 4], 9);
        assert!(eras[1].0 < 4, "the era right behind it is still thin: {eras:?}");
        assert_eq!(eras[3], (4, 4));
    }

    #[test]
    fn eras_go_round() {
        let (word, _) = pace::next(0, pace::ERA, 0);
        let (word, rate) = pace::next(word, pace::ERA + 1, 0);
        assert_eq!((word as u32, rate), (1, 0));
    }
}
