//! What to write instead of a word that is none.

use super::{Metric, Scope};
use crate::filter::nearest;

/// Words that people have for scopes.
const SCOPES: [(&str, &str); 12] = [
    ("iface", "interface"),
    ("if", "interface"),
    ("dev", "interface"),
    ("device", "interface"),
    ("nic", "interface"),
    ("group", "cgroup"),
    ("docker", "container"),
    ("podman", "container"),
    ("service", "unit"),
    ("proc", "process"),
    ("system", "host"),
    ("all", "host"),
];

/// Words that people have for metrics.
const METRICS: [(&str, &str); 14] = [
    ("in", "rx"),
    ("down", "rx"),
    ("download", "rx"),
    ("received", "rx"),
    ("ingress", "rx"),
    ("out", "tx"),
    ("up", "tx"),
    ("upload", "tx"),
    ("sent", "tx"),
    ("egress", "tx"),
    ("both", "total"),
    ("sum", "total"),
    ("packets", "rx-packets"),
    ("pps", "rx-packets"),
];

/// Words that people have for comparisons.
const OPS: [(&str, &str); 13] = [
    ("above", ">"),
    ("over", ">"),
    ("gt", ">"),
    ("exceeds", ">"),
    ("≥", ">="),
    ("=>", ">="),
    ("ge", ">="),
    ("below", "<"),
    ("under", "<"),
    ("lt", "<"),
    ("≤", "<="),
    ("=<", "<="),
    ("le", "<="),
];

/// Instead of `word` as a scope.
pub(super) fn scope(word: &str) -> String {
    instead("a scope", word, &Scope::ALL.map(Scope::word), &SCOPES)
}

/// Instead of `word` as a metric.
pub(super) fn metric(word: &str) -> String {
    instead("a metric", word, &Metric::ALL.map(Metric::word), &METRICS)
}

/// Instead of `word` as a comparison.
pub(super) fn op(word: &str) -> String {
    instead("a comparison", word, &[">", ">=", "<", "<="], &OPS)
}

/// `expected WHAT: ALL; did you mean ONE?`
fn instead(what: &str, word: &str, all: &[&str], synonyms: &[(&str, &str)]) -> String {
    let lower = word.to_lowercase();
    let synonym = synonyms.iter().find(|(synonym, _)| *synonym == lower).map(|(_, meant)| *meant);
    let meant = synonym.or_else(|| nearest(&lower, all)).filter(|_| !word.is_empty());
    let list = listed(all);
    match meant {
        Some(meant) => format!("expected {what}: {list}; did you mean {meant:?}?"),
        None => format!("expected {what}: {list}"),
    }
}

/// `a, b or c`.
pub(super) fn listed(all: &[&str]) -> String {
    match all {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [some @ .., last] => format!("{} or {last}", some.join(", ")),
    }
}
