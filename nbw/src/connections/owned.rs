//! Whose slots are: the kernel side may find another owner while they count.

use nbw_common::abi::kind;

use super::{Connections, ProcessShare};
use crate::{bpf::ConnectionSlots, resolve::processes::ProcessId};

impl Connections {
    /// Names the owners of sockets that were there before nbw, and were used before they were found.
    pub(super) fn adopt(&mut self, table: &ConnectionSlots) {
        let Some(owners) = self.older.found() else { return };
        for (&slot, live) in &self.slots {
            if table.tgid(slot) == 0
                && let Some(owner) = owners.get(&live.ident.cookie)
            {
                table.set_owner(slot, owner);
            }
        }
    }

    /// A socket that was accepted is its listener's until a process uses it: what it has moved by then is that process's.
    pub(super) fn own(&mut self, slot: u32, table: &ConnectionSlots) {
        let Some(live) = self.slots.get(&slot) else { return };
        if live.ident.kind == kind::END || table.tgid(slot) == live.ident.owner.tgid {
            return;
        }
        let owner = table.ident(slot).owner;
        let process = self.processes.of(&owner);
        let ends: Vec<u32> = self.ends.get(&slot).into_iter().flatten().copied().collect();
        for slot in ends.into_iter().chain([slot]) {
            self.give(slot, process);
        }
        if let Some(live) = self.slots.get_mut(&slot) {
            live.ident.owner = owner;
        }
    }

    fn give(&mut self, slot: u32, process: ProcessId) {
        let Some(live) = self.slots.get_mut(&slot) else { return };
        let group = live.group;
        let before = ProcessShare { process: std::mem::replace(&mut live.process, process), group };
        if self.keep.processes {
            self.by_process.shift(&before, ProcessShare { process, group }, live.moved);
        }
        if let Some(row) = self.rows.get_mut(&live.key) {
            row.process = process;
        }
    }
}
