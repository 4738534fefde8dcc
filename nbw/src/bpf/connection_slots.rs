//! The slots of connections: the kernel tells by a journal which are opened and closed; reading takes no system call.
//!
//! A closed slot is handed out again after [`super::grace_period`], when its counters are final and were read.

use std::sync::atomic::{AtomicU32, Ordering};

use aya::maps::{HashMap, MapData};
use nbw_common::abi::{
    ConnectionIdent, Counters, EndKey, JOURNAL_CLOSED, JOURNAL_PER_SLOT, OVERFLOW_SLOT, Owner, kind, maps,
};

use super::{
    Object,
    counters::SlotCounters,
    free_slots::FreeSlots,
    shared::{Words, halves, whole},
};
use crate::failure::Failure;

const IDENT_WORDS: usize = size_of::<ConnectionIdent>() / size_of::<u64>();
/// Words of a [`ConnectionIdent`].
const COOKIE: usize = 0;
const PARENT_AND_ENDS: usize = 10;
const TGID_AND_UID: usize = 11;
const COMM: usize = 12;

/// An event of the kernel's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotEvent {
    /// The slot's identity is written; it counts.
    Opened(u32),
    /// Nothing is counted in the slot any more after a grace period.
    Closed(u32),
}

/// The table of connection slots.
pub struct ConnectionSlots {
    idents: Words,
    counters: SlotCounters,
    journal: Words,
    head: Words,
    read: u64,
    free: FreeSlots,
    epoch: Words,
    ends: HashMap<MapData, EndKey, u64>,
}

impl ConnectionSlots {
    /// The table of a loaded object.
    ///
    /// # Errors
    /// When the object lacks a map, or one cannot be mapped into memory.
    pub fn open(object: &mut Object, slots: u32) -> Result<Self, Failure> {
        let entries = slots * JOURNAL_PER_SLOT;
        Ok(Self {
            idents: object.map_words(maps::CONNECTION_IDENTS, slots, size_of::<ConnectionIdent>())?,
            counters: SlotCounters::open(object, maps::CONNECTION_STRIPES, maps::CONNECTION_SPILLS, slots, 1)?,
            journal: object.map_words(maps::JOURNAL, entries, size_of::<u64>())?,
            head: object.map_words(maps::JOURNAL_HEAD, 1, size_of::<u64>())?,
            read: 0,
            free: FreeSlots::open(object, slots)?,
            epoch: object.map_words(maps::CONNECTION_EPOCH, 1, size_of::<u64>())?,
            ends: object.take_map(maps::END_INDEX)?,
        })
    }

    /// The next event of the journal, in the order in which they happened.
    pub fn next_event(&mut self) -> Option<SlotEvent> {
        if self.read == self.head.load(0) {
            return None;
        }
        let at = (self.read % self.journal.all().len() as u64) as usize;
        // 0: another CPU has taken the place and is about to write it.
        let event = self.journal.load(at).checked_sub(1)?;
        self.journal.store(at, 0);
        self.read += 1;
        let slot = event as u32;
        Some(if event & JOURNAL_CLOSED == 0 { SlotEvent::Opened(slot) } else { SlotEvent::Closed(slot) })
    }

    /// Who has the slot.
    pub fn ident(&self, slot: u32) -> ConnectionIdent {
        // The owner's second part last: see `owner`.
        let words: [u64; IDENT_WORDS] = std::array::from_fn(|word| self.word(slot, word));
        // SAFETY: as many plain integers without padding, any bits of which will do.
        unsafe { std::mem::transmute(words) }
    }

    /// Pid of the process that has the slot's socket; cheaper than [`Self::ident`].
    pub fn tgid(&self, slot: u32) -> u32 {
        halves(self.word(slot, TGID_AND_UID)).0
    }

    /// Makes every socket forget its slot: with its next packet it takes a new one, and closes the old. After a grace period
    /// nothing is counted in a slot that was not taken since.
    pub fn forget(&self) {
        self.epoch.all()[0].fetch_add(1, Ordering::AcqRel);
    }

    /// Names the owner of a socket that was there before nbw, unless a process has used it meanwhile.
    pub fn set_owner(&self, slot: u32, owner: &Owner) {
        let word = &self.idents.all()[slot as usize * IDENT_WORDS + TGID_AND_UID];
        let named = whole(owner.tgid, owner.uid);
        if word.compare_exchange(0, named, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            self.set_word(slot, COMM, owner.comm[0]);
            self.set_word(slot, COMM + 1, owner.comm[1]);
        }
    }

    /// What was counted in the slot: bytes from the network header on. None if the slot cannot be read at this moment.
    pub fn counters(&self, slot: u32) -> Option<Counters> {
        self.counters.read(slot)
    }

    /// What found no slot.
    pub fn overflow(&self) -> Option<Counters> {
        self.counters(OVERFLOW_SLOT)
    }

    /// Takes an end of an unconnected socket out of the index: after a grace period nothing is counted in its slot.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn retire_end(&mut self, ident: &ConnectionIdent) -> Result<(), Failure> {
        debug_assert_eq!(ident.kind, kind::END);
        let key = EndKey { remote: ident.remote, parent: ident.parent, port: ident.remote_port, reserved: 0 };
        self.ends.remove(&key).map_err(|error| Failure::running(&error))?;
        self.count_of_ends(ident.parent).fetch_sub(1, Ordering::AcqRel);
        Ok(())
    }

    /// How many ends of the socket have slots; the kernel side adds to it.
    fn count_of_ends(&self, slot: u32) -> &AtomicU32 {
        let word = &self.idents.all()[slot as usize * IDENT_WORDS + PARENT_AND_ENDS];
        let halves = std::ptr::from_ref(word).cast::<AtomicU32>();
        // SAFETY: the second of the two 32-bit halves of a word that lives as long as self; both sides only ever access
        // it by atomic instructions of that size, or as a whole to copy it.
        unsafe { &*halves.add(1) }
    }

    /// Hands a slot out again, after the grace period and after its last bytes were read.
    pub fn release(&mut self, slot: u32) {
        self.counters.zero(slot);
        self.set_word(slot, COOKIE, 0);
        self.free.put(slot);
    }

    /// All slots, the overflow slot included.
    pub(super) fn capacity(&self) -> u32 {
        (self.idents.all().len() / IDENT_WORDS) as u32
    }

    /// How many are taken: each is looked at.
    pub(super) fn taken(&self) -> usize {
        (1..self.capacity()).filter(|&slot| self.word(slot, COOKIE) != 0).count()
    }

    fn word(&self, slot: u32, word: usize) -> u64 {
        self.idents.load(slot as usize * IDENT_WORDS + word)
    }

    fn set_word(&self, slot: u32, word: usize, value: u64) {
        self.idents.store(slot as usize * IDENT_WORDS + word, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_an_ident_are_where_the_struct_has_them() {
        let owner = Owner { tgid: 7, uid: 8, comm: [9, 10] };
        let ident = ConnectionIdent { cookie: 1, parent: 2, ends: 3, owner, ..ConnectionIdent::default() };
        // SAFETY: plain integers without padding.
        let words: [u64; IDENT_WORDS] = unsafe { std::mem::transmute(ident) };
        assert_eq!(words[COOKIE], 1);
        assert_eq!(halves(words[PARENT_AND_ENDS]), (2, 3));
        assert_eq!(halves(words[TGID_AND_UID]), (7, 8));
        assert_eq!(words[COMM..COMM + 2], [9, 10]);
    }
}
