//! How the agent is: what `nbw status` shows.

use std::{collections::BTreeMap, path::PathBuf};

use jiff::Timestamp;
use nbw_detect::Event;
use serde::{Deserialize, Serialize};

use crate::{action::ActionStatus, alert::Alert};

/// The answer to [`super::Request::Status`], and `nbw status --format json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    /// Version of this layout: 1.
    pub schema: u32,
    /// The agent's version.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Since when it runs.
    pub started: Timestamp,
    /// Its configuration.
    pub config: ConfigStatus,
    /// Time between two readings, in seconds.
    pub interval_seconds: f64,
    /// Its readings.
    pub ticks: Ticks,
    /// What is attached.
    pub attached: Attached,
    /// What room there is for counters, and how much of it is taken.
    pub slots: Vec<SlotUse>,
    /// How often each way of failing was met in the kernel since nbw attached.
    pub health: BTreeMap<String, u64>,
    /// The rules.
    pub rules: Vec<RuleStatus>,
    /// The alerts that are pending or firing.
    pub alerts: Vec<Alert>,
    /// Attacks; none where they are not looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attacks: Option<Attacks>,
    /// What keeps rules from being looked at.
    pub complaints: Vec<String>,
    /// The actions.
    pub actions: Vec<ActionStatus>,
    /// Where state is kept.
    pub data_dir: DataDir,
    /// How what is remembered is written; none where nothing is.
    #[serde(default)]
    pub history: Option<crate::history::RecorderStatus>,
    /// What the agent takes.
    pub memory: Memory,
}

/// What is known of attacks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attacks {
    /// How many signatures are gone by.
    pub signatures: usize,
    /// Those that go on.
    pub now: Vec<Event>,
    /// How many were seen since midnight, those that go on included.
    pub today: usize,
    /// How many packets were to be looked at and were not, since nbw attached: there was no room.
    pub digests_lost: u64,
    /// How often an endpoint (address and port) was to be watched closely, and there was no place for it.
    #[serde(default)]
    pub not_watched: u64,
}

/// Where the agent's configuration is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigStatus {
    /// The file; none where there was none, and all is default.
    pub path: Option<PathBuf>,
    /// When it was read.
    pub loaded: Timestamp,
    /// A newer configuration that was refused.
    pub refused: Option<Refused>,
}

/// A configuration that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// When.
    pub at: Timestamp,
    /// What is wrong with it; more than one line where it shows the place.
    pub why: String,
}

/// The agent's readings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ticks {
    /// How many there were.
    pub count: u64,
    /// How many of them began later than a tenth of the interval after their time.
    pub late: u64,
    /// By how much the latest one was late, in seconds.
    pub latest_seconds: f64,
    /// How long the longest took, in seconds.
    pub longest_seconds: f64,
    /// When the last one was.
    pub last: Option<Timestamp>,
}

/// What is attached to the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// Since when.
    pub since: Timestamp,
    /// The hook at interfaces: `tcx` or `clsact`; none while there is no interface.
    pub hook: Option<String>,
    /// The interfaces that are counted.
    pub interfaces: Vec<String>,
    /// How many interfaces wait to be attached to.
    pub waiting: usize,
    /// The programs, by name.
    pub programs: Vec<String>,
}

/// How much of one kind of counters is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotUse {
    /// What they count: `groups`, `interfaces` or `connections`.
    pub of: String,
    /// How many are taken.
    pub used: u64,
    /// How many there are.
    pub capacity: u64,
}

/// A rule, and how many alerts it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleStatus {
    /// What people call it.
    pub name: String,
    /// The rule.
    pub rule: String,
    /// How many of its alerts are pending.
    pub pending: usize,
    /// How many fire.
    pub firing: usize,
}

/// Where state is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataDir {
    /// The directory.
    pub path: PathBuf,
    /// When state was saved last.
    pub saved: Option<Timestamp>,
    /// Why it cannot be.
    pub problem: Option<String>,
}

/// The memory of the agent's process; that of the kernel's maps is besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// What is resident now, in bytes.
    pub resident_bytes: u64,
    /// The most that has been.
    pub peak_bytes: u64,
}
