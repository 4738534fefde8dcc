//! The slots of interfaces. Userspace hands them out, before it attaches.

use std::collections::HashMap;

use aya::maps::{Array, HashMap as BpfHashMap, MapData};
use nbw_common::abi::{Counters, DIRECT_LINKS, LINK_SLOTS, LinkIdent, maps};

use super::{Object, counters::SlotCounters};
use crate::failure::Failure;

/// The row of paces of interfaces that have none of their own.
const SHARED_ROW: u32 = 0;

/// Index of each network namespace's loopback device (`LOOPBACK_IFINDEX` in the kernel, which has no other one).
const LOOPBACK: u32 = 1;

/// The table of interface slots.
pub struct LinkSlots {
    idents: Array<MapData, LinkIdent>,
    counters: SlotCounters,
    far: BpfHashMap<MapData, u32, u32>,
    netns: u64,
    taken: HashMap<u32, u32>,
    free: Vec<u32>,
    rows: HashMap<u32, u32>,
    free_rows: Vec<u32>,
}

impl LinkSlots {
    pub(super) fn open(object: &mut Object, netns: u64) -> Result<Self, Failure> {
        Ok(Self {
            counters: SlotCounters::open(object, maps::LINK_STRIPES, maps::LINK_SPILLS, LINK_SLOTS, object.cpus)?,
            idents: object.take_map(maps::LINK_IDENTS)?,
            far: object.take_map(maps::FAR_LINKS)?,
            netns,
            taken: HashMap::new(),
            free: (DIRECT_LINKS..LINK_SLOTS).rev().collect(),
            rows: HashMap::new(),
            free_rows: (SHARED_ROW + 1..object.detect_rows).rev().collect(),
        })
    }

    /// Takes a slot for an interface: the one of its own number, or a free one that the kernel finds by a look-up.
    pub(super) fn take(&mut self, index: u32, link_header: u32) -> Result<(), Failure> {
        let slot = match self.taken.get(&index) {
            Some(&slot) => slot,
            None if index < DIRECT_LINKS => index,
            None => self.take_far(index)?,
        };
        let generation = self.ident(slot)?.generation;
        let detect_row = self.take_row(index);
        let netns = self.netns;
        let loopback = u32::from(index == LOOPBACK);
        let base = LinkIdent { netns, ifindex: index, generation, link_header, ..LinkIdent::default() };
        let ident = LinkIdent { detect_row, loopback, ..base };
        self.idents.set(slot, ident, 0).map_err(|error| Failure::running(&error))?;
        self.taken.insert(index, slot);
        Ok(())
    }

    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.taken.len()
    }

    /// The row of paces: its own while there are any.
    fn take_row(&mut self, index: u32) -> u32 {
        let free = &mut self.free_rows;
        *self.rows.entry(index).or_insert_with(|| free.pop().unwrap_or(SHARED_ROW))
    }

    fn take_far(&mut self, index: u32) -> Result<u32, Failure> {
        let slot = self.free.pop().ok_or_else(|| {
            Failure::Running(format!("all {LINK_SLOTS} interface slots are taken: choose fewer with --interface"))
        })?;
        self.far.insert(index, slot, 0).map_err(|error| Failure::running(&error))?;
        Ok(slot)
    }

    fn ident(&self, slot: u32) -> Result<LinkIdent, Failure> {
        self.idents.get(&slot, 0).map_err(|error| Failure::running(&error))
    }

    /// What was counted for the interface, over all CPUs: bytes on the wire. None if it has no slot, or cannot be read
    /// at this moment.
    pub fn counters(&self, index: u32) -> Option<Counters> {
        self.taken.get(&index).and_then(|&slot| self.counters.read(slot))
    }

    /// Hands the slot of a detached interface out again, after [`super::grace_period`] and its last reading.
    ///
    /// # Errors
    /// When the kernel refuses a write.
    pub fn release(&mut self, index: u32) -> Result<(), Failure> {
        let Some(slot) = self.taken.remove(&index) else { return Ok(()) };
        let ident = LinkIdent { generation: self.ident(slot)?.generation.wrapping_add(1), ..LinkIdent::default() };
        self.counters.zero(slot);
        self.idents.set(slot, ident, 0).map_err(|error| Failure::running(&error))?;
        self.free_rows.extend(self.rows.remove(&index).filter(|&row| row != SHARED_ROW));
        if slot >= DIRECT_LINKS {
            self.far.remove(&index).map_err(|error| Failure::running(&error))?;
            self.free.push(slot);
        }
        Ok(())
    }

    /// Cookie of the network namespace that the interfaces are in; 0 where the kernel cannot tell it.
    pub fn netns(&self) -> u64 {
        self.netns
    }
}
