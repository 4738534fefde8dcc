//! The one line.

use super::{
    Limits, Verdict,
    judge::{Judged, judge},
    one_line,
    perfdata::{MOST, named, perfdata},
};
use crate::{
    alert::Unit,
    control::Measured,
    rule::Threshold,
    units::{self, Units},
};

/// The verdict on what was measured (something was), and the line that says it.
pub fn report(limits: &Limits, measured: &Measured) -> (Verdict, String) {
    let (judged, left_out) = with_limits(limits, judge(limits, measured));
    let Some(worst) = judged.first() else { return (Verdict::Unknown, super::unknown("nothing was measured")) };
    let said = match worst.critical {
        Some(_) => format!("{} ({})", said(limits, measured, worst), conditions(limits, measured)),
        None => no_limit(limits, worst),
    };
    let left_out = if left_out > 0 { format!("; {left_out} without a link speed left out") } else { String::new() };
    let line = one_line(worst.verdict, &format!("{said}{}{left_out}", others(&judged)));
    (worst.verdict, format!("{line} | {}", perfdata(limits, measured.unit, &judged)))
}

/// A glob that asks for a share is about the links that have a speed, if any has: `lo` has none. How many others there are.
fn with_limits<'a>(limits: &Limits, mut judged: Vec<Judged<'a>>) -> (Vec<Judged<'a>>, usize) {
    let is_share = matches!(limits.rule.condition.threshold, Threshold::Share(_));
    let is_glob = limits.rule.target.pattern.as_ref().is_some_and(|pattern| pattern.exact().is_none());
    let all = judged.len();
    if is_share && is_glob && judged.iter().any(|one| one.critical.is_some()) {
        judged.retain(|one| one.critical.is_some());
    }
    let left = all - judged.len();
    (judged, left)
}

/// `container web tx 1.20 MB/s`.
fn said(limits: &Limits, measured: &Measured, one: &Judged<'_>) -> String {
    let subject = &one.measured.subject;
    let amount = amount(limits, measured.unit, one.measured.value);
    let share = match (limits.rule.condition.threshold, one.measured.link) {
        (Threshold::Share(_), Some(link)) => format!(", {:.0}% of its link", 100.0 * one.measured.value / link as f64),
        _ => String::new(),
    };
    format!("{} {amount}{share}", named(limits, subject, &subject.name))
}

/// In the rule's own units.
fn amount(limits: &Limits, unit: Unit, value: f64) -> String {
    let text = &limits.rule.condition.text;
    let in_bits = text.contains("bit") || text.contains('%');
    match unit {
        Unit::BytesPerSecond if in_bits => Units::Bits.rate(value),
        Unit::BytesPerSecond => Units::Bytes.rate(value),
        Unit::PacketsPerSecond => units::packet_rate(value),
        Unit::Bytes => units::volume(value as u64),
        Unit::Share => units::percent(value),
    }
}

/// `limit > 5MB/s, measured 10 s`.
fn conditions(limits: &Limits, measured: &Measured) -> String {
    if measured.unit == Unit::Bytes {
        return limits.to_string();
    }
    let seconds = (measured.seconds * 10.0).round() / 10.0;
    format!("{limits}, measured {seconds} s")
}

fn no_limit(limits: &Limits, one: &Judged<'_>) -> String {
    let subject = &one.measured.subject;
    let (scope, name, text) = (subject.scope.word(), &subject.name, &limits.rule.condition.text);
    match limits.rule.condition.threshold {
        Threshold::Share(_) => {
            format!("{scope} {name} has no link speed that {text} could be of: give a rate such as 50Mbit/s")
        }
        _ => format!("what is usual for {scope} {name} is still being learnt, so {text} says nothing yet"),
    }
}

/// How many there are besides, and what is with them.
fn others(judged: &[Judged<'_>]) -> String {
    if judged.len() < 2 {
        return String::new();
    }
    let count = |verdict: Verdict| judged.iter().filter(|one| one.verdict == verdict).count();
    let bad = [(Verdict::Critical, "critical"), (Verdict::Warning, "warning"), (Verdict::Unknown, "unknown")];
    let counts = bad.map(|(verdict, word)| (count(verdict), word));
    let counts: Vec<_> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let rest = if counts.is_empty() { "all ok".to_owned() } else { counts.join(", ") };
    let cut = if judged.len() > MOST { format!("; numbers of {MOST}") } else { String::new() };
    format!("; the worst of {}: {rest}{cut}", judged.len())
}
