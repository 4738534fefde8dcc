//! Adding a packet to a slot: the same for interfaces and groups.

use aya_ebpf::{helpers::bpf_get_smp_processor_id, maps::Array};
use nbw_common::abi::{Spill, Stripe, packed};

use crate::{
    add::{add_alone, fetch_add},
    wire::{Direction, Wire},
};

/// Whether anything else on this CPU can come between the load and the store of an addition.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Bottom halves are off (TC, and all that is received): nothing can. A plain addition will do.
    Alone,
    /// Process context (what sockets send): a softirq or, on preemptible kernels, another task may send for the same
    /// slot at any moment. The addition must be one instruction.
    Shared,
}

/// A table of slots.
pub struct Table {
    pub stripes: &'static Array<Stripe>,
    pub spills: &'static Array<Spill>,
}

impl Table {
    /// Adds `wire` to `slot` in this CPU's stripe of `slots` slots.
    #[inline(always)]
    pub fn add(&self, slots: u32, slot: u32, direction: Direction, wire: Wire, context: Context) {
        // SAFETY: always callable.
        let cpu = unsafe { bpf_get_smp_processor_id() };
        let Some(stripe) = self.stripes.get_ptr_mut(cpu * slots + slot) else { return };
        // SAFETY: a pointer from an array look-up is valid while the program runs.
        let word = unsafe {
            match direction {
                Direction::Rx => &raw mut (*stripe).rx,
                Direction::Tx => &raw mut (*stripe).tx,
            }
        };
        let amount = packed::word(wire.bytes, wire.packets);
        // SAFETY: as above; `Alone` is the caller's word that it is.
        let before = unsafe {
            match context {
                Context::Alone => add_alone(word, amount),
                Context::Shared => fetch_add(word, amount),
            }
        };
        let filled = packed::filled(before, before.wrapping_add(amount));
        if filled != 0 {
            self.spill(slot, direction, word, filled);
        }
    }

    /// Moves what fills half a field out of the stripe, marked so that no reader counts it twice or not at all.
    #[inline(always)]
    fn spill(&self, slot: u32, direction: Direction, word: *mut u64, filled: u64) {
        let Some(spill) = self.spills.get_ptr_mut(slot) else { return };
        // SAFETY: pointers from array look-ups are valid while the program runs.
        unsafe {
            let (bytes, packets) = match direction {
                Direction::Rx => (&raw mut (*spill).rx_bytes, &raw mut (*spill).rx_packets),
                Direction::Tx => (&raw mut (*spill).tx_bytes, &raw mut (*spill).tx_packets),
            };
            if filled & packed::BYTES_FULL != 0 {
                carry(word, packed::BYTES_FULL, bytes, packed::bytes(packed::BYTES_FULL));
            }
            if filled & packed::PACKETS_FULL != 0 {
                carry(word, packed::PACKETS_FULL, packets, packed::packets(packed::PACKETS_FULL));
            }
        }
    }
}

/// # Safety
/// Both pointers must be valid and aligned.
#[inline(never)]
unsafe fn carry(from: *mut u64, taken: u64, to: *mut u64, given: u64) {
    // SAFETY: the caller's promise. Each is a full barrier, so readers see them in this order.
    unsafe {
        fetch_add(to, packed::MOVING);
        fetch_add(from, taken.wrapping_neg());
        fetch_add(to, given.wrapping_sub(packed::MOVING));
    }
}
