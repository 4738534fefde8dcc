//! Chooses the packets that are looked at, before anything is done with them that costs much: all of them while they are few,
//! else so many that userspace can keep up, however many there are.

use aya_ebpf::helpers::bpf_get_prandom_u32;
use nbw_common::{
    abi::{CONTROL_ERA, CONTROL_SEED, PaceCell, cell, rate_word},
    class::{self, Class, Sampling},
    pace,
};

use crate::{
    count,
    detect::{What, control},
    knob,
    maps::{DETECT_CONTROL, PACE_CELLS},
};

/// A packet that is to be looked at.
#[derive(Clone, Copy)]
pub struct Chosen {
    /// For how many it stands.
    pub weight: u32,
    /// See [`Flags::alone`](nbw_common::abi::Flags::alone).
    pub alone: bool,
    /// See [`Flags::followed`](nbw_common::abi::Flags::followed).
    pub followed: u32,
}

/// Counts a packet, and says whether it is to be looked at.
#[inline(always)]
pub fn choose(what: What, conversation: u64) -> Option<Chosen> {
    let (class, row) = (what.class(), what.row());
    let cell = cell(count::cpu(), knob::NBW_DETECT_ROWS.get(), row, class::paced_as(class));
    let paced = PACE_CELLS.get_ptr_mut(cell)?;
    // SAFETY: a pointer from an array look-up is valid while the program runs, and TC runs with bottom halves off.
    let rate = unsafe { next_rate(paced, row, class) };
    let number = if class::rate_is_even(class) { mixed(conversation) } else { 0 };
    let (weight, alone) = weight(rate, class, (conversation != 0).then_some(number));
    if weight == 0 {
        return None;
    }
    // SAFETY: as above.
    unsafe { (*paced).handed += 1 };
    let is_followed = what.is_glanced() && class::begins_or_ends(class);
    Some(Chosen { weight, alone, followed: if is_followed { followed(row, rate, number) } else { 0 } })
}

/// One more than the rate, as a logarithm, at which the established packets of this conversation are handed over too; 0 if they
/// are not.
#[inline(always)]
fn followed(row: u32, rate: u32, number: u32) -> u32 {
    let word = control(rate_word(row, class::paced_as(Class::Established as u32)));
    let theirs = pace::shared(word, control(CONTROL_ERA) as u32) & pace::THINNEST;
    let rate = if theirs > rate { theirs } else { rate };
    if number & ((1 << rate) - 1) == 0 { rate + 1 } else { 0 }
}

/// How thin, as a logarithm, packets of the cell's pace are sampled now.
///
/// # Safety
/// `paced` must be valid, and nobody else's.
#[inline(always)]
unsafe fn next_rate(paced: *mut PaceCell, row: u32, class: u32) -> u32 {
    let (budget, era) = (knob::NBW_DETECT_BUDGET.get(), control(CONTROL_ERA) as u32);
    // SAFETY: the caller's promise.
    let own = unsafe {
        let (word, rate) = pace::next((*paced).pace, era, budget);
        (*paced).pace = word;
        if pace::begins(word) {
            (*paced).handed = 0;
        }
        rate + pace::thinner((*paced).handed, budget)
    };
    let own = if own < pace::THINNEST { own } else { pace::THINNEST };
    if class::rate_is_even(class) { evened(rate_word(row, class::paced_as(class)), era, own) } else { own }
}

/// The rate of all CPUs: packets of a conversation come to several.
#[inline(always)]
fn evened(word: u32, era: u32, own: u32) -> u32 {
    let Some(shared) = DETECT_CONTROL.get_ptr_mut(word) else { return own };
    // SAFETY: from an array look-up; an aligned word is read and written whole. It is written when a rate rises, so seldom.
    unsafe {
        let before = core::ptr::read_volatile(shared);
        let (after, rate) = pace::even(before, era, own);
        if after != before {
            core::ptr::write_volatile(shared, after);
        }
        rate & pace::THINNEST
    }
}

/// What the packet stands for, if it is chosen, else 0: on average that is 1. And whether it was chosen alone, though it belongs
/// to a conversation. `number` is the conversation's, if it is known.
#[inline(always)]
fn weight(rate: u32, class: u32, number: Option<u32>) -> (u32, bool) {
    if rate == 0 {
        return (1, false);
    }
    let weight: u32 = 1 << rate;
    match (class::sampling(class), number) {
        (Sampling::Packets, _) => (by_chance(weight, 0), false),
        (Sampling::Conversations(_), None) => (by_chance(weight, 0), true),
        // What is chosen by chance besides makes up for the rest.
        (Sampling::Conversations(share), Some(number)) if number & (weight - 1) == 0 => {
            (pace::of_chosen(weight, share, chance()), false)
        }
        // A flood of the very same SYN is judged by these: they do not say so.
        (Sampling::Conversations(share), Some(_)) => (by_chance(weight, share), class == Class::Reflector as u32),
    }
}

/// The weight, for one packet in so many, and in `1 << share` of them; else 0.
#[inline(always)]
fn by_chance(weight: u32, share: u32) -> u32 {
    let one_in = u64::from(weight) << share;
    if u64::from(chance()) & (one_in - 1) == 0 { weight } else { 0 }
}

#[inline(always)]
fn chance() -> u32 {
    // SAFETY: always callable.
    unsafe { bpf_get_prandom_u32() }
}

/// A number that nobody can foresee who does not know the seed, and the same for all of a conversation: multiply and fold, as
/// in wyhash.
#[inline(always)]
fn mixed(conversation: u64) -> u32 {
    const ODD: u64 = 0xa076_1d64_78bd_642f;
    let mixed = (conversation ^ control(CONTROL_SEED)).wrapping_mul(ODD);
    let mixed = (mixed ^ mixed >> 32).wrapping_mul(ODD);
    (mixed >> 32) as u32
}
