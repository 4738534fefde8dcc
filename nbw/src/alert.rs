//! Alerts: what rules say of each snapshot, and what has become of it since (docs/adr/0010-alerts.md).

mod asked;
mod baseline;
mod bound;
mod calendar;
mod clock;
mod engine;
mod id;
mod keep;
mod life;
pub mod measure;
pub mod presence;
mod saved;
pub mod store;
mod summary;
#[cfg(test)]
mod tests;
mod trouble;
mod volume;
mod watch;

pub use self::{asked::Says, baseline::History, calendar::Calendar, engine::Engine, saved::Saved, trouble::Complaint};

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use nbw_detect::Event;
use serde::{Deserialize, Serialize};

use crate::rule::{Condition, Rule, Scope, Threshold};

/// Parts of a volume at which it is told unless the configuration says otherwise.
pub const SHARES: [(f64, Severity); 3] =
    [(0.8, Severity::Warning), (0.95, Severity::Warning), (1.0, Severity::Critical)];

/// A rule with what the configuration says besides.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The rule.
    pub rule: Rule,
    /// What people call it: the alert's name at Alertmanager and in messages; the rule's text where they gave none.
    pub name: Arc<str>,
    /// How bad it is.
    pub severity: Severity,
    /// Only this ends it once it fires (hysteresis); without it, it ends when the rule is not true any more.
    pub clear: Option<Condition>,
    /// While it fires, it is told again after this.
    pub repeat: Option<Duration>,
    /// Of a volume: the parts of it at which it is told, rising, each with its own severity. Empty for other rules.
    pub shares: Vec<(f64, Severity)>,
    /// Names of the actions that are told; empty for all that there are.
    pub actions: Vec<Arc<str>>,
    /// Besides those of nbw, for actions that have labels.
    pub labels: BTreeMap<String, String>,
}

impl Spec {
    /// The rule with all else as it is by default: a warning, which no other condition ends, told once, to all actions. A
    /// volume is told at 80 % and 95 %, as a warning, and at 100 %, as critical.
    pub fn of_rule(rule: Rule) -> Self {
        let shares = match rule.condition.threshold {
            Threshold::Volume { .. } => SHARES.to_vec(),
            _ => Vec::new(),
        };
        let (name, severity) = (Arc::clone(&rule.text), Severity::default());
        let (clear, repeat, actions, labels) = (None, None, Vec::new(), BTreeMap::new());
        Self { rule, name, severity, clear, repeat, shares, actions, labels }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// To be looked at.
    #[default]
    Warning,
    /// To be acted on.
    Critical,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Whom an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// What kind of thing.
    #[serde(rename = "kind")]
    pub scope: Scope,
    /// What tells it from others of its kind: an interface's name, a cgroup's path, a container's id, a unit's path, a
    /// process's name, the host's name; of an attack, the event's id. The same after a restart.
    pub key: Arc<str>,
    /// What people call it.
    pub name: Arc<str>,
    /// What else there is to say of it, for labels: `runtime`, `image`, `pod`, `namespace`, `id`, `path`; of an attack `kind`,
    /// `signature`, `technique`, `sources`, `targets`.
    pub details: BTreeMap<Arc<str>, Arc<str>>,
}

/// Where an alert is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The condition is true, but not for long enough.
    Pending,
    /// It fires.
    Firing,
    /// It has fired, and the condition is true no more (or what it was about is gone).
    Resolved,
}

/// Why an alert does not fire any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// The condition is true no more.
    Cleared,
    /// What it was about is not there any more.
    Gone,
    /// A new period has begun.
    Period,
    /// The rule is not in the configuration any more.
    Removed,
}

/// What a value is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Bytes a second.
    BytesPerSecond,
    /// Packets a second.
    PacketsPerSecond,
    /// Bytes, in the period so far.
    Bytes,
    /// How sure one is of an attack: 0 to 1.
    Share,
}

/// One rule's alert on one subject, or an attack: what sinks show and actions are told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Alert {
    /// The same for the same rule and subject, also after a restart; the event's, of an attack. 16 hexadecimal digits.
    pub id: Arc<str>,
    /// [`Spec::name`]; the kind of an attack.
    pub name: Arc<str>,
    /// The rule's text; of an attack `signature NAME`.
    pub rule: Arc<str>,
    /// Whom it is about.
    pub subject: Subject,
    /// `rx`, `tx` ...: [`crate::rule::Metric::word`]; `confidence` of an attack.
    pub metric: Arc<str>,
    /// Where it is in its life.
    pub state: State,
    /// How bad it is.
    pub severity: Severity,
    /// What was measured last, in [`Alert::unit`].
    pub value: f64,
    /// What it is compared with, in the same unit (of a share of a link, the rate that this is now); zero of an attack.
    pub threshold: f64,
    /// What both are measured in.
    pub unit: Unit,
    /// Since when the condition has been true.
    pub since: jiff::Timestamp,
    /// When it began to fire.
    pub fired: Option<jiff::Timestamp>,
    /// When it ended.
    pub resolved: Option<jiff::Timestamp>,
    /// Why it ended.
    pub ended: Option<Ended>,
    /// Whether it comes and goes so often that it is told less.
    pub flapping: bool,
    /// Of a volume: when it will be reached, if it goes on like this.
    pub forecast: Option<jiff::Timestamp>,
    /// All in one sentence, for people.
    pub summary: Arc<str>,
    /// The attack that it is about; none of rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Arc<Event>>,
}

/// What has happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It has begun to fire.
    Firing,
    /// It fires still, and it is time to say so again.
    Repeated,
    /// It fires still, and has become worse or less bad (a volume's next share).
    Severity,
    /// It does not fire any more.
    Resolved,
}

/// Word of a change, for actions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Notice {
    /// What has happened.
    pub change: Change,
    /// The alert, as it is now.
    pub alert: Alert,
    /// [`Spec::actions`]; of an end also those that were told that it fires, if the rule has others now.
    pub actions: Vec<Arc<str>>,
    /// [`Spec::labels`].
    pub labels: BTreeMap<String, String>,
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let scope = Self::ALL.into_iter().chain([Self::Attack]).find(|scope| scope.word() == word);
        scope.ok_or_else(|| serde::de::Error::custom(format_args!("no scope {word:?}")))
    }
}
