//! Rules of alerts: `SCOPE PATTERN METRIC OP VALUE [for DURATION]`, the same on the command line and in the configuration.

mod error;
mod grammar;
mod lasting;
mod meaning;
mod parse;
mod suggest;
#[cfg(test)]
mod tests;
mod unit;
mod value;

use std::{fmt, sync::Arc, time::Duration};

pub use self::{error::RuleError, parse::parse_value};
use crate::pattern::Pattern;

/// A rule, as it was understood.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it is about, and what is measured of it.
    pub target: Target,
    /// When it is true.
    pub condition: Condition,
    /// How long the condition has to hold before the alert fires; zero where it fires at once.
    pub lasting: Duration,
    /// As the user wrote it, with one blank between its parts: the same rule has the same text.
    pub text: Arc<str>,
}

/// What is measured, of whom.
#[derive(Debug, Clone)]
pub struct Target {
    /// What kind of thing.
    pub scope: Scope,
    /// Which of them; none for [`Scope::Host`].
    pub pattern: Option<Pattern>,
    /// What of it.
    pub metric: Metric,
}

/// The kinds of things that rules, and alerts, are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// A network interface.
    Interface,
    /// A cgroup with all below it, over all interfaces.
    Cgroup,
    /// A container, over all its interfaces.
    Container,
    /// A pod, over all its containers.
    Pod,
    /// A systemd unit.
    Unit,
    /// All processes of one name.
    Process,
    /// The host: its edge interfaces ([`crate::totals::host_total`]).
    Host,
    /// An attack that was recognised: no rule is about one, but alerts are.
    Attack,
}

impl Scope {
    /// All that rules can be about, in the order in which messages list them.
    pub const ALL: [Self; 7] =
        [Self::Interface, Self::Cgroup, Self::Container, Self::Pod, Self::Unit, Self::Process, Self::Host];

    /// The word that rules have for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Interface => "interface",
            Self::Cgroup => "cgroup",
            Self::Container => "container",
            Self::Pod => "pod",
            Self::Unit => "unit",
            Self::Process => "process",
            Self::Host => "host",
            Self::Attack => "attack",
        }
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Bytes received.
    Rx,
    /// Bytes sent.
    Tx,
    /// Bytes in both directions together.
    Total,
    /// Packets received.
    RxPackets,
    /// Packets sent.
    TxPackets,
}

impl Metric {
    /// All of them, in the order in which messages list them.
    pub const ALL: [Self; 5] = [Self::Rx, Self::Tx, Self::Total, Self::RxPackets, Self::TxPackets];

    /// The word that rules have for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rx => "rx",
            Self::Tx => "tx",
            Self::Total => "total",
            Self::RxPackets => "rx-packets",
            Self::TxPackets => "tx-packets",
        }
    }

    /// Whether packets are counted and not bytes.
    pub fn is_packets(self) -> bool {
        matches!(self, Self::RxPackets | Self::TxPackets)
    }
}

/// When a rule is true: `OP VALUE`.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// On which side of the threshold.
    pub op: Op,
    /// The threshold.
    pub threshold: Threshold,
    /// The value as the user wrote it, for messages: `50Mbit/s`, `80%`, `50GB per month`.
    pub text: Arc<str>,
}

/// On which side of a threshold a condition is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

impl Op {
    /// Whether `value` is on this side of `threshold`. Nothing is where one of them is no number.
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Above => value > threshold,
            Self::AtLeast => value >= threshold,
            Self::Below => value < threshold,
            Self::AtMost => value <= threshold,
        }
    }

    /// As rules write it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
        }
    }
}

/// What a measurement is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// Bytes a second.
    Rate(f64),
    /// Packets a second.
    PacketRate(f64),
    /// A part of the link's speed: 0.8 for `80%`. Of interfaces only.
    Share(f64),
    /// Bytes in a calendar period, which begins anew with each one.
    Volume {
        /// How many, at least 1.
        bytes: u64,
        /// In which period.
        per: Period,
    },
    /// So many times what is usual at this hour of the day.
    Usual(f64),
}

impl Threshold {
    /// In the unit of what is measured, where `link` is the link's speed in bytes a second; none for a share of a link that has
    /// no speed, and for what is usual.
    pub fn amount(self, link: Option<u64>) -> Option<f64> {
        match self {
            Self::Rate(rate) | Self::PacketRate(rate) => Some(rate),
            Self::Share(share) => link.map(|link| share * link as f64),
            Self::Volume { bytes, .. } => Some(bytes as f64),
            Self::Usual(_) => None,
        }
    }
}

/// A calendar period, in the local time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// From full hour to full hour.
    Hour,
    /// From midnight.
    Day,
    /// From Monday.
    Week,
    /// From the day of the month that the user names, the first unless told otherwise.
    Month,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
