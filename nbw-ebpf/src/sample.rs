//! Chooses the packets that are looked at, before anything is done with them that costs much: all of them while they are few,
//! else so many that userspace can keep up, however many there are.

use aya_ebpf::helpers::bpf_get_prandom_u32;
use nbw_common::{
    abi::{CONTROL_ERA, CONTROL_SEED, ClassCell, cell, rate_word},
    class::{self, Sampling},
    pace,
};

use crate::{
    add::add_alone,
    count,
    detect::{What, control},
    knob,
    maps::{CLASS_CELLS, DETECT_CONTROL, LINK_IDENTS},
};

/// Counts a packet of the interface with that slot. For how many it stands, if it is to be looked at; else 0.
#[inline(always)]
pub fn of_link(slot: u32, what: What, conversation: u64) -> u32 {
    let Some(row) = LINK_IDENTS.get(slot).map(|ident| ident.detect_row) else { return 0 };
    let cpu = count::cpu();
    let counted = cell(cpu, row, what.outgoing(), what.class());
    let paced = cell(cpu, row, false, class::paced_as(what.class()));
    let Some(counted) = CLASS_CELLS.get_ptr_mut(counted) else { return 0 };
    let Some(paced) = CLASS_CELLS.get_ptr_mut(paced) else { return 0 };
    // SAFETY: pointers from array look-ups are valid while the program runs, and TC runs with bottom halves off.
    unsafe {
        add_alone(&raw mut (*counted).count, 1);
        let weight = weight(next_rate(paced, row, what.class()), what.class(), conversation);
        (*paced).handed += u64::from(weight > 0);
        weight
    }
}

/// How thin, as a logarithm, packets of the cell's pace are sampled now.
///
/// # Safety
/// `paced` must be valid, and nobody else's.
#[inline(always)]
unsafe fn next_rate(paced: *mut ClassCell, row: u32, class: u32) -> u32 {
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
    match class::sampling(class) {
        Sampling::Packets => own,
        Sampling::Conversations(_) => evened(rate_word(row, class), era, own),
    }
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

/// What the packet stands for, if it is chosen; else 0. On average that is 1.
#[inline(always)]
fn weight(rate: u32, class: u32, conversation: u64) -> u32 {
    if rate == 0 {
        return 1;
    }
    let weight: u32 = 1 << rate;
    match class::sampling(class) {
        Sampling::Conversations(share) if conversation != 0 => {
            if mixed(conversation) & (weight - 1) == 0 {
                // What is chosen by chance besides makes up for the rest.
                return pace::of_chosen(weight, share, chance());
            }
            let one_in = u64::from(weight) << share;
            if u64::from(chance()) & (one_in - 1) == 0 { weight } else { 0 }
        }
        Sampling::Packets | Sampling::Conversations(_) => {
            if chance() & (weight - 1) == 0 {
                weight
            } else {
                0
            }
        }
    }
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
