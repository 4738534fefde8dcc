//! What is kept after a snapshot, and what is over.

use std::net::IpAddr;

use foldhash::HashSet;

use super::{Connections, Row};
use crate::resolve::processes::ProcessId;

impl Connections {
    /// A snapshot was made.
    pub fn shown(&mut self) {
        self.rows.retain(|_, row| !row.is_closed());
        self.folded.shown();
        self.rows.values_mut().for_each(|row| row.before = row.now);
        let ids: HashSet<ProcessId> = self.by_process.iter().map(|(share, _)| share.process).collect();
        self.processes.look_after(ids.into_iter());
        let having: HashSet<ProcessId> = self.slots.values().map(|live| live.process).collect();
        let processes = &self.processes;
        self.by_process.shown(|share| having.contains(&share.process) || processes.lives(share.process));
        let remotes: HashSet<Option<IpAddr>> = self.rows.values().map(Row::remote).collect();
        self.by_remote.shown(|share| remotes.contains(&share.remote));
        self.forget(&having);
    }

    /// Forgets the processes and cgroups of which nothing is kept any more; some processes are `having` slots.
    fn forget(&mut self, having: &HashSet<ProcessId>) {
        let kept: HashSet<ProcessId> = self.by_process.iter().map(|(share, _)| share.process).collect();
        self.processes.keep(|id| kept.contains(&id) || having.contains(&id));
        let of_processes = self.by_process.iter().map(|(share, _)| share.group.row_id);
        let of_remotes = self.by_remote.iter().map(|(share, _)| share.group.row_id);
        let of_slots = self.slots.values().map(|live| live.group.row_id);
        let groups: HashSet<u64> = of_processes.chain(of_remotes).chain(of_slots).collect();
        self.cgroups.retain(|id, _| groups.contains(id));
    }
}
