//! What every cgroup has moved on every interface, kept for a while after it is gone: containers, pods and units are sums of
//! these, and no sum falls when one of its parts ends.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use crate::{
    ledger::{Group, Ledger, Row},
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

    /// What a part of a container or unit has moved that is gone goes to another part, if there is one: a container that was
    /// started anew has another cgroup, and its total does not fall.
    fn inherit(&mut self, ledger: &Ledger, alive: &HashSet<Group>) {
        let heirs: HashMap<&str, Group> = ledger.rows().map(|row| (whole(&row.cgroup), row.group())).collect();
        let dead = self.sums.iter().map(|(group, _)| *group).filter(|group| !alive.contains(group));
        for group in dead.collect::<Vec<_>>() {
            let heir = self.cgroups.get(&group.row_id).and_then(|cgroup| heirs.get(whole(cgroup)));
            if let Some(&heir) = heir {
                self.sums.bequeath(&group, heir);
            }
        }
    }

    /// A snapshot was made.
    pub fn shown(&mut self, ledger: &Ledger) {
        let alive: HashSet<Group> = ledger.rows().map(Row::group).collect();
        self.inherit(ledger, &alive);
        self.sums.shown(|group| alive.contains(group));
        let kept: HashSet<u64> = self.sums.iter().map(|(group, _)| group.row_id).collect();
        self.cgroups.retain(|id, _| kept.contains(id));
    }
}

/// The path of the container or unit that a cgroup is a part of, or its own.
fn whole(cgroup: &Cgroup) -> &str {
    let container = cgroup.identity.container.as_ref().map(|container| container.path.as_str());
    container.or(cgroup.unit.as_ref().map(|unit| unit.path.as_str())).unwrap_or(&cgroup.row_path)
}
