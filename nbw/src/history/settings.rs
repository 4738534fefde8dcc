//! The history in the configuration:
//!
//! ```toml
//! [history]
//! enabled = true
//! processes = false         # whether processes are remembered
//! remotes = false           # whether remote hosts are
//! most_remotes = 1000       # so many remote hosts and processes are kept by name in each part of time, the rest as `other`
//! most_others = 4096        # so many of each other kind
//! tiers = [{ every = "10s", keep = "6h" }, { every = "5m", keep = "60d" }, { every = "1h", keep = "2y" }]
//! ```

use jiff::{Span, tz::TimeZone};
use serde::{Deserialize, Deserializer, de::Error};

use super::{Bounds, HistoryError, Tier, Tiers};
use crate::snapshot::By;

/// As it was written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether anything is remembered.
    pub enabled: bool,
    /// Whether processes are: that takes some work for each packet.
    pub processes: bool,
    /// Whether remote hosts are: the same.
    pub remotes: bool,
    /// From fine to coarse; days are kept for ever besides.
    pub tiers: Vec<TierSettings>,
    /// How many processes, and how many remote hosts, are kept by name in each part of time.
    pub most_remotes: usize,
    /// How many of each other kind.
    pub most_others: usize,
}

impl Default for Settings {
    /// As [`Tiers::default`].
    fn default() -> Self {
        let tiers = Tiers::default();
        let settings = |tier: &Tier| TierSettings { every: tier.seconds.into(), keep: tier.keep };
        let Bounds { many, few } = tiers.bounds();
        Self {
            enabled: true,
            processes: false,
            remotes: false,
            tiers: tiers.fixed().iter().map(settings).collect(),
            most_remotes: many,
            most_others: few,
        }
    }
}

/// One tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierSettings {
    /// Length of its parts, in seconds.
    #[serde(deserialize_with = "seconds")]
    pub every: u64,
    /// How long it is kept, in seconds.
    #[serde(deserialize_with = "seconds")]
    pub keep: u64,
}

impl Settings {
    /// The tiers, with the days of `zone`.
    ///
    /// # Errors
    /// When they make no sense.
    pub fn tiers(&self, zone: TimeZone) -> Result<Tiers, HistoryError> {
        let tier =
            |tier: &TierSettings| Tier { seconds: u32::try_from(tier.every).unwrap_or(u32::MAX), keep: tier.keep };
        let tiers = Tiers::new(self.tiers.iter().map(tier).collect())?;
        let bounds = Bounds { many: self.most_remotes.max(1), few: self.most_others.max(1) };
        Ok(tiers.in_zone(zone).bounded(bounds))
    }

    /// The rows that a snapshot must have for it, besides those that it has anyway.
    pub fn rows(&self) -> impl Iterator<Item = By> + use<> {
        let wanted = [(By::Process, self.processes), (By::Remote, self.remotes)];
        let enabled = self.enabled;
        wanted.into_iter().filter(move |(_, wanted)| enabled && *wanted).map(|(by, _)| by)
    }
}

/// A time with its unit, days, weeks, months (of 30 days) and years (of 365) too.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parsed = text.parse::<Span>().ok().and_then(whole_seconds);
    parsed
        .ok_or_else(|| D::Error::custom(format_args!("{text:?} is no time with its unit, such as 10s, 5m, 60d or 2y")))
}

/// The whole seconds of a span, a month taken for 30 days and a year for 365. None where it is negative or too long.
pub fn whole_seconds(span: Span) -> Option<u64> {
    let days = i64::from(span.get_years()) * 365
        + i64::from(span.get_months()) * 30
        + i64::from(span.get_weeks()) * 7
        + i64::from(span.get_days());
    let hours = days * 24 + i64::from(span.get_hours());
    let seconds = (hours * 60 + span.get_minutes()).checked_mul(60)?.checked_add(span.get_seconds())?;
    u64::try_from(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_meant() {
        let text = r#"
            most_remotes = 50
            tiers = [{ every = "30s", keep = "1d" }, { every = "5m", keep = "4w" }, { every = "1h", keep = "2y" }]"#;
        let settings: Settings = toml::from_str(text).unwrap();
        let tiers = settings.tiers(TimeZone::UTC).unwrap();
        let found: Vec<_> = tiers.fixed().iter().map(|tier| (tier.seconds, tier.keep)).collect();
        assert_eq!(found, [(30, 86_400), (300, 28 * 86_400), (3_600, 730 * 86_400)]);
        assert_eq!(tiers.bounds(), Bounds { many: 50, few: 4_096 });
        let usual = Settings::default().tiers(TimeZone::UTC).unwrap();
        assert_eq!(usual.fixed(), Tiers::default().fixed());
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        for (text, words) in [
            (r#"tiers = [{ every = "ten", keep = "1d" }]"#, "no time with its unit"),
            (r#"tiers = [{ every = "10s", keep = "-1d" }]"#, "no time with its unit"),
            (r#"tiers = [{ every = "10s", keep = "1d", more = 1 }]"#, "unknown field"),
            ("tyers = 5", "unknown field"),
        ] {
            let error = toml::from_str::<Settings>(text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let settings: Settings = toml::from_str(r#"tiers = [{ every = "7s", keep = "1d" }]"#).unwrap();
        assert!(settings.tiers(TimeZone::UTC).unwrap_err().to_string().contains("do not divide an hour"));
    }
}
