//! What every connection has moved, and by that every process and remote host: the kernel's slots come and go, sums stay.

mod closing;
mod ended;
mod folded;
mod keep;
mod older;
mod owned;
mod row;
mod sent;
mod silent;

use std::{
    net::IpAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use foldhash::{HashMap, HashMapExt, HashSet};
use nbw_common::abi::{ConnectionIdent, Counters, ip, kind};

use self::{
    closing::Closing,
    folded::Folded,
    older::Older,
    row::{BootClock, Key},
};
pub use self::{keep::Keep, row::Row, sent::Sent};
use crate::{
    bpf::{ConnectionSlots, OwnerMap, SlotEvent},
    failure::Failure,
    ledger::{Group, LIKELY_HEADER, Place},
    rate::Totals,
    resolve::{
        cgroups::Cgroup,
        processes::{ProcessId, Processes},
    },
    tally::Tally,
};

/// How long the length of an interface's header is waited for before it is taken to be Ethernet's.
const HEADER_PATIENCE: Duration = Duration::from_secs(2);

/// What the ledger has to ask of the others.
pub trait World {
    /// The cgroup with this id.
    fn cgroup(&mut self, id: u64) -> Rc<Cgroup>;
    /// Where a socket's traffic goes through.
    fn place(&mut self, netns: u64, ifindex: u32, path: &str) -> Place;
    /// Length of the link-layer header there in bytes, once it is known.
    fn link_header(&mut self, place: Place, path: &str) -> Option<u32>;
}

/// What a process has moved as a part of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProcessShare {
    /// The process.
    pub process: ProcessId,
    /// The group.
    pub group: Group,
}

/// What a group has moved to and from a remote host; none for what has no remote end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RemoteShare {
    /// The address.
    pub remote: Option<IpAddr>,
    /// The group.
    pub group: Group,
}

/// A slot that counts.
struct Live {
    ident: ConnectionIdent,
    key: Key,
    group: Group,
    process: ProcessId,
    header: Option<u32>,
    last: Counters,
    /// All that was counted in it, as bytes on the wire.
    moved: Totals,
    opened: Instant,
    idle_since: Instant,
    closing: bool,
}

/// The ledger of connections.
pub struct Connections {
    slots: HashMap<u32, Live>,
    capacity: usize,
    swept: Option<Instant>,
    rows: HashMap<Key, Row>,
    folded: Folded,
    next_id: u64,
    /// The slots of the remote ends of each unconnected socket, by the socket's own.
    ends: HashMap<u32, HashSet<u32>>,
    closing: Closing,
    older: Older,
    cgroups: HashMap<u64, Rc<Cgroup>>,
    keep: Keep,
    /// The time of this reading: looked at once for all.
    now: Instant,
    boot: BootClock,
    overflow: Totals,
    overflow_before: Totals,
    /// The processes that have, or had, sockets.
    pub processes: Processes,
    /// Sums by process.
    pub by_process: Tally<ProcessShare>,
    /// Sums by remote host.
    pub by_remote: Tally<RemoteShare>,
}

