//! What a program is told by its environment.

use crate::{
    action::payload::{time, word},
    alert::Notice,
    text,
};

/// Where programs look for others when nbw itself was not told.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The whole environment of a program: `PATH` and what there is to say of the alert.
pub(super) fn environment(notice: &Notice) -> Vec<(&'static str, String)> {
    let alert = &notice.alert;
    let facts = [
        ("NBW_CHANGE", word(notice.change)),
        ("NBW_ALERT", alert.name.to_string()),
        ("NBW_RULE", alert.rule.to_string()),
        ("NBW_STATE", word(alert.state)),
        ("NBW_SEVERITY", alert.severity.word().to_owned()),
        ("NBW_SCOPE", alert.subject.scope.word().to_owned()),
        ("NBW_SUBJECT", alert.subject.name.to_string()),
        ("NBW_SUBJECT_KEY", alert.subject.key.to_string()),
        ("NBW_METRIC", alert.metric.to_string()),
        ("NBW_VALUE", alert.value.to_string()),
        ("NBW_THRESHOLD", alert.threshold.to_string()),
        ("NBW_UNIT", word(alert.unit)),
        ("NBW_SUMMARY", alert.summary.to_string()),
        ("NBW_ID", alert.id.to_string()),
        ("NBW_SINCE", time(Some(alert.since))),
        ("NBW_FIRED", time(alert.fired)),
        ("NBW_RESOLVED", time(alert.resolved)),
    ];
    // Cleaned, so that no value has a NUL, which no environment can have.
    let facts = facts.into_iter().map(|(name, value)| (name, text::clean(&value).into_owned()));
    let path = std::env::var("PATH").unwrap_or_else(|_| USUAL_PATH.to_owned());
    std::iter::once(("PATH", path)).chain(facts).collect()
}
