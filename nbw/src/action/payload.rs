//! What receivers are told of an alert: labels, annotations, words.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

use crate::{
    alert::{Alert, Notice, Unit},
    detection, text,
    units::{self, Units},
};

/// Names and values, as Prometheus and Alertmanager have them.
pub(super) type Pairs = BTreeMap<String, String>;

/// Values of labels are cut to so many bytes.
const MOST_OF_A_VALUE: usize = 1024;

/// What tells an alert from others. What nbw says itself counts more than the configuration's labels, and these more than
/// the details of what it is about.
pub(super) fn labels(notice: &Notice, host: &str) -> Pairs {
    let alert = &notice.alert;
    let own = [
        ("alertname", &*alert.name),
        ("severity", alert.severity.word()),
        ("instance", host),
        ("scope", alert.subject.scope.word()),
        ("subject", &*alert.subject.name),
        ("metric", &*alert.metric),
    ];
    let details = alert.subject.details.iter().map(|(name, value)| (&**name, &**value));
    let configured = notice.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let all = details.chain(configured).chain(own);
    all.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (label_name(name), label_value(value))).collect()
}

/// What there is to read about it.
pub(super) fn annotations(alert: &Alert) -> Pairs {
    let (value, threshold) = (amount(alert.value, alert.unit), threshold(alert));
    let advice = advice(alert);
    let description = match &*advice {
        "" => format!("{} (rule: {}; threshold {threshold}, now {value})", alert.summary, alert.rule),
        advice => format!("{}. {advice}", alert.summary),
    };
    let pairs = [
        ("summary", alert.summary.to_string()),
        ("description", description),
        ("rule", alert.rule.to_string()),
        ("value", value),
        ("threshold", threshold),
        ("advice", advice),
    ];
    let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    pairs.map(|(name, value)| (name.to_owned(), text::clean(&value).into_owned())).collect()
}

/// What the value is compared with, for people; empty for attacks, which have no such figure.
pub(super) fn threshold(alert: &Alert) -> String {
    if alert.event.is_some() { String::new() } else { amount(alert.threshold, alert.unit) }
}

/// What to do about an attack; empty for rules.
pub(super) fn advice(alert: &Alert) -> String {
    alert.event.as_deref().map_or_else(String::new, detection::advice)
}

/// A label's name: `[a-zA-Z_][a-zA-Z0-9_]*`, what is not in it replaced.
fn label_name(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(fits).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() { format!("_{name}") } else { name }
}

fn label_value(value: &str) -> String {
    text::clean_to(value, MOST_OF_A_VALUE).into_owned()
}

/// A value with its unit, for people.
pub(super) fn amount(value: f64, unit: Unit) -> String {
    match unit {
        Unit::BytesPerSecond => Units::Bits.rate(value),
        Unit::PacketsPerSecond => units::packet_rate(value),
        Unit::Bytes => units::volume(value as u64),
        Unit::Share => units::percent(value),
    }
}

/// When it began: when it began to fire, where it does or did.
pub(super) fn began(alert: &Alert) -> jiff::Timestamp {
    alert.fired.unwrap_or(alert.since)
}

/// The word that JSON has for it.
pub(super) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// A moment by RFC 3339, in UTC; empty where there is none.
pub(super) fn time(moment: Option<jiff::Timestamp>) -> String {
    moment.map(|moment| moment.to_string()).unwrap_or_default()
}

/// Whether two notices are of the same rule.
pub(super) fn same_rule(one: &Notice, other: &Notice) -> bool {
    one.alert.rule == other.alert.rule && one.alert.name == other.alert.name
}

/// What tells a rule from others.
pub(super) fn rule_of(notice: &Notice) -> (Arc<str>, Arc<str>) {
    (Arc::clone(&notice.alert.name), Arc::clone(&notice.alert.rule))
}
