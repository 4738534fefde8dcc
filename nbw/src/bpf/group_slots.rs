//! The slots of groups: read without a system call, and taken back when their group is gone.
//!
//! Taking back has two steps with a grace period between them, so that no byte is lost: [`GroupSlots::retire`] takes
//! slots out of the index and makes every cached reference stale; after [`super::grace_period`] nobody adds to them any
//! more, their counters are final, and [`GroupSlots::release`] hands them out again.

use aya::maps::{Array, HashMap, MapData, Queue};
use nbw_common::abi::{Counters, GroupIdent, GroupKey, OVERFLOW_SLOT, maps};

use super::{
    Object,
    counters::SlotCounters,
    shared::{Words, halves, whole},
};
use crate::failure::Failure;

const IDENT_WORDS: usize = size_of::<GroupIdent>() / size_of::<u64>();
/// Words of a [`GroupIdent`]: cgroup, netns, ifindex and generation, link_header.
const CGROUP: usize = 0;
const NETNS: usize = 1;
const IFINDEX_GENERATION: usize = 2;
const LINK_HEADER: usize = 3;

/// The table of group slots.
pub struct GroupSlots {
    idents: Words,
    counters: SlotCounters,
    next: Words,
    slots: u32,
    index: HashMap<MapData, GroupKey, u64>,
    free: Queue<MapData, u32>,
    epoch: Array<MapData, u64>,
}

impl GroupSlots {
    /// The table of a loaded object.
    ///
    /// # Errors
    /// When the object lacks a map, or one cannot be mapped into memory.
    pub fn open(object: &mut Object) -> Result<Self, Failure> {
        let slots = object.group_slots;
        Ok(Self {
            idents: object.map_words(maps::GROUP_IDENTS, slots, size_of::<GroupIdent>())?,
            counters: SlotCounters::open(object, maps::GROUP_STRIPES, maps::GROUP_SPILLS, slots, object.cpus)?,
            next: object.map_words(maps::GROUP_NEXT, 1, size_of::<u64>())?,
            slots,
            index: object.take_map(maps::GROUP_INDEX)?,
            free: object.take_map(maps::GROUP_FREE)?,
            epoch: object.take_map(maps::EPOCH)?,
        })
    }

    /// All slots, the overflow slot included.
    pub fn capacity(&self) -> u32 {
        self.slots
    }

    /// The slots that have ever been handed out; no other can hold anything.
    pub fn ever_used(&self) -> std::ops::RangeInclusive<u32> {
        1..=(self.next.load(0) as u32).min(self.slots - 1)
    }

    /// Who has the slot; none while nobody has.
    pub fn ident(&self, slot: u32) -> Option<GroupIdent> {
        let word = |word| self.idents.load(slot as usize * IDENT_WORDS + word);
        // The cgroup is written last and so read first: when it is there, the rest is.
        let cgroup = word(CGROUP);
        let (low, high) = halves(word(IFINDEX_GENERATION));
        (cgroup != 0).then(|| GroupIdent {
            cgroup,
            netns: word(NETNS),
            ifindex: low,
            generation: high,
            link_header: halves(word(LINK_HEADER)).0,
            reserved: 0,
        })
    }

    /// What was counted in the slot, over all CPUs: bytes from the network header on. None if the slot cannot be read
    /// at this moment.
    pub fn counters(&self, slot: u32) -> Option<Counters> {
        self.counters.read(slot)
    }

    /// What found no slot.
    pub fn overflow(&self) -> Option<Counters> {
        self.counters(OVERFLOW_SLOT)
    }

    /// Tells the length of the link-layer header of the slot's interface.
    pub fn set_link_header(&self, slot: u32, bytes: u32) {
        self.idents.store(slot as usize * IDENT_WORDS + LINK_HEADER, bytes.into());
    }

    /// Takes slots out of the index and makes every reference to them stale. Their counters stay readable, and may
    /// still grow until [`super::grace_period`] has passed.
    ///
    /// # Errors
    /// When the kernel refuses a write; then some slots stay as they are.
    pub fn retire<'a>(&mut self, slots: impl IntoIterator<Item = (u32, &'a GroupIdent)>) -> Result<(), Failure> {
        for (slot, ident) in slots {
            let key = GroupKey { cgroup: ident.cgroup, netns: ident.netns, ifindex: ident.ifindex, reserved: 0 };
            self.index.remove(&key).map_err(|error| Failure::running(&error))?;
            let word = slot as usize * IDENT_WORDS + IFINDEX_GENERATION;
            self.idents.store(word, whole(ident.ifindex, ident.generation.wrapping_add(1)));
        }
        // The index first: a socket that finds its reference stale must not find the same slot again.
        let epoch = self.epoch.get(&0, 0).map_err(|error| Failure::running(&error))?;
        self.epoch.set(0, epoch + 1, 0).map_err(|error| Failure::running(&error))
    }

    /// Hands a retired slot out again, after the grace period and after its last bytes were read.
    ///
    /// # Errors
    /// When the kernel's free list is full, which would mean that a slot was released twice.
    pub fn release(&mut self, slot: u32) -> Result<(), Failure> {
        self.counters.zero(slot);
        self.idents.store(slot as usize * IDENT_WORDS + CGROUP, 0);
        self.free.push(slot, 0).map_err(|error| Failure::running(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_an_ident_are_where_the_struct_has_them() {
        let ident = GroupIdent { cgroup: 1, netns: 2, ifindex: 3, generation: 4, link_header: 5, reserved: 0 };
        // SAFETY: plain integers without padding.
        let words: [u64; IDENT_WORDS] = unsafe { std::mem::transmute(ident) };
        assert_eq!(words[CGROUP], 1);
        assert_eq!(words[NETNS], 2);
        assert_eq!(halves(words[IFINDEX_GENERATION]), (3, 4));
        assert_eq!(halves(words[LINK_HEADER]).0, 5);
        assert_eq!(whole(3, 4), words[IFINDEX_GENERATION]);
    }
}
