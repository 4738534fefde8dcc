//! History: what every subject has moved, in tiers of time, in an SQLite database that the agent writes and `nbw report` and
//! `nbw insight` read.

mod bucket;
mod cell;
mod code;
mod database;
mod days;
mod error;
mod packed;
pub mod query;
mod reader;
mod recorder;
mod rows;
mod schema;
pub mod settings;
#[doc(hidden)]
pub mod synthetic;
#[cfg(test)]
mod tests;
mod tiers;
pub mod vnstat;
pub mod within_day;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::{
    bucket::Bucket,
    cell::{Cell, Way},
    database::{Database, Size},
    error::HistoryError,
    reader::{Increases, Reader, p95},
    recorder::{Fault, Recorder, Status as RecorderStatus},
    schema::FILE,
    tiers::{Bounds, Tier, Tiers},
};

/// Where the history is unless the user names another directory.
pub const DATA_DIR: &str = "/var/lib/nbw";

/// What the rest of a kind is called, where not all are named.
pub const OTHER: &str = "other";

/// The kinds of things that are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The host: its edge interfaces together.
    ///
    /// See [`crate::totals::host_total`].
    Host,
    /// A network interface of the host.
    Interface,
    /// A cgroup, over all interfaces; what no cgroup owns is `unattributed`, one for each interface.
    Group,
    /// A container, over all its interfaces.
    Container,
    /// A pod, over all its containers.
    Pod,
    /// A systemd unit.
    Unit,
    /// All processes of one name.
    Process,
    /// A remote host.
    Remote,
    /// With --read: a protocol
    ///
    /// This and what follows is of captures alone: the history has none of them.
    Protocol,
    /// With --read: two hosts
    Pair,
    /// With --read: a TCP or UDP port
    Port,
}

impl Kind {
    /// Whether it is told apart in captures only.
    pub fn is_of_captures(self) -> bool {
        matches!(self, Self::Protocol | Self::Pair | Self::Port)
    }
}

/// Something that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Subject {
    /// What it is.
    pub kind: Kind,
    /// What tells it from others of its kind, also after a restart: an interface's name, a path, an id, an address. Empty for what
    /// stands for the rest (`other`).
    #[serde(skip)]
    pub key: Arc<str>,
    /// What people call it; the last name that was known.
    pub name: Arc<str>,
}

/// What was moved in one direction in some time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moved {
    /// Bytes on the wire.
    pub bytes: u64,
    /// Packets on the wire.
    pub packets: u64,
    /// The highest rate of any one reading inside, in bytes a second.
    pub peak: f64,
}
