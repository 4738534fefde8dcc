//! The ring by which slots of connections go back to the kernel side: 20,000 short connections a second are 40,000 slots, and
//! a system call for each would be most of nbw's work.

use nbw_common::abi::maps;

use super::{Object, shared::Words};
use crate::failure::Failure;

/// Userspace's end of the ring.
pub(super) struct FreeSlots {
    /// As many as there are slots; 0 where there is none.
    places: Words,
    /// How many the kernel side has looked at.
    taken: Words,
    /// How many were put in, or passed by.
    put: u64,
}

impl FreeSlots {
    pub(super) fn open(object: &Object, slots: u32) -> Result<Self, Failure> {
        Ok(Self {
            places: object.map_words(maps::CONNECTION_FREE, slots, size_of::<u64>())?,
            taken: object.map_words(maps::CONNECTION_TAKEN, 1, size_of::<u64>())?,
            put: 0,
        })
    }

    /// Puts a slot where the kernel side looks soon: it may have looked at many places in vain. One that it passes by just
    /// now it finds the next time round; such places are left as they are.
    ///
    /// There is room: there is a place for every slot, and the overflow slot is never put in.
    pub(super) fn put(&mut self, slot: u32) {
        self.put = self.put.max(self.taken.load(0));
        let all = self.places.all().len();
        for _ in 0..all {
            let place = (self.put % all as u64) as usize;
            self.put += 1;
            if self.places.load(place) == 0 {
                self.places.store(place, slot.into());
                return;
            }
        }
        tracing::error!("there is no room for the free slot {slot}: it was put back twice");
    }
}
