//! Reads a table of slots: the stripes of all CPUs, and what was spilled from them.

use nbw_common::abi::{Counters, Spill, Stripe, packed};

use super::{Object, shared::Words};
use crate::failure::Failure;

const STRIPE_WORDS: usize = size_of::<Stripe>() / size_of::<u64>();
const SPILL_WORDS: usize = size_of::<Spill>() / size_of::<u64>();

/// How often a slot is looked at again while something is being moved out of its stripes: a matter of nanoseconds, once
/// in half a terabyte, unless the mover was preempted; after the first [`SPINS`] tries it is given the CPU.
const TRIES: usize = 256;
const SPINS: usize = 8;

/// The counters of a table of slots, mapped into memory.
pub(super) struct SlotCounters {
    stripes: Words,
    spills: Words,
    slots: u32,
}

impl SlotCounters {
    /// The table of `slots` slots, each with a stripe for each of `banks`.
    pub(super) fn open(object: &Object, stripes: &str, spills: &str, slots: u32, banks: u32) -> Result<Self, Failure> {
        Ok(Self {
            stripes: object.map_words(stripes, slots * banks, size_of::<Stripe>())?,
            spills: object.map_words(spills, slots, size_of::<Spill>())?,
            slots,
        })
    }

    /// All that was counted in the slot. None in the rare case that its owner was kept from finishing a move for so
    /// long that no consistent reading was to be had; the next one will be.
    pub(super) fn read(&self, slot: u32) -> Option<Counters> {
        (0..TRIES).find_map(|tried| {
            if tried >= SPINS {
                std::thread::yield_now();
            }
            self.try_read(slot)
        })
    }

    fn try_read(&self, slot: u32) -> Option<Counters> {
        let before = self.spilled(slot);
        let (mut rx, mut tx) = ((0, 0), (0, 0));
        for cpu in self.stripes.all().chunks_exact(self.slots as usize * STRIPE_WORDS) {
            let stripe = &cpu[slot as usize * STRIPE_WORDS..];
            add(&mut rx, stripe[0].load(std::sync::atomic::Ordering::Acquire));
            add(&mut tx, stripe[1].load(std::sync::atomic::Ordering::Acquire));
        }
        let moving = before.iter().any(|&word| word >= packed::MOVING);
        if moving || self.spilled(slot) != before {
            return None;
        }
        Some(Counters {
            rx_bytes: rx.0 + before[0],
            rx_packets: rx.1 + before[1],
            tx_bytes: tx.0 + before[2],
            tx_packets: tx.1 + before[3],
        })
    }

    fn spilled(&self, slot: u32) -> [u64; SPILL_WORDS] {
        std::array::from_fn(|word| self.spills.load(slot as usize * SPILL_WORDS + word))
    }

    /// Sets the slot to zero on all CPUs. Only for slots to which nobody adds any more.
    pub(super) fn zero(&self, slot: u32) {
        for cpu in 0..self.stripes.all().len() / (self.slots as usize * STRIPE_WORDS) {
            let first = (cpu * self.slots as usize + slot as usize) * STRIPE_WORDS;
            (first..first + STRIPE_WORDS).for_each(|word| self.stripes.store(word, 0));
        }
        (0..SPILL_WORDS).for_each(|word| self.spills.store(slot as usize * SPILL_WORDS + word, 0));
    }
}

fn add(sum: &mut (u64, u64), word: u64) {
    sum.0 += packed::bytes(word);
    sum.1 += packed::packets(word);
}
