//! The engine: facts of packets in, events out. It has no clock and no thread of its own: the same packets give the same events.

mod happening;
mod who;

use std::{net::IpAddr, time::Duration};

pub use self::happening::Happening;
use crate::{Event, Facts, Signatures, Time};

/// How much an engine remembers.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Keys (sources, targets, pairs ...) of each signature.
    pub keys: u32,
    /// TCP connections, and as many UDP flows.
    pub connections: u32,
    /// Endpoints that are watched at a time.
    pub watched: usize,
    /// From asking to watch an endpoint until its packets do come: connections that begin before are not judged. Zero for captures.
    pub watch_delay: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { keys: 4_096, connections: 65_536, watched: 64, watch_delay: Duration::ZERO }
    }
}

/// What somebody has sent to somebody, by the host's own counters.
#[derive(Debug, Clone, Copy)]
pub struct Volume {
    /// When it was counted.
    pub time: Time,
    /// Who has sent it.
    pub source: IpAddr,
    /// To whom.
    pub target: IpAddr,
    /// Bytes since the last such report of the two.
    pub bytes: u64,
    /// Bytes that this source usually sends to anybody outside in as much time.
    pub usual: u64,
}

/// Recognises attacks.
#[derive(Debug)]
pub struct Engine {}

impl Engine {
    /// An engine that goes by these signatures.
    #[must_use]
    pub fn new(_signatures: &Signatures, _limits: Limits) -> Self {
        Self {}
    }

    /// Takes a packet in. Ordinary TCP packets (ACK without SYN, FIN, RST) of endpoints that are not watched are ignored.
    pub fn observe(&mut self, _facts: &Facts) {}

    /// Takes in what the host has counted.
    pub fn volume(&mut self, _volume: &Volume) {}

    /// It is that late now: what had to come by then has not come.
    pub fn advance(&mut self, _now: Time) {}

    /// Endpoints (address and port of those who are connected to) whose ordinary TCP packets are wanted too.
    #[must_use]
    pub fn watched(&self) -> &[(IpAddr, u16)] {
        &[]
    }

    /// Another number each time that [`Self::watched`] has changed.
    #[must_use]
    pub fn watch_generation(&self) -> u64 {
        0
    }

    /// Events that are new or have changed since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        Vec::new()
    }

    /// The end: all events that were not taken as ended, each once, final, by the time they were first seen.
    #[must_use]
    pub fn finish(self) -> Vec<Event> {
        Vec::new()
    }
}
