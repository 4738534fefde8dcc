//! Adding a packet to a slot: the same for interfaces and groups.

use aya_ebpf::{helpers::bpf_get_smp_processor_id, maps::Array};
use nbw_common::abi::{Spill, Stripe, packed};

use crate::{
    add::{add_alone, fetch_add},
    wire::Direction,
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
pub trait Table {
    /// Number of slots in a CPU's stripe.
    fn slots() -> u32;
    /// What the CPUs have counted.
    fn stripes() -> &'static Array<Stripe>;
    /// What was moved out of the stripes.
    fn spills() -> &'static Array<Spill>;
}

/// The CPU that the program runs on, and stays on.
#[inline(always)]
pub fn cpu() -> u32 {
    // SAFETY: always callable.
    unsafe { bpf_get_smp_processor_id() }
}

/// Adds a packed `amount` to `slot` in the stripe of `cpu`.
#[inline(always)]
pub fn add<T: Table>(cpu: u32, slot: u32, direction: Direction, amount: impl FnOnce() -> u64, context: Context) {
    let Some(stripe) = T::stripes().get_ptr_mut(cpu * T::slots() + slot) else { return };
    let amount = amount();
    // SAFETY: a pointer from an array look-up is valid while the program runs; `Alone` is the caller's word that it is.
    let (word, before) = unsafe {
        let word = match direction {
            Direction::Rx => &raw mut (*stripe).rx,
            Direction::Tx => &raw mut (*stripe).tx,
        };
        let before = match context {
            Context::Alone => add_alone(word, amount),
            Context::Shared => fetch_add(word, amount),
        };
        (word, before)
    };
    let filled = packed::filled(before, before.wrapping_add(amount));
    if filled != 0 {
        // SAFETY: as above.
        unsafe { move_out::<T>(slot, word, filled, direction) };
    }
}

/// Moves what fills half a field out of the stripe, marked so that no reader counts it twice or not at all.
///
/// # Safety
/// `word` must be valid and aligned.
#[inline(never)]
unsafe fn move_out<T: Table>(slot: u32, word: *mut u64, filled: u64, direction: Direction) {
    let Some(spill) = T::spills().get_ptr_mut(slot) else { return };
    // SAFETY: the caller's promise, and a pointer from an array look-up.
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

/// # Safety
/// Both pointers must be valid and aligned.
#[inline(always)]
unsafe fn carry(from: *mut u64, taken: u64, to: *mut u64, given: u64) {
    // SAFETY: the caller's promise. Each is a full barrier, so readers see them in this order.
    unsafe {
        fetch_add(to, packed::MOVING);
        fetch_add(from, taken.wrapping_neg());
        fetch_add(to, given.wrapping_sub(packed::MOVING));
    }
}
