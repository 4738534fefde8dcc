//! A connection, over all slots that it has had.

use std::{net::IpAddr, time::Duration};

use nbw_common::abi::{Address, ConnectionIdent, ip};
use nix::time::{ClockId, clock_gettime};

use crate::{
    ledger::Group,
    rate::Totals,
    resolve::processes::{NOBODY, ProcessId},
};

/// What tells a connection from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    cookie: u64,
    remote: Address,
    remote_port: u16,
    kind: u32,
}

impl Key {
    pub(super) fn of(ident: &ConnectionIdent) -> Self {
        Self { cookie: ident.cookie, remote: ident.remote, remote_port: ident.remote_port, kind: ident.kind }
    }
}

/// A connection.
#[derive(Debug)]
pub struct Row {
    /// Its number, unlike any other's while nbw runs.
    pub id: u64,
    /// Its ends.
    pub ident: ConnectionIdent,
    /// Its cgroup and interface.
    pub group: Group,
    /// Its process: the one that used it last.
    pub process: ProcessId,
    /// When its first packet was seen.
    pub since: jiff::Timestamp,
    /// Up to now.
    pub now: Totals,
    /// Up to the snapshot before.
    pub before: Totals,
    pub(super) slots: u32,
    /// Left one slot, and is yet to be found in another.
    under_way: Totals,
}

impl Row {
    pub(super) fn new(id: u64, ident: &ConnectionIdent, group: Group, since: jiff::Timestamp) -> Self {
        let nothing = Totals::default();
        let ident = *ident;
        Self { id, ident, group, process: NOBODY, since, now: nothing, before: nothing, slots: 0, under_way: nothing }
    }

    /// Adds what was counted in one of its slots, which had `back` more before. Returns what is new of it.
    pub(super) fn add(&mut self, amount: Totals, back: Totals) -> Totals {
        let new = amount.beyond(self.under_way);
        self.under_way = self.under_way.beyond(amount);
        self.under_way += back;
        self.now += new;
        new
    }

    /// Whether it is over, with its counts final.
    pub fn is_closed(&self) -> bool {
        self.slots == 0
    }

    /// Address of the other end; none where there is none.
    pub fn remote(&self) -> Option<IpAddr> {
        ip(self.ident.remote)
    }
}

/// The clock that has run since the host started, as it was read once: not for every connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct BootClock {
    now: jiff::Timestamp,
    running: Duration,
}

impl BootClock {
    pub(super) fn now() -> Self {
        let running = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default();
        Self { now: jiff::Timestamp::now(), running }
    }

    /// The time of a moment on that clock, in nanoseconds; of one to come, which is one that came after the reading, the
    /// time of the reading.
    pub(super) fn wall_clock(&self, since_boot: u64) -> jiff::Timestamp {
        let ago = self.running.saturating_sub(Duration::from_nanos(since_boot));
        self.now.checked_sub(ago).unwrap_or(self.now)
    }
}
