//! What a snapshot says that each subject has moved.

use std::{collections::HashMap, sync::Arc};

use crate::{
    history::{Kind, OTHER},
    snapshot::{Flow, Group, GroupKind, Remote, RemoteKind, Snapshot},
    totals,
};

/// What processes without a name are called.
const NO_NAME: &str = "(no name)";

/// What tells a subject from others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) kind: Kind,
    pub(super) key: Arc<str>,
}

/// Bytes and packets received, bytes and packets sent. What is derived can go back by what was in flight.
pub(super) type Amounts = [i64; 4];

/// One tick.
#[derive(Debug)]
pub(super) struct Tick {
    /// When it began and ended, in milliseconds of Unix time.
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) moved: HashMap<Key, (Arc<str>, Amounts), foldhash::fast::FixedState>,
}

impl Tick {
    /// Takes the differences out of a snapshot. It ended when it was read; how long it took is by the monotonic clock, so a wall
    /// clock that was set makes it neither longer nor shorter.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let to = snapshot.time.as_millisecond();
        let elapsed = i64::try_from(snapshot.elapsed.as_millis()).unwrap_or(i64::MAX);
        let mut tick = Self { from: to.saturating_sub(elapsed), to, moved: HashMap::default() };
        let (rx, tx) = totals::host_total(snapshot);
        tick.add(Kind::Host, &"host".into(), &"host".into(), rx, tx);
        for interface in &snapshot.interfaces {
            tick.add(Kind::Interface, &interface.name, &interface.name, interface.rx, interface.tx);
        }
        snapshot.groups.iter().for_each(|group| tick.group(group));
        tick.rows(snapshot);
        tick
    }

    /// Adds what was moved in another one. It ends when it did, and is longer by the other one's length.
    pub(super) fn join(&mut self, other: Self) {
        self.from = self.from.saturating_sub(other.to - other.from);
        for (key, (name, amounts)) in other.moved {
            let (_, sum) = self.moved.entry(key).or_insert((name, [0; 4]));
            sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum = sum.saturating_add(amount));
        }
    }

    fn rows(&mut self, snapshot: &Snapshot) {
        let rows = &snapshot.rows;
        for row in rows.containers.iter().flatten() {
            self.add(Kind::Container, &row.id, &row.name, row.rx, row.tx);
        }
        for row in rows.pods.iter().flatten() {
            self.add(Kind::Pod, &row.uid, &row.name, row.rx, row.tx);
        }
        for row in rows.units.iter().flatten() {
            self.add(Kind::Unit, &row.path, &row.name, row.rx, row.tx);
        }
        for row in rows.processes.iter().flatten() {
            // A process may take its name away; without a key it would be taken for all others.
            let name = if row.name.is_empty() { &NO_NAME.into() } else { &row.name };
            self.add(Kind::Process, name, name, row.rx, row.tx);
        }
        rows.remotes.iter().flatten().for_each(|remote| self.remote(remote));
    }

    /// What no group owns is told apart by interface.
    fn group(&mut self, group: &Group) {
        if group.kind != GroupKind::Unattributed && !group.path.is_empty() {
            return self.add(Kind::Group, &group.path, &group.name, group.rx, group.tx);
        }
        let key: Arc<str> = format!("{} {}", group.name, group.interface).into();
        self.add(Kind::Group, &key, &key, group.rx, group.tx);
    }

    fn remote(&mut self, remote: &Remote) {
        match remote.address.filter(|_| remote.kind == RemoteKind::Address) {
            Some(address) => {
                let key: Arc<str> = address.to_string().into();
                self.add(Kind::Remote, &key, remote.host.as_ref().unwrap_or(&key), remote.rx, remote.tx);
            }
            None => self.add(Kind::Remote, &"".into(), &OTHER.into(), remote.rx, remote.tx),
        }
    }

    fn add(&mut self, kind: Kind, key: &Arc<str>, name: &Arc<str>, rx: Flow, tx: Flow) {
        let amounts = [rx.bytes, rx.packets, tx.bytes, tx.packets];
        // Most subjects of a host rest.
        if amounts == [0; 4] {
            return;
        }
        let (called, sum) =
            self.moved.entry(Key { kind, key: Arc::clone(key) }).or_insert_with(|| (Arc::clone(name), [0; 4]));
        if called != name {
            *called = Arc::clone(name);
        }
        sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum = sum.saturating_add(amount));
    }
}
