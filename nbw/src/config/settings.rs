//! The configuration file as TOML has it. `sample.toml` documents each of these; a test holds them together.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use clap::ValueEnum;
use nbw_common::abi;
use serde::{Deserialize, Deserializer, de};
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::{ConfigError, duration};
use crate::{action, alert::Severity, bpf::Hook, cli, history};

/// The table of actions. They are read one by one, since serde does not say where in one of them something is wrong.
pub(super) const ACTION: &str = "action";

/// The file but its actions.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Time between two readings: 10 ms to 24 h.
    #[serde(deserialize_with = "interval")]
    pub interval: Duration,
    /// Where state is kept.
    pub data_dir: PathBuf,
    /// The time zone's name; the system's where it is empty.
    pub time_zone: Spanned<String>,
    /// The day on which months begin: 1 to 28.
    #[serde(deserialize_with = "month_day")]
    pub month_begins: i8,
    /// What is counted.
    pub filter: FilterTable,
    /// The control socket.
    pub control: Control,
    /// How the kernel side is loaded.
    pub kernel: KernelTable,
    /// What is remembered.
    pub history: history::settings::Settings,
    /// How remote hosts' names are found.
    pub names: Names,
    /// Which attacks are looked for, and who is told.
    pub detect: DetectTable,
    /// The alerts.
    pub alert: Vec<AlertTable>,
    /// Never here, as [`actions`] has read them; it stands for them in what messages list.
    pub action: Option<de::IgnoredAny>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            data_dir: PathBuf::from(history::DATA_DIR),
            time_zone: Spanned::new(0..0, String::new()),
            month_begins: 1,
            filter: FilterTable::default(),
            control: Control::default(),
            kernel: KernelTable::default(),
            history: history::settings::Settings::default(),
            names: Names::default(),
            detect: DetectTable::default(),
            alert: Vec::new(),
            action: None,
        }
    }
}

/// What is counted of what there is; empty lists mean everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilterTable {
    /// Names or globs of interfaces.
    pub interfaces: Vec<Spanned<String>>,
    /// Paths or globs of cgroups, those below them included.
    pub cgroups: Vec<Spanned<String>>,
    /// Names of containers, or beginnings of their ids.
    pub containers: Vec<Spanned<String>>,
    /// Names of systemd units.
    pub units: Vec<Spanned<String>>,
}

/// The control socket.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Control {
    /// Its path.
    pub socket: PathBuf,
    /// Whose members may use it besides root; nobody where it is empty.
    pub group: String,
}

impl Default for Control {
    fn default() -> Self {
        Self { socket: PathBuf::from(crate::control::DEFAULT_SOCKET), group: String::new() }
    }
}

/// How the kernel side is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KernelTable {
    /// Room for so many pairs of group and interface: 2 to 1,048,576.
    #[serde(deserialize_with = "slots")]
    pub slots: u32,
    /// Room for so many connections, where they are counted.
    #[serde(deserialize_with = "connection_slots")]
    pub connection_slots: u32,
    /// The hook at interfaces.
    pub hook: HookChoice,
}

impl Default for KernelTable {
    fn default() -> Self {
        Self { slots: abi::GROUP_SLOTS, connection_slots: abi::CONNECTION_SLOTS, hook: HookChoice(None) }
    }
}

/// `auto`, or the name of a hook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HookChoice(pub Option<Hook>);

impl<'de> Deserialize<'de> for HookChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        if word == "auto" {
            return Ok(Self(None));
        }
        let unknown = |_| de::Error::unknown_variant(&word, &["auto", "tcx", "clsact"]);
        Hook::from_str(&word, false).map(|hook| Self(Some(hook))).map_err(unknown)
    }
}

/// How remote hosts' names are found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// Whether they are not asked for.
    pub no_dns: bool,
    /// MMDB files for country and network.
    pub mmdb: Vec<PathBuf>,
}

/// Which attacks are looked for, and who is told.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DetectTable {
    /// Whether any are: that takes some work for each packet.
    pub enabled: bool,
    /// Files of signatures, or directories of such, besides those built in.
    pub signatures: Vec<PathBuf>,
    /// Names of signatures that are left out.
    pub disable: Vec<String>,
    /// Who is told; all where it is empty.
    pub actions: Vec<Spanned<String>>,
    /// What is less bad is not told.
    pub least_severity: nbw_detect::Severity,
}

impl Default for DetectTable {
    fn default() -> Self {
        let least_severity = nbw_detect::Severity::Warning;
        Self { enabled: false, signatures: Vec::new(), disable: Vec::new(), actions: Vec::new(), least_severity }
    }
}

