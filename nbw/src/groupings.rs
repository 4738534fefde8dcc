//! What every cgroup has moved on every interface, kept for a while after it is gone: containers, pods and units are sums of
//! these, and no sum falls when one of its parts ends.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use crate::{
    ledger::{Group, Ledger},
    resolve::cgroups::Cgroup,
    tally::{Sum, Tally},
};

/// The sums, and the cgroups that they are of.
#[derive(Debug, Default)]
pub struct Groupings {
    sums: Tally<Group>,
    cgroups: HashMap<u64, Rc<Cgroup>>,
}

impl Groupings {
    /// Adds what was moved in a sample that the ledger has taken in.
    pub fn take(&mut self, ledger: &Ledger) {
        for row in ledger.rows() {
            self.sums.add(row.group(), row.now.beyond(row.before));
            self.cgroups.entry(row.cgroup.row_id).or_insert_with(|| Rc::clone(&row.cgroup));
        }
    }

    /// The sums, with their cgroups.
    pub fn iter(&self) -> impl Iterator<Item = (Group, &Rc<Cgroup>, &Sum)> {
        self.sums.iter().filter_map(|(&group, sum)| Some((group, self.cgroups.get(&group.row_id)?, sum)))
    }

    /// A snapshot was made.
    pub fn shown(&mut self, ledger: &Ledger) {
        let alive: HashSet<Group> = ledger.rows().map(crate::ledger::Row::group).collect();
        self.sums.shown(|group| alive.contains(group));
        let kept: HashSet<u64> = self.sums.iter().map(|(group, _)| group.row_id).collect();
        self.cgroups.retain(|id, _| kept.contains(id));
    }
}
