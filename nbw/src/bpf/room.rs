//! What is attached, and how much of the room for counters is taken: for whoever asks how nbw is.

use nbw_common::abi::LINK_SLOTS;

use super::{Hook, Kernel};

/// One kind of counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What they count: `groups`, `interfaces` or `connections`.
    pub of: &'static str,
    /// How many are taken.
    pub used: u64,
    /// How many there are.
    pub capacity: u64,
}

impl Kernel {
    /// The hook that works at interfaces; none while nothing is attached to one.
    pub fn hook(&self) -> Option<Hook> {
        self.attachments.hook()
    }

    /// The names of the programs that are in the kernel.
    pub fn programs(&self) -> Vec<String> {
        self.object.loaded()
    }

    /// The counters, looked through one by one.
    pub fn rooms(&self) -> Vec<Room> {
        let groups = self.groups.ever_used().filter(|&slot| self.groups.ident(slot).is_some()).count();
        // One slot of each is the overflow's.
        let room = |of, used: usize, slots: u32| Room { of, used: used as u64, capacity: u64::from(slots) - 1 };
        let mut rooms = vec![
            room("groups", groups, self.groups.capacity()),
            Room { of: "interfaces", used: self.links.taken() as u64, capacity: LINK_SLOTS.into() },
        ];
        rooms.extend(self.connections.as_ref().map(|slots| room("connections", slots.taken(), slots.capacity())));
        rooms
    }
}