/// One `[[alert]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertTable {
    /// The rule.
    pub rule: Spanned<String>,
    /// What people call it.
    #[serde(default)]
    pub name: Option<Spanned<String>>,
    /// How bad it is.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// What ends it.
    #[serde(default)]
    pub clear: Option<Spanned<String>>,
    /// When it is told again.
    #[serde(default, deserialize_with = "some_duration")]
    pub repeat: Option<Duration>,
    /// At which parts of a volume it is told.
    #[serde(default)]
    pub warn_at: Option<Spanned<Vec<Share>>>,
    /// Who is told; all where it is empty.
    #[serde(default)]
    pub actions: Vec<Spanned<String>>,
    /// More labels.
    #[serde(default)]
    pub labels: BTreeMap<Spanned<String>, String>,
}

/// A part of a volume: `0.8` or `"80%"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(pub f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a share is a number such as 0.8, or a text such as \"80%\"")]
        enum Written {
            Number(f64),
            Text(String),
        }
        let share = match Written::deserialize(deserializer)? {
            Written::Number(number) => Some(number),
            Written::Text(text) => percent(&text),
        };
        let fit = share.filter(|share| share.is_finite() && (0.001..=10.0).contains(share));
        fit.map(Self).ok_or_else(|| de::Error::custom("a share lies between 0.1% and 1000%, such as 0.8 or \"80%\""))
    }
}

fn percent(text: &str) -> Option<f64> {
    let number: f64 = text.strip_suffix('%')?.trim_end().parse().ok()?;
    Some(number / 100.0)
}

fn interval<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    cli::interval(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn some_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let repeat = duration::deserialize(deserializer)?;
    if repeat.is_zero() {
        return Err(de::Error::custom("expected a time of more than zero"));
    }
    Ok(Some(repeat))
}

fn month_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i8, D::Error> {
    whole(deserializer, 1..=28).map(|day| day as i8)
}

fn slots<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    whole(deserializer, cli::LEAST_SLOTS..=cli::MOST_SLOTS).map(|slots| slots as u32)
}

fn connection_slots<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    whole(deserializer, cli::LEAST_SLOTS..=abi::MOST_CONNECTION_SLOTS.into()).map(|slots| slots as u32)
}

fn whole<'de, D: Deserializer<'de>>(deserializer: D, range: std::ops::RangeInclusive<i64>) -> Result<i64, D::Error> {
    let number = i64::deserialize(deserializer)?;
    if range.contains(&number) {
        return Ok(number);
    }
    Err(de::Error::custom(format_args!("expected a number from {} to {}", range.start(), range.end())))
}

impl FilterTable {
    /// All patterns.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Spanned<String>> {
        [&self.interfaces, &self.cgroups, &self.containers, &self.units].into_iter().flatten()
    }
}

/// The actions by their names.
pub(super) fn actions(
    table: Spanned<DeValue<'_>>,
    text: &str,
) -> Result<BTreeMap<Arc<str>, action::Settings>, ConfigError> {
    let span = table.span();
    let DeValue::Table(actions) = table.into_inner() else {
        return Err(ConfigError::at("actions are tables such as [action.mail]", Some(span), text));
    };
    actions.into_iter().map(|(name, value)| Ok((clean_name(&name, text)?, action(value, text)?))).collect()
}

/// Names stand in log lines, labels and file names of others.
fn clean_name(name: &Spanned<std::borrow::Cow<'_, str>>, text: &str) -> Result<Arc<str>, ConfigError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.get_ref().is_empty() && name.get_ref().chars().all(fits) {
        return Ok(name.get_ref().as_ref().into());
    }
    let why = "an action's name has letters, digits, `-`, `_` and `.`";
    Err(ConfigError::at(why, Some(name.span()), text))
}

fn action(value: Spanned<DeValue<'_>>, text: &str) -> Result<action::Settings, ConfigError> {
    let (whole, table) = (value.span(), value.get_ref().as_table().cloned());
    let read = action::Settings::deserialize(ValueDeserializer::from(value));
    read.map_err(|error| {
        let span = table.and_then(|table| blamed(&table, error.message())).or(error.span()).unwrap_or(whole);
        ConfigError::of_message(error.message(), span, text)
    })
}

/// Where the key or value is that an error's message quotes.
fn blamed(table: &DeTable<'_>, message: &str) -> Option<std::ops::Range<usize>> {
    let quoted = message.split(['`', '"']).nth(1)?;
    let key = table.keys().find(|key| key.get_ref() == quoted).map(Spanned::span);
    key.or_else(|| table.values().find(|value| value.get_ref().as_str() == Some(quoted)).map(Spanned::span))
}
