//! The free slots of a table: those that userspace took back, then those that nobody has had yet.

use aya_ebpf::maps::{Array, Queue};
use nbw_common::abi::Trouble;

use crate::{add, health};

/// The free slots of one table.
pub struct Pool {
    /// Slots that were taken back.
    pub free: &'static Queue<u32>,
    /// The lowest that was never used.
    pub next: &'static Array<u64>,
}

impl Pool {
    /// A free slot below `slots`, if there is one. Never slot 0, the overflow slot.
    #[inline(always)]
    pub fn take(&self, slots: u32) -> Option<u32> {
        // An error is a queue that another CPU holds for too long (rqspinlock): a slot never used serves as well.
        self.free.pop().ok().flatten().or_else(|| self.never_used(slots.into()))
    }

    #[inline(always)]
    fn never_used(&self, slots: u64) -> Option<u32> {
        let next = self.next.get_ptr_mut(0)?;
        // Looked at first, so that a full table does not count on for ever.
        // SAFETY: a pointer from an array look-up is valid while the program runs.
        let slot = unsafe {
            if core::ptr::read_volatile(next) + 1 >= slots {
                return None;
            }
            add::fetch_add(next, 1) + 1
        };
        (slot < slots).then_some(slot as u32)
    }

    /// Gives back a slot that was not used after all.
    #[inline(always)]
    pub fn give_back(&self, slot: u32) {
        if self.free.push(&slot, 0).is_err() {
            health::note(Trouble::TableRefused);
        }
    }
}
