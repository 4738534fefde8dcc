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
pub const THINNEST: u32 = 31;

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

/// Evens out the rates of CPUs, so that what one sees of a conversation is chosen where the other sees the rest of it: each
/// takes, in an era, at least the highest rate that any has had in it so far or had in the one before. `word` is theirs
/// together: the highest rate of this era so far (8 bits), that of the one before (8 bits), and the era from bit 32 on. Takes
/// what the CPU would go by alone; gives the next word, and what it goes by. Where two write at once, one of them is heard with
/// its next packet.
#[inline(always)]
pub const fn even(word: u64, era: u32, own: u32) -> (u64, u32) {
    let last = (word >> ERA_AT) as u32 & ERA;
    let least = shared(word, era);
    let rate = if own > least { own } else { least };
    // A CPU that has not heard of the new era yet goes by the old one, and leaves the word to the others.
    if last == era.wrapping_add(1) & ERA {
        return (word, rate);
    }
    let (highest, before) = rates(word);
    let (highest, before) = if last == era & ERA {
        (highest, before)
    } else if last == era.wrapping_sub(1) & ERA {
        (0, highest)
    } else {
        (0, 0)
    };
    let highest = if own > highest { own } else { highest };
    (highest as u64 | (before as u64) << 8 | ((era & ERA) as u64) << ERA_AT, rate)
}

/// The rate that all CPUs go by at least in this era, by the word that they share.
#[inline(always)]
pub const fn shared(word: u64, era: u32) -> u32 {
    let last = (word >> ERA_AT) as u32 & ERA;
    let (highest, before) = rates(word);
    if last == era & ERA {
        if highest > before { highest } else { before }
    } else if last == era.wrapping_sub(1) & ERA {
        highest
    } else if last == era.wrapping_add(1) & ERA {
        before
    } else {
        0
    }
}

/// The highest rate of the word's era, and that of the era before.
#[inline(always)]
const fn rates(word: u64) -> (u32, u32) {
    (word as u32 & 0xff, word as u32 >> 8 & 0xff)
}

/// What a packet of a chosen conversation stands for, at `1 << share` times the weight for those that are chosen by chance
/// besides: on average each packet is 1. `chance` is any number, for what cannot be divided.
#[inline(always)]
pub const fn of_chosen(weight: u32, share: u32, chance: u32) -> u32 {
    let round = chance as u64 & ((1 << share) - 1);
    weight - ((weight as u64 - 1 + round) >> share) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_average_each_packet_is_one() {
        for (share, weight) in (0..=4).flat_map(|share| (1..=10).map(move |rate| (share, 1_u32 << rate))) {
            let kinds = 1_u64 << share;
            let chosen: u64 = (0..kinds).map(|chance| u64::from(of_chosen(weight, share, chance as u32))).sum();
            // Of weight * kinds packets, kinds are chosen; of the rest each by chance, one in weight * kinds, for `weight`.
            let by_chance = u64::from(weight - 1);
            assert_eq!(chosen + by_chance, u64::from(weight) * kinds, "one in {weight}, share {share}");
        }
        assert_eq!(of_chosen(1 << 31, 31, u32::MAX), (1 << 31) - 1);
    }

    #[test]
    fn cpus_are_even() {
        let (mut word, mut words) = (0, [0; 2]);
        for era in 1..=4 {
            let mut rates = [0, 0];
            // The second CPU has four times as many.
            for packet in 0..40_000 {
                let cpu = usize::from(packet % 5 != 0);
                let (next, own) = next(words[cpu], era, 9);
                words[cpu] = next;
                (word, rates[cpu]) = even(word, era, own);
            }
            assert_eq!(rates[0], rates[1], "era {era}");
            assert!(rates[0] > 0, "era {era}");
        }
        let (_, rate) = even(word, 6, 0);
        assert_eq!(rate, 0, "after an era without any nothing is left of it");
    }

    proptest::proptest! {
        /// Some CPUs hear of a new era later than others: what all had is not lost by that, and all go by the same.
        #[test]
        fn who_is_an_era_behind_undoes_nothing(
            packets in proptest::collection::vec((proptest::bool::ANY, 0..8_u32), 1..50),
            old in 1..16_u32,
            start in ERA - 2..ERA + 3,
        ) {
            // No era is right before one that never was.
            let (word, _) = even(0, start - 2, 0);
            let (mut word, rate) = even(word, start, old);
            proptest::prop_assert_eq!(rate, old);
            let mut highest = [old, old];
            for (late, own) in packets {
                let (next, rate) = even(word, start.wrapping_add(1 - u32::from(late)), own);
                word = next;
                // An old era's packet is heard of while nobody has begun the new one, and goes by the old era's rates always.
                highest[usize::from(!late)] = highest[usize::from(!late)].max(own);
                let least = if late { old } else { old.max(own) };
                proptest::prop_assert!(rate >= least, "{rate} where all had {old}");
                proptest::prop_assert!(rate <= highest[0].max(highest[1]));
            }
            proptest::prop_assert!(shared(word, start.wrapping_add(1)) >= old);
        }
    }

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
