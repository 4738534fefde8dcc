//! What the engine says: one event an attack, updated while it lasts. Serialised it is one line of `nbw detect --format json`;
//! the names and their order are the contract.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Version of the JSON layout, raised when a field changes its meaning.
pub const SCHEMA: u32 = 1;

/// Addresses that an event names at most; how many there were is in [`Event::source_count`] and [`Event::target_count`].
pub const MOST_NAMED: usize = 16;

/// An attack, as far as it is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Always [`SCHEMA`].
    pub schema: u32,
    /// The same while the attack lasts.
    pub id: String,
    /// What kind of attack.
    pub kind: Kind,
    /// The signature that it was recognised by.
    pub signature: String,
    /// The first packet that counted.
    pub first_seen: Timestamp,
    /// The last packet that counted.
    pub last_seen: Timestamp,
    /// Who does it: addresses, the busiest first, at most [`MOST_NAMED`]; of ARP, the hardware address follows a space.
    pub sources: Vec<String>,
    /// How many sources there were; of more than 128 an estimate, with a standard error of 3.25 %.
    pub source_count: u64,
    /// To whom: addresses, with `:port` (`[v6]:port`) where it is one port; the busiest first, at most [`MOST_NAMED`].
    pub targets: Vec<String>,
    /// How many targets there were, likewise.
    pub target_count: u64,
    /// How bad.
    pub severity: Severity,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// MITRE ATT&CK technique, if there is one.
    pub technique: Option<String>,
    /// The counts that tripped it, by name, with units in the names (`packets`, `packets_per_second`, `distinct_ports` ...).
    pub evidence: BTreeMap<String, f64>,
    /// What to do about it.
    pub advice: String,
    /// Whose it is on this host: cgroups, containers, processes. Live only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concerned: Vec<Concerned>,
    /// Whether it goes on: false in an event's last line.
    pub ongoing: bool,
}

/// Someone on this host whom an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concerned {
    /// `source` or `target`.
    pub role: Role,
    /// The cgroup's path, if it is known.
    pub cgroup: Option<String>,
    /// The container's, pod's or unit's name, if there is one.
    pub name: Option<String>,
    /// The process, if it is known.
    pub pid: Option<u32>,
    /// Its name.
    pub process: Option<String>,
}

/// On which side of an attack somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It does it.
    Source,
    /// It is done to it.
    Target,
}

/// Kinds of attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it, and the signatures' pages say more")]
pub enum Kind {
    SynFlood,
    UdpFlood,
    IcmpFlood,
    FragmentFlood,
    Amplification,
    Backscatter,
    PortScan,
    HostSweep,
    ArpScan,
    ArpSpoof,
    BruteForce,
    Slowloris,
    Tunnel,
    Exfiltration,
    Beacon,
}

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody should look.
    Warning,
    /// Somebody should act.
    Critical,
}

impl Severity {
    /// The word for it; the same as in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}
