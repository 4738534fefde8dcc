//! One reading of everything that the kernel has counted. It knows nothing of rates or names.

use std::time::Instant;

use nbw_common::abi::{Counters, GroupIdent};

use crate::{
    bpf::{GroupSlots, Kernel},
    snapshot::Health,
};

/// A reading.
pub struct Sample {
    /// When it was taken, for rates.
    pub at: Instant,
    /// When it was taken, for people.
    pub time: jiff::Timestamp,
    /// Every group slot that has an owner.
    pub groups: Vec<GroupReading>,
    /// Every monitored interface that could be read, in the order of their indices.
    pub links: Vec<(u32, Counters)>,
    /// What found no group slot.
    pub overflow: Option<Counters>,
    /// How often each way of failing was met.
    pub health: Health,
}

impl Sample {
    /// What was counted on an interface, if it is monitored.
    pub fn link(&self, index: u32) -> Option<&Counters> {
        let at = self.links.binary_search_by_key(&index, |&(index, _)| index).ok()?;
        Some(&self.links[at].1)
    }
}

/// One group slot.
pub struct GroupReading {
    /// The slot.
    pub slot: u32,
    /// Who has it.
    pub ident: GroupIdent,
    /// Bytes from the network header on, and packets; none if the slot could not be read at this moment.
    pub counters: Option<Counters>,
}

/// Reads everything, without a system call.
///
/// Groups come first: what a group sends is counted for it before it is counted for the interface, so what lies between
/// the two readings shows as unattributed for a moment, never as more than there was.
pub fn read(kernel: &Kernel, links: impl IntoIterator<Item = u32>) -> Sample {
    let at = Instant::now();
    let time = jiff::Timestamp::now();
    let groups = read_groups(&kernel.groups);
    let overflow = kernel.groups.overflow();
    let counted = |index| Some((index, kernel.links.counters(index)?));
    let mut links: Vec<(u32, Counters)> = links.into_iter().filter_map(counted).collect();
    links.sort_unstable_by_key(|&(index, _)| index);
    Sample { at, time, groups, links, overflow, health: kernel.health() }
}

/// Every group slot that has an owner, in the order of the slots.
pub fn read_groups(groups: &GroupSlots) -> Vec<GroupReading> {
    let live = groups.ever_used().filter_map(|slot| Some((slot, groups.ident(slot)?)));
    live.map(|(slot, ident)| GroupReading { slot, ident, counters: groups.counters(slot) }).collect()
}
