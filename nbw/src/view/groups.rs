//! Rows of groups: cgroups on interfaces, and what none of them owns.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{Scene, View, located::Located};
use crate::{
    ledger::{Place, Row},
    rate::{Totals, counted, derived},
    sample::Sample,
    snapshot::{Flow, Group, GroupKind, HOST_NETNS},
};

impl View {
    /// The groups that are asked for.
    pub(super) fn owned(&self, scene: &Scene<'_>) -> Vec<Group> {
        let rows = scene.ledger.rows().filter(|row| self.wants(&row.cgroup, row.place, scene));
        rows.map(|row| self.group(row, scene)).collect()
    }

    fn group(&self, row: &Row, scene: &Scene<'_>) -> Group {
        let cgroup = &row.cgroup;
        let Located { interface, netns, peer, parent } = self.locate(row.place, scene);
        let (name, runtime) = scene.called(cgroup);
        Group {
            id: cgroup.row_id,
            path: if cgroup.path.is_empty() { "".into() } else { Arc::clone(&cgroup.row_path) },
            name,
            kind: cgroup.identity.kind,
            runtime,
            interface,
            netns,
            peer,
            parent,
            rx: counted(row.before.rx, row.now.rx, scene.elapsed),
            tx: counted(row.before.tx, row.now.tx, scene.elapsed),
        }
    }

    /// What no living group owns of each interface. By these rows the groups of an interface add up to its total.
    pub(super) fn not_owned(&mut self, scene: &Scene<'_>) -> Vec<Group> {
        let &Scene { sample, elapsed, ledger, .. } = scene;
        let host = scene.around.host;
        let mut owned: HashMap<u32, Totals> = HashMap::new();
        for row in ledger.rows().filter(|row| row.place.netns == host) {
            *owned.entry(row.place.ifindex).or_default() += row.now;
        }
        let mut rows = Vec::new();
        for (index, counters) in &sample.links {
            let ended = ledger.ended(Place { netns: host, ifindex: *index });
            let mut groups = owned.get(index).copied().unwrap_or_default();
            groups += ended;
            let Some(shown) = self.links.get_mut(index) else { continue };
            let total = Totals::on_the_wire(counters, 0).beyond(shown.base);
            let groups = groups.beyond(shown.earlier);
            let (unattributed, undelivered) = (total.beyond(groups), groups.beyond(total));
            let mut row = |name: &str, kind, before: Totals, now: Totals| {
                let flows = (derived(before.rx, now.rx, elapsed), derived(before.tx, now.tx, elapsed));
                rows.push(nobody(name, kind, Arc::clone(&shown.name), flows));
            };
            row("unattributed", GroupKind::Unattributed, shown.unattributed, unattributed);
            if !undelivered.is_zero() || !shown.undelivered.is_zero() {
                row("undelivered", GroupKind::Unattributed, shown.undelivered, undelivered);
            }
            if !ended.is_zero() {
                row("ended", GroupKind::Cgroup, ended, ended);
            }
            (shown.unattributed, shown.undelivered) = (unattributed, undelivered);
        }
        rows
    }

    /// What found no slot: nobody knows whose it was, nor on which interface.
    pub(super) fn overflow(&mut self, sample: &Sample, elapsed: Duration) -> Option<Group> {
        let now = Totals::on_the_wire(sample.overflow.as_ref()?, 0);
        let before = std::mem::replace(&mut self.overflow, now);
        let flows = (counted(before.rx, now.rx, elapsed), counted(before.tx, now.tx, elapsed));
        (!now.is_zero()).then(|| nobody("no slot left", GroupKind::Cgroup, "".into(), flows))
    }
}

/// A row that is no cgroup.
fn nobody(name: &str, kind: GroupKind, interface: Arc<str>, (rx, tx): (Flow, Flow)) -> Group {
    let (netns, peer, parent) = (HOST_NETNS.into(), None, None);
    Group { id: 0, path: "".into(), name: name.into(), kind, runtime: None, interface, netns, peer, parent, rx, tx }
}
