//! What an engine is given besides packets: its limits, and what the host has counted.

use std::net::IpAddr;

use super::who::Who;
use crate::{Time, signature::Scope};

/// How much an engine remembers.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Keys (sources, targets, pairs ...) of each signature.
    pub keys: u32,
    /// TCP connections, and as many UDP flows.
    pub connections: u32,
    /// Endpoints that are watched at a time.
    pub watched: usize,
    /// Of TCP only what begins and ends connections comes, and all of an endpoint from when [`Engine::watches`] says so. Otherwise, as
    /// of captures, everything comes.
    pub live: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { keys: 4_096, connections: 65_536, watched: 16_384, live: false }
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

impl Volume {
    /// Whether it has gone to the Internet: neither to a private network nor to a group.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        Who::from(self.target).scope() == Scope::Global
    }
}
