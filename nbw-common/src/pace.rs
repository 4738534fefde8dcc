//! How thin packets of a class are sampled. The word has the packets of this era in the lower half, then the era (24 bits) and
//! the rate that the era began with, as a power of two.
//!
//! Up to the budget every packet is looked at. Beyond it the rate is halved each time their number doubles; and an era begins
//! with the rate at which the one right before would have kept to the budget. So a steady flood gives one to two budgets of
//! digests in each era, all of the same weight; its first era a budget for each doubling; and none of it waits for userspace.

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
    let last = (word >> RATE_AT) as u32;
    let (count, began) = if before == era & ERA {
        (seen.saturating_add(1), last)
    } else if before == era.wrapping_sub(1) & ERA {
        (1, if nearly(seen, last, budget) { last } else { beyond(seen, budget) })
    } else {
        (1, 0)
    };
    let now = beyond(count, budget);
    let rate = if now > began { now } else { began };
    (
        count as u64 | ((era & ERA) as u64) << ERA_AT | (began as u64) << RATE_AT,
        if rate < THINNEST { rate } else { THINNEST },
    )
}

/// Whether it was not much less than what the rate is for: a rate that went up and down with each era would tear conversations
/// apart.
#[inline(always)]
const fn nearly(seen: u32, rate: u32, budget: u32) -> bool {
    rate > 0 && beyond(seen, budget) < rate && seen >> ((budget + rate - 2) & 31) >= 3
}

/// How often `count` is the double of the budget.
#[inline(always)]
const fn beyond(count: u32, budget: u32) -> u32 {
    let budgets = count >> (budget & 31);
    31 - (budgets | 1).leading_zeros()
}

/// Whether the word is in its era's first packet.
#[inline(always)]
pub const fn begins(word: u64) -> bool {
    word as u32 == 1
}

/// How much thinner it has to be (a logarithm) where so many were handed over in an era: conversations that are chosen can be
/// far more than their share.
#[inline(always)]
pub const fn thinner(handed: u64, budget: u32) -> u32 {
    let enough = if budget + 2 < THINNEST { budget + 2 } else { THINNEST };
    beyond(handed as u32, enough)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at packets in so many eras; of each, how many are looked at, and how many they stand for.
    fn looked_at(eras: &[u32], budget: u32) -> Vec<(u32, u64)> {
        let mut word = 0;
        let mut era = |(era, &packets): (usize, &u32)| {
            let (mut looked, mut stands_for) = (0, 0);
            for packet in 0..packets {
                let (next, rate) = next(word, era as u32 + 1, budget);
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
    fn a_rate_that_is_nearly_needed_is_kept() {
        let eras = looked_at(&[4096, 4100, 3900, 3900, 2000], 9);
        assert_eq!(eras[2], eras[3], "{eras:?}");
        assert_eq!(eras[3].1, 488 * 8, "{eras:?}");
        assert_eq!(looked_at(&[4096, 2000, 2000], 9)[2].0, 1000);
    }

    #[test]
    fn eras_go_round() {
        let (word, _) = next(0, ERA, 0);
        let (word, rate) = next(word, ERA + 1, 0);
        assert_eq!((word as u32, rate), (1, 0));
    }
}
