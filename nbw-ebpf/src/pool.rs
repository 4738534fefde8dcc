//! The free slots of a table: those that userspace took back, then those that nobody has had yet.

use aya_ebpf::maps::{Array, Queue};
use nbw_common::abi::Trouble;

use crate::{add, health};

/// Where slots are that userspace took back.
pub trait TakenBack {
    /// One of them, if there is one.
    fn pop(&self, slots: u32) -> Option<u32>;
}

/// The free slots of one table.
pub struct Pool<T: 'static> {
    /// Slots that were taken back.
    pub free: T,
    /// The lowest that was never used.
    pub next: &'static Array<u64>,
}

impl<T: TakenBack> Pool<T> {
    /// A free slot below `slots`, if there is one. Never slot 0, the overflow slot.
    #[inline(always)]
    pub fn take(&self, slots: u32) -> Option<u32> {
        self.free.pop(slots).or_else(|| self.never_used(slots.into()))
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
}

/// A queue of the kernel's: for slots that seldom go back.
impl TakenBack for &'static Queue<u32> {
    #[inline(always)]
    fn pop(&self, _slots: u32) -> Option<u32> {
        // An error is a queue that another CPU holds for too long (rqspinlock): a slot never used serves as well.
        Queue::pop(self).ok().flatten()
    }
}

impl Pool<&'static Queue<u32>> {
    /// Gives back a slot that was not used after all.
    #[inline(always)]
    pub fn give_back(&self, slot: u32) {
        if self.free.push(&slot, 0).is_err() {
            health::note(Trouble::TableRefused);
        }
    }
}

/// A ring in shared memory, of as many places as there are slots: for slots that go back all the time, which takes userspace
/// no system call.
///
/// Each look takes the next place, empty or not, so nobody waits for anybody. A slot that userspace puts in a moment too
/// late is found when its place comes round again.
pub struct Ring {
    /// The places; 0 where there is no slot.
    pub places: &'static Array<u64>,
    /// How many were looked at so far.
    pub taken: &'static Array<u64>,
}

impl TakenBack for Ring {
    #[inline(always)]
    fn pop(&self, slots: u32) -> Option<u32> {
        let taken = self.taken.get_ptr_mut(0)?;
        // SAFETY: a pointer from an array look-up is valid while the program runs.
        let place = unsafe { add::fetch_add(taken, 1) };
        // Checked, for the compiler does not know that there are slots.
        let slot = self.places.get_ptr_mut(place.checked_rem(slots.into())? as u32)?;
        // SAFETY: as above.
        let slot = unsafe { add::exchange(slot, 0) };
        (slot != 0).then_some(slot as u32)
    }
}
