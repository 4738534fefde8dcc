//! What becomes of a connection's slot when its socket goes to another process.

use nbw_common::abi::{SocketCache, SocketOwner, Stripe, packed, slot_word};

use crate::{
    add,
    connection::POOL,
    journal,
    knob::NBW_CONNECTION_SLOTS,
    maps::{CONNECTION_IDENTS, CONNECTION_STRIPES},
    owner::Use,
    wire::Direction,
};

/// More than the headers of a short message.
const HEADERS: u64 = 256;

/// The socket goes to another process: it gets a new slot, with what was counted since the process before last used it.
/// Whether it did: not if there is no slot left, or another CPU was faster.
///
/// # Safety
/// `cache` and `owner` must be from storage look-ups.
#[inline(always)]
pub unsafe fn succeed(cache: *mut SocketCache, cookie: u64, owner: *const SocketOwner, used: &Use) -> bool {
    // SAFETY: the caller's promise; pointers from array look-ups are valid while the program runs.
    unsafe {
        let word = core::ptr::read_volatile(&raw const (*cache).connection);
        let before = slot_word::slot(word);
        let Some(old) = CONNECTION_IDENTS.get(before) else { return false };
        if word == 0 || old.cookie != cookie {
            // It has no slot to be succeeded in: its next one is the next owner's.
            return true;
        }
        let Some(slot) = POOL.take(NBW_CONNECTION_SLOTS.get()) else { return false };
        let Some(ident) = CONNECTION_IDENTS.get_ptr_mut(slot) else { return false };
        *ident = *old;
        (*ident).ends = 0;
        (*ident).owner = (*owner).owner;
        let next = word & !slot_word::SLOT | u64::from(slot);
        journal::opened(slot);
        if add::compare_exchange(&raw mut (*cache).connection, word, next) != word {
            journal::closed(slot);
            return false;
        }
        if (*owner).word == word {
            move_on(before, slot, &(*owner).used, used);
        }
        journal::closed(before);
        true
    }
}

/// Moves what another process has just `used` of what was counted in a slot since it held `before`.
#[inline(always)]
fn move_on(from: u32, to: u32, before: &Stripe, used: &Use) {
    let (Some(from), Some(to)) = (CONNECTION_STRIPES.get_ptr_mut(from), CONNECTION_STRIPES.get_ptr_mut(to)) else {
        return;
    };
    // SAFETY: pointers from array look-ups are valid while the program runs.
    unsafe {
        match used.direction {
            // All of it: the rest waits to be read.
            Direction::Rx => move_word(&raw mut (*from).rx, &raw mut (*to).rx, before.rx, u64::MAX),
            // No more than that can be on the wire: the rest was still to be sent when the process before was done.
            Direction::Tx => {
                let most = used.bytes + used.bytes / 8 + HEADERS;
                move_word(&raw mut (*from).tx, &raw mut (*to).tx, before.tx, most);
            }
        }
    }
}

/// Moves what a word holds beyond `before`, but at most about so many bytes.
///
/// # Safety
/// The pointers must be valid and aligned.
#[inline(always)]
unsafe fn move_word(from: *mut u64, to: *mut u64, before: u64, most: u64) {
    // SAFETY: the caller's promise.
    unsafe {
        let now = core::ptr::read_volatile(from);
        // Less than before only if it was spilled meanwhile: then half a terabyte decides, not the last message.
        if packed::bytes(now) >= packed::bytes(before) && packed::packets(now) >= packed::packets(before) {
            let share = at_most(now - before, most);
            add::add_shared(from, share.wrapping_neg());
            add::add_shared(to, share);
        }
    }
}

/// A part of a word with at most so many bytes, in packets that are as long as those of the whole are on average.
#[inline(always)]
fn at_most(word: u64, most: u64) -> u64 {
    let (bytes, packets) = (packed::bytes(word), packed::packets(word));
    // The products fit: packets have 23 bits here, and sends fewer than 33.
    if bytes <= most { word } else { packed::word(most, (packets * most).div_ceil(bytes)) }
}

/// Remembers what the socket's slot holds now that its owner has used it.
///
/// # Safety
/// `cache` and `owner` must be from storage look-ups.
#[inline(always)]
pub unsafe fn remember_use(cache: *const SocketCache, owner: *mut SocketOwner) {
    // SAFETY: the caller's promise, and a pointer from an array look-up.
    unsafe {
        let word = core::ptr::read_volatile(&raw const (*cache).connection);
        (*owner).word = word;
        if let Some(stripe) = CONNECTION_STRIPES.get_ptr_mut(slot_word::slot(word)) {
            (*owner).used.rx = core::ptr::read_volatile(&raw const (*stripe).rx);
            (*owner).used.tx = core::ptr::read_volatile(&raw const (*stripe).tx);
        }
    }
}
