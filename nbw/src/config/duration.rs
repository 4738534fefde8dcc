//! Durations in the configuration, as on the command line: `10s`, `500ms`, `1h30m`.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de::Error};

/// A duration with its unit; not negative.
///
/// # Errors
/// When it is none.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parsed: Option<SignedDuration> = text.parse().ok();
    let duration = parsed.and_then(|parsed| Duration::try_from(parsed).ok());
    duration.ok_or_else(|| D::Error::custom(format_args!("{text:?} is no time with its unit, such as 1s, 500ms or 1m")))
}
