//! Numbers for graphs: `'label'=value[UOM];[warn];[crit];[min];[max]` of the Monitoring Plugins' guidelines.

use std::collections::HashMap;

use super::{Limits, judge::Judged};
use crate::{
    alert::{Subject, Unit},
    rule::{Op, Scope},
    text,
};

/// Monitors take some KiB of output; more things than this are left out.
pub(super) const MOST: usize = 50;

/// Of each thing, in the given order, parted by blanks.
pub(super) fn perfdata(limits: &Limits, unit: Unit, judged: &[Judged<'_>]) -> String {
    let shown = &judged[..judged.len().min(MOST)];
    let mut names: HashMap<&str, usize> = HashMap::new();
    shown.iter().for_each(|one| *names.entry(&one.measured.subject.name).or_default() += 1);
    let of = |one: &Judged<'_>| {
        let subject = &one.measured.subject;
        let name = if names[&*subject.name] > 1 { &subject.key } else { &subject.name };
        entry(limits, unit, &label(limits, subject, name), one)
    };
    shown.iter().map(of).collect::<Vec<_>>().join(" ")
}

fn entry(limits: &Limits, unit: Unit, label: &str, one: &Judged<'_>) -> String {
    let unit = match unit {
        Unit::BytesPerSecond | Unit::Bytes => "B",
        Unit::PacketsPerSecond | Unit::Share => "",
    };
    let limit = |limit: Option<f64>| limit.map(|limit| range(limits.op(), limit)).unwrap_or_default();
    let most = one.measured.link.map(|link| link.to_string()).unwrap_or_default();
    let (warning, critical) = (limit(one.warning), limit(one.critical));
    format!("'{label}'={}{unit};{warning};{critical};0;{most}", number(one.measured.value))
}

/// Characters that some readers cannot have in a label, even in quotes, are replaced.
fn label(limits: &Limits, subject: &Subject, name: &str) -> String {
    let label = named(limits, subject, name);
    text::clean(&label).chars().map(|c| if matches!(c, '\'' | '=' | '|') { '_' } else { c }).collect()
}

/// `container web tx`.
pub(super) fn named(limits: &Limits, subject: &Subject, name: &str) -> String {
    let (scope, metric) = (subject.scope.word(), limits.rule.target.metric.word());
    if subject.scope == Scope::Host { format!("{scope} {metric}") } else { format!("{scope} {name} {metric}") }
}

/// A range outside of which (with `@`: inside of which) it is bad. What is outside is beyond the end, not at it.
fn range(op: Op, limit: f64) -> String {
    let limit = number(limit);
    match op {
        Op::Above => limit,
        Op::AtLeast => format!("@{limit}:"),
        Op::Below => format!("{limit}:"),
        Op::AtMost => format!("@0:{limit}"),
    }
}

/// Plain digits, three decimals at most: there is no exponent.
fn number(value: f64) -> String {
    let rounded = (value * 1000.0).round() / 1000.0;
    if rounded.is_finite() { rounded.to_string() } else { value.to_string() }
}