impl Connections {
    /// Begins to look for the owners of sockets that are there already, in the background.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(owners: OwnerMap, capacity: u32, keep: Keep) -> Self {
        Self {
            slots: HashMap::new(),
            capacity: capacity as usize,
            swept: None,
            rows: HashMap::new(),
            folded: Folded::default(),
            next_id: 1,
            ends: HashMap::new(),
            closing: Closing::default(),
            older: Older::start(owners),
            cgroups: HashMap::new(),
            keep,
            now: Instant::now(),
            boot: BootClock::now(),
            overflow: Totals::default(),
            overflow_before: Totals::default(),
            processes: Processes::default(),
            by_process: Tally::default(),
            by_remote: Tally::default(),
        }
    }

    /// Takes in what has been opened and closed. Called more often than [`Self::take`], so that slots are handed out
    /// again soon, and processes that do not live long have a name.
    ///
    /// # Errors
    /// When the kernel refuses to take slots back.
    pub fn notice(&mut self, table: &mut ConnectionSlots, world: &mut impl World) -> Result<(), Failure> {
        (self.now, self.boot) = (Instant::now(), BootClock::now());
        // First: what was opened before these became final is in the journal by now.
        let finished = self.closing.finished();
        while let Some(event) = table.next_event() {
            match event {
                SlotEvent::Opened(slot) => self.open(slot, table, world)?,
                SlotEvent::Closed(slot) => self.close(slot, table)?,
            }
        }
        self.adopt(table);
        for slot in finished {
            // Of a socket that lived shorter than a tick this is the first look at who used it.
            self.own(slot, table);
            self.read(slot, table, world, true);
            self.finish(slot);
            table.release(slot);
        }
        self.closing.wait();
        self.processes.read_commands();
        Ok(())
    }

    fn open(&mut self, slot: u32, table: &mut ConnectionSlots, world: &mut impl World) -> Result<(), Failure> {
        let ident = table.ident(slot);
        let cgroup = world.cgroup(ident.cgroup);
        let place = world.place(ident.netns, ident.ifindex, &cgroup.path);
        let group = Group { row_id: cgroup.row_id, place };
        let parent = (ident.kind == kind::END).then(|| self.slots.get(&ident.parent)).flatten();
        let process = parent.map(|parent| parent.process);
        let orphaned = ident.kind == kind::END && parent.is_none_or(|parent| parent.closing);
        let process = process.unwrap_or_else(|| self.processes.of(&ident.owner));
        let live = Live {
            key: Key::of(&ident),
            header: world.link_header(place, &cgroup.path),
            ident,
            group,
            process,
            last: Counters::default(),
            moved: Totals::default(),
            opened: self.now,
            idle_since: self.now,
            closing: false,
        };
        self.enter(&live);
        self.cgroups.entry(group.row_id).or_insert(cgroup);
        self.slots.insert(slot, live);
        if ident.kind == kind::END {
            self.ends.entry(ident.parent).or_default().insert(slot);
        }
        // Its socket was closed in the moment in which it was opened.
        if orphaned { self.close_end(slot, table) } else { Ok(()) }
    }

    fn enter(&mut self, live: &Live) {
        if !self.keep.rows {
            return;
        }
        let boot = self.boot;
        let row = self.rows.entry(live.key).or_insert_with(|| {
            self.next_id += 1;
            Row::new(self.next_id - 1, &live.ident, live.group, boot.wall_clock(live.ident.since))
        });
        row.slots += 1;
        row.process = live.process;
    }

    /// The kernel side has closed a slot; with a socket its remote ends go too.
    fn close(&mut self, slot: u32, table: &mut ConnectionSlots) -> Result<(), Failure> {
        let Some(live) = self.slots.get_mut(&slot).filter(|live| !live.closing) else { return Ok(()) };
        live.closing = true;
        self.closing.add(slot);
        match live.ident.kind {
            kind::MANY => {}
            // One that was never in the index: another CPU was faster.
            kind::END => {
                let parent = live.ident.parent;
                self.ends.get_mut(&parent).map(|ends| ends.remove(&slot));
                return Ok(());
            }
            _ => return Ok(()),
        }
        let ends = self.ends.remove(&slot).unwrap_or_default();
        ends.into_iter().try_for_each(|end| self.close_end(end, table))
    }

    /// Takes back the slot of a remote end of an unconnected socket.
    fn close_end(&mut self, slot: u32, table: &mut ConnectionSlots) -> Result<(), Failure> {
        let Some(live) = self.slots.get_mut(&slot).filter(|live| !live.closing) else { return Ok(()) };
        live.closing = true;
        table.retire_end(&live.ident)?;
        if let Some(ends) = self.ends.get_mut(&live.ident.parent) {
            ends.remove(&slot);
        }
        self.closing.add(slot);
        Ok(())
    }

    /// A slot was read for the last time.
    fn finish(&mut self, slot: u32) {
        let Some(live) = self.slots.remove(&slot) else { return };
        let Some(row) = self.rows.get_mut(&live.key) else { return };
        row.slots -= 1;
        if row.is_closed()
            && self.folded.is_too_many()
            && let Some(row) = self.rows.remove(&live.key)
        {
            self.folded.add(&row, &mut self.next_id);
        }
    }

    /// Reads every slot.
    ///
    /// # Errors
    /// When the kernel refuses to take slots back.
    pub fn take(&mut self, table: &mut ConnectionSlots, world: &mut impl World) -> Result<(), Failure> {
        self.notice(table, world)?;
        let slots: Vec<u32> = self.slots.keys().copied().collect();
        for &slot in &slots {
            self.own(slot, table);
            self.read(slot, table, world, false);
        }
        self.overflow_before = self.overflow;
        self.overflow =
            table.overflow().map_or(self.overflow, |counters| Totals::on_the_wire(&counters, LIKELY_HEADER));
        self.retire_silent(&slots, table)?;
        self.sweep(&slots, table)
    }

    /// Adds what was counted in a slot since it was last read. While its interface is being looked for that waits a little,
    /// unless it is the `last` time.
    fn read(&mut self, slot: u32, table: &ConnectionSlots, world: &mut impl World, last: bool) {
        let Some(live) = self.slots.get_mut(&slot) else { return };
        let Some(counters) = table.counters(slot).filter(|&counters| counters != live.last) else { return };
        if live.header.is_none()
            && let Some(cgroup) = self.cgroups.get(&live.group.row_id)
        {
            live.header = world.link_header(live.group.place, &cgroup.path);
        }
        if live.header.is_none() && !last && live.opened.elapsed() < HEADER_PATIENCE {
            return;
        }
        let header = *live.header.get_or_insert(LIKELY_HEADER);
        let (now, last) = (Totals::on_the_wire(&counters, header), Totals::on_the_wire(&live.last, header));
        // Back: the kernel side has moved it to the slot of the socket's next process.
        let (amount, back) = (now.beyond(last), last.beyond(now));
        live.last = counters;
        live.moved = live.moved.beyond(back);
        live.moved += amount;
        live.idle_since = self.now;
        let Live { process, group, ident, key, .. } = *live;
        let new = self.rows.get_mut(&key).map_or(amount, |row| row.add(amount, back));
        if self.keep.processes {
            self.by_process.change(self.now, ProcessShare { process, group }, amount, back);
        }
        if self.keep.remotes {
            self.by_remote.add_at(self.now, RemoteShare { remote: ip(ident.remote), group }, new);
        }
    }

    /// The connections: those that are open, and those that were closed since the last snapshot.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().chain(self.folded.rows())
    }

    /// The cgroup of a group.
    pub fn cgroup(&self, group: Group) -> Option<&Rc<Cgroup>> {
        self.cgroups.get(&group.row_id)
    }

    /// What is counted for no connection: before the last reading, and up to it; with the headers of Ethernet.
    pub fn overflow(&self) -> (Totals, Totals) {
        (self.overflow_before, self.overflow)
    }
}
