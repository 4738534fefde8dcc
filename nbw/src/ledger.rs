//! What every group has moved: slots come and go, a row's total stays.

use std::{collections::HashMap, rc::Rc, sync::Arc};

use nbw_common::abi::{GroupIdent, LINK_HEADER_UNKNOWN};

use crate::{
    rate::Totals,
    resolve::cgroups::Cgroup,
    sample::{GroupReading, Sample},
};

/// Ethernet's: what nearly every interface has, until it is known better.
pub const LIKELY_HEADER: u32 = 14;

/// Where a group's traffic goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Cookie of the network namespace.
    pub netns: u64,
    /// Index of the interface in it.
    pub ifindex: u32,
}

/// A cgroup, or all cgroups of a container, on an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group {
    /// [`Cgroup::row_id`].
    pub row_id: u64,
    /// The interface.
    pub place: Place,
}

/// A group on an interface, as it is shown: one cgroup, or all cgroups of a container.
#[derive(Debug)]
pub struct Row {
    /// One of the cgroups that are summed up here.
    pub cgroup: Rc<Cgroup>,
    /// The interface.
    pub place: Place,
    /// Up to this sample.
    pub now: Totals,
    /// Up to the sample before.
    pub before: Totals,
    /// Moved through slots that were taken back.
    closed: Totals,
    slots: u32,
}

impl Row {
    /// Whose it is.
    pub fn group(&self) -> Group {
        Group { row_id: self.cgroup.row_id, place: self.place }
    }
}

/// What is known of a slot that has an owner.
#[derive(Debug)]
struct Slot {
    row: usize,
    last: Totals,
}

/// All groups.
#[derive(Debug, Default)]
pub struct Ledger {
    /// By slot number: looked at ten times a second, so no hashing.
    slots: Vec<Option<Slot>>,
    rows: Vec<Option<Row>>,
    index: HashMap<(Arc<str>, Place), usize>,
    vacant: Vec<usize>,
    ended: HashMap<Place, Totals>,
}

impl Ledger {
    /// Whether the slot's owner has been entered. A slot that is being taken back has a new generation already, but no
    /// new owner before [`Self::close`].
    pub fn knows(&self, slot: u32) -> bool {
        self.slots.get(slot as usize).is_some_and(Option::is_some)
    }

    /// Where the slot's owner is, if it has been entered.
    pub fn place(&self, slot: u32) -> Option<Place> {
        let slot = self.slots.get(slot as usize)?.as_ref()?;
        self.rows[slot.row].as_ref().map(|row| row.place)
    }

    /// Enters the owner of a slot.
    pub fn enter(&mut self, slot: u32, place: Place, cgroup: &Rc<Cgroup>) {
        let row = self.row_for(cgroup, place);
        if let Some(row) = &mut self.rows[row] {
            row.slots += 1;
            // A cgroup that was made anew at the same path has another id.
            row.cgroup = Rc::clone(cgroup);
        }
        let at = slot as usize;
        if self.slots.len() <= at {
            self.slots.resize_with(at + 1, || None);
        }
        self.slots[at] = Some(Slot { row, last: Totals::default() });
    }

    fn row_for(&mut self, cgroup: &Rc<Cgroup>, place: Place) -> usize {
        let key = (Arc::clone(&cgroup.row_path), place);
        if let Some(&row) = self.index.get(&key) {
            return row;
        }
        let at = self.vacant.pop().unwrap_or(self.rows.len());
        let nothing = Totals::default();
        let row = Row { cgroup: Rc::clone(cgroup), place, now: nothing, before: nothing, closed: nothing, slots: 0 };
        if at == self.rows.len() {
            self.rows.push(Some(row));
        } else {
            self.rows[at] = Some(row);
        }
        self.index.insert(key, at);
        at
    }

    /// Takes a sample in. Returns the slots that moved nothing since the one before.
    pub fn take(&mut self, sample: &Sample) -> Vec<u32> {
        for row in self.rows.iter_mut().flatten() {
            row.before = row.now;
            row.now = row.closed;
        }
        let mut idle = Vec::new();
        for reading in &sample.groups {
            if self.add(reading) {
                idle.push(reading.slot);
            }
        }
        idle
    }

    /// Adds a slot to its row; whether it moved nothing.
    fn add(&mut self, reading: &GroupReading) -> bool {
        let Some(Some(slot)) = self.slots.get_mut(reading.slot as usize) else { return false };
        let header = header(&reading.ident);
        let before = slot.last;
        if let Some(counters) = &reading.counters {
            slot.last = Totals::on_the_wire(counters, header);
        }
        if let Some(row) = &mut self.rows[slot.row] {
            row.now += slot.last;
        }
        slot.last == before
    }

    /// Closes a slot that was taken back and has been read for the last time.
    pub fn close(&mut self, slot: u32) {
        let closed = self.slots.get_mut(slot as usize).and_then(Option::take);
        let Some(Slot { row: at, last, .. }) = closed else { return };
        let Some(row) = &mut self.rows[at] else { return };
        row.closed += last;
        row.slots -= 1;
        if row.slots == 0 {
            self.end(at);
        }
    }

    /// Ends a row that has no slot any more; what it moved stays known for its interface.
    fn end(&mut self, at: usize) {
        let Some(row) = self.rows[at].take() else { return };
        *self.ended.entry(row.place).or_default() += row.closed;
        self.index.remove(&(Arc::clone(&row.cgroup.row_path), row.place));
        self.vacant.push(at);
    }

    /// What was moved through an interface by slots that were taken back, of rows that go on and of those that ended.
    pub fn closed(&self, place: Place) -> Totals {
        let mut sum = self.ended(place);
        self.rows().filter(|row| row.place == place).for_each(|row| sum += row.closed);
        sum
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().flatten()
    }

    /// What groups that have ended moved through the interface.
    pub fn ended(&self, place: Place) -> Totals {
        self.ended.get(&place).copied().unwrap_or_default()
    }

    /// Forgets what ended groups moved, but for the interfaces that are to be kept.
    pub fn keep_ended(&mut self, kept: impl Fn(Place) -> bool) {
        self.ended.retain(|&place, _| kept(place));
    }
}

/// Length of the link-layer header of a slot's interface, as far as it is known.
pub fn header(ident: &GroupIdent) -> u32 {
    match ident.link_header {
        LINK_HEADER_UNKNOWN => LIKELY_HEADER,
        known => known,
    }
}
