//! The agent's configuration file.
//!
//! [`settings`](self::settings) is the file as TOML has it, `rules` what its alerts mean, `error` how its errors read, and
//! `sample` the documented file that holds every default.

mod alerts;
pub mod duration;
mod error;
mod live;
mod sample;
mod settings;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, io, path::Path, sync::Arc};

use jiff::tz::TimeZone;
use toml::de::{DeTable, Deserializer};

pub(crate) use self::error::suggestion;
pub use self::{
    error::ConfigError,
    live::LiveSettings,
    sample::sample,
    settings::{AlertTable, Control, DetectTable, FilterTable, HookChoice, KernelTable, Names, Settings, Share},
};
use crate::{action, alert::Spec, detection::Wish, failure::Failure, files, pattern::Pattern};

/// Where the configuration is unless the command line says otherwise.
pub const DEFAULT_PATH: &str = "/etc/nbw/nbw.toml";

/// No configuration is larger: what is, is something else.
const MOST_BYTES: u64 = 4 << 20;

/// The action that there always is.
pub const LOG_ACTION: &str = "log";

/// A configuration that was understood as a whole.
#[derive(Debug, Clone)]
pub struct Config {
    /// The settings, as the file has them.
    pub settings: Settings,
    /// Its alerts.
    pub alerts: Vec<Spec>,
    /// Who is told of attacks, and of which.
    pub attacks: Wish,
    /// Its actions by their names, [`LOG_ACTION`] among them.
    pub actions: BTreeMap<Arc<str>, action::Settings>,
    /// The time zone of calendar periods and of the hours of the day.
    pub zone: TimeZone,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            alerts: Vec::new(),
            attacks: Wish::default(),
            actions: with_log(BTreeMap::new()),
            zone: TimeZone::system(),
        }
    }
}

impl Config {
    /// The configuration in a file. None where there is no such file.
    ///
    /// # Errors
    /// [`Failure::Usage`] when it cannot be read or understood.
    pub fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let cannot = |why: &dyn std::fmt::Display| {
            Failure::Usage(format!("cannot read the configuration {}: {why}", path.display()))
        };
        let bytes = match files::read(path, None, MOST_BYTES + 1) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| cannot(&error))?,
        };
        if bytes.len() as u64 > MOST_BYTES {
            return Err(cannot(&"it is larger than 4 MiB"));
        }
        let text = String::from_utf8(bytes).map_err(|error| cannot(&error))?;
        let parsed = Self::parse(&text).map_err(|error| Failure::Usage(error.in_file(path)))?;
        Ok(Some(parsed))
    }

    /// The configuration that must be at `path` if `named` (the user has named it), and may be there if not.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn read_or_default(path: &Path, named: bool) -> Result<Self, Failure> {
        match Self::read(path)? {
            Some(config) => Ok(config),
            None if named => Err(Failure::Usage(format!(
                "there is no configuration {}: make one with `nbw agent --print-config > {0}`",
                path.display()
            ))),
            None => Ok(Self::default()),
        }
    }

    /// The configuration in a text.
    ///
    /// # Errors
    /// [`ConfigError`] says in which line what is wrong.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let read = |error: toml::de::Error| ConfigError::of_toml(&error, text);
        let mut document = DeTable::parse(text).map_err(read)?;
        let actions = document.get_mut().remove(settings::ACTION);
        let actions = actions.map_or_else(|| Ok(BTreeMap::new()), |table| settings::actions(table, text))?;
        let settings = <Settings as serde::Deserialize>::deserialize(Deserializer::from(document)).map_err(read)?;
        let actions = with_log(actions);
        check_patterns(&settings, text)?;
        Ok(Self {
            alerts: alerts::specs(&settings.alert, &actions, text)?,
            attacks: Wish {
                actions: alerts::known_actions(&settings.detect.actions, &actions, text)?,
                least: settings.detect.least_severity,
            },
            zone: zone(&settings, text)?,
            settings,
            actions,
        })
    }
}

fn with_log(mut actions: BTreeMap<Arc<str>, action::Settings>) -> BTreeMap<Arc<str>, action::Settings> {
    let log = || action::Settings::Log(action::Log {});
    actions.entry(LOG_ACTION.into()).or_insert_with(log);
    actions
}

fn check_patterns(settings: &Settings, text: &str) -> Result<(), ConfigError> {
    for pattern in settings.filter.patterns() {
        let wrong = |why: String| ConfigError::at(why, Some(pattern.span()), text);
        if pattern.get_ref().is_empty() {
            return Err(wrong("expected a name or a glob, not an empty string".into()));
        }
        Pattern::new(pattern.get_ref()).map_err(|error| wrong(format!("this is no valid glob: {}", error.kind())))?;
    }
    Ok(())
}

fn zone(settings: &Settings, text: &str) -> Result<TimeZone, ConfigError> {
    let name = settings.time_zone.get_ref();
    if name.is_empty() {
        return Ok(TimeZone::system());
    }
    TimeZone::get(name).map_err(|_| {
        let why = format!(
            "there is no time zone {name:?}: expected a name such as \"Europe/Berlin\", or \"\" for the system's"
        );
        ConfigError::at(why, Some(settings.time_zone.span()), text)
    })
}
