//! The agent's control socket: one JSON request a line, one JSON answer a line.
//!
//! `{"request":"status"}` and `{"request":"measure","rule":"interface eth0 rx > 5MB/s","seconds":10}` are what can be asked
//! (docs/agent.md). Who asks and does not read, or is silent, holds up nobody else.

mod average;
mod averaging;
mod client;
mod lock;
mod server;
mod status;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::{
    average::Average,
    averaging::{Averaging, LONGEST_INTERVAL},
    client::{Client, ControlError},
    lock::{Holder, Lock, LockError},
    server::{Asked, Server, find_group},
    status::{Attached, Attacks, ConfigStatus, DataDir, Memory, Refused, RuleStatus, SlotUse, Status, Ticks},
};
use crate::alert::{Subject, Unit};

/// Where the socket is unless the configuration says otherwise.
pub const DEFAULT_SOCKET: &str = "/run/nbw/agent.sock";

/// A measurement lasts no longer, in seconds.
pub const LONGEST_MEASUREMENT: f64 = 3600.0;

/// A rule that is asked for is no longer, in bytes.
pub const LONGEST_RULE: usize = 4096;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// How the agent is.
    Status {},
    /// What a rule measures.
    Measure {
        /// The rule, of at most [`LONGEST_RULE`]; its `for` is not looked at.
        rule: String,
        /// Over how long, in seconds: 0 to [`LONGEST_MEASUREMENT`]; at least one tick.
        seconds: f64,
    },
}

/// What is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "lowercase")]
pub enum Answer {
    /// To [`Request::Status`].
    Status(Box<Status>),
    /// To [`Request::Measure`].
    Measured(Measured),
    /// To a request that is not answered.
    Refused {
        /// What kind of reason it is.
        why: Why,
        /// In a sentence.
        message: String,
    },
}

impl Answer {
    /// A request that is not answered.
    pub fn refused(why: Why, message: impl Into<String>) -> Self {
        Self::Refused { why, message: message.into() }
    }
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The request or its rule cannot be understood.
    Wrong,
    /// The agent does not count that, or not in such a way: whoever asks has to measure it.
    NotCounted,
    /// Too many ask at once.
    Busy,
}

/// What a rule has measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The rule's text.
    pub rule: String,
    /// What values and thresholds are measured in.
    pub unit: Unit,
    /// Over how long rates are averages, in seconds; of a volume, zero.
    pub seconds: f64,
    /// All that match, by kind and key. Empty where nothing does.
    pub subjects: Vec<MeasuredSubject>,
}

/// One thing that a rule has measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredSubject {
    /// Who it is.
    pub subject: Subject,
    /// What was measured.
    pub value: f64,
    /// What it is compared with; none where that is not known (a link without a speed, a baseline that is learning).
    pub threshold: Option<f64>,
    /// The link's speed in bytes a second, of interfaces that have one.
    pub link: Option<u64>,
}
