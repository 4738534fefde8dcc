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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SLOTS: u32 = 8;

    fn words(count: u32) -> Words {
        let file = tempfile::tempfile().unwrap();
        file.set_len(u64::from(count) * 8).unwrap();
        Words::map(file, count, size_of::<u64>()).unwrap()
    }

    /// What the kernel side does.
    fn take(ring: &FreeSlots) -> Option<u32> {
        let place = ring.taken.load(0);
        ring.taken.store(0, place + 1);
        let at = (place % u64::from(SLOTS)) as usize;
        let slot = ring.places.load(at) as u32;
        ring.places.store(at, 0);
        (slot != 0).then_some(slot)
    }

    #[test]
    fn a_slot_is_found_by_the_next_look_however_many_were_in_vain() {
        let mut ring = FreeSlots { places: words(SLOTS), taken: words(1), put: 0 };
        for slot in 1..100 {
            assert_eq!(take(&ring), None);
            ring.put(slot % SLOTS + 1);
            assert_eq!(take(&ring), Some(slot % SLOTS + 1));
        }
    }

    proptest! {
        /// In whatever order slots go and come: each is in one hand only, and none is lost.
        #[test]
        fn slots_are_neither_lost_nor_doubled(steps in proptest::collection::vec(any::<bool>(), 1..200)) {
            let mut ring = FreeSlots { places: words(SLOTS), taken: words(1), put: 0 };
            let mut out: Vec<u32> = (1..SLOTS).collect();
            for take_one in steps {
                if take_one {
                    out.extend(take(&ring));
                } else if let Some(slot) = out.pop() {
                    ring.put(slot);
                }
                let mut all: Vec<u32> = (0..SLOTS as usize).map(|at| ring.places.load(at) as u32).collect();
                all.retain(|&slot| slot != 0);
                all.extend(&out);
                all.sort_unstable();
                prop_assert_eq!(all, (1..SLOTS).collect::<Vec<u32>>());
            }
        }
    }
}
