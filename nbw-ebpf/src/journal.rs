//! Tells userspace which connection slots are opened and closed, without a system call on its side and without a way to
//! overflow: see [`nbw_common::abi::JOURNAL_PER_SLOT`].

use nbw_common::abi::{JOURNAL_CLOSED, JOURNAL_PER_SLOT};

use crate::{
    add,
    knob::NBW_CONNECTION_SLOTS,
    maps::{JOURNAL, JOURNAL_HEAD},
};

/// A slot's identity is written; it counts from now on.
#[inline(always)]
pub fn opened(slot: u32) {
    enter(slot.into());
}

/// Nothing is counted in the slot any more, but for what other CPUs are just counting.
#[inline(always)]
pub fn closed(slot: u32) {
    enter(u64::from(slot) | JOURNAL_CLOSED);
}

#[inline(always)]
fn enter(event: u64) {
    let Some(head) = JOURNAL_HEAD.get_ptr_mut(0) else { return };
    // SAFETY: a pointer from an array look-up is valid while the program runs.
    let place = unsafe { add::fetch_add(head, 1) };
    // Checked, for the compiler does not know that there are slots.
    let at = place.checked_rem(u64::from(NBW_CONNECTION_SLOTS.get() * JOURNAL_PER_SLOT));
    if let Some(entry) = at.and_then(|at| JOURNAL.get_ptr_mut(at as u32)) {
        // SAFETY: as above.
        unsafe { add::publish(entry, event + 1) };
    }
}
