//! An alert in one sentence, for people.

use std::time::Duration;

use jiff::{
    SignedDuration, Timestamp,
    fmt::friendly::{Designator, Spacing, SpanPrinter},
};

use super::{Alert, Ended, Spec, State, Unit, bound, calendar::Calendar};
use crate::{
    rule::{Condition, Op, Period, Scope, Threshold},
    units::{self, Units},
};

/// `1 h 3 m`.
const TIMES: SpanPrinter =
    SpanPrinter::new().designator(Designator::Compact).spacing(Spacing::BetweenUnitsAndDesignators);

/// The sentence for what has become of an alert by `now`.
pub(super) fn of(alert: &Alert, spec: &Spec, calendar: &Calendar, now: Timestamp) -> String {
    let sentence = match (alert.state, alert.ended) {
        (State::Resolved, Some(ended)) => over(alert, spec, ended, now),
        _ => match spec.rule.condition.threshold {
            Threshold::Volume { .. } => used(alert, spec, calendar),
            _ => true_now(alert, spec, now),
        },
    };
    if alert.flapping { format!("{sentence} (flapping)") } else { sentence }
}

/// `interface eth0`, `host`.
fn who(alert: &Alert) -> String {
    match alert.subject.scope {
        Scope::Host => Scope::Host.word().to_owned(),
        scope => format!("{} {}", scope.word(), alert.subject.name),
    }
}

/// `interface eth0 rx 80.1 Mbit/s`.
fn measured(alert: &Alert, spec: &Spec) -> String {
    format!("{} {} {}", who(alert), alert.metric, amount(alert.value, alert.unit, &spec.rule.condition))
}

/// In bits where the rule does not speak of bytes.
fn amount(value: f64, unit: Unit, condition: &Condition) -> String {
    match unit {
        Unit::Bytes => units::volume(value as u64),
        Unit::Share => units::percent(value),
        Unit::PacketsPerSecond => units::packet_rate(value),
        Unit::BytesPerSecond if condition.text.ends_with("B/s") => Units::Bytes.rate(value),
        Unit::BytesPerSecond => Units::Bits.rate(value),
    }
}

fn true_now(alert: &Alert, spec: &Spec, now: Timestamp) -> String {
    let condition = &spec.rule.condition;
    let what = format!("{}, {} {}", measured(alert, spec), side(condition.op), limit(alert, condition));
    let lasted = whole_seconds(now.duration_since(alert.since));
    if alert.state == State::Pending {
        return format!("{what} for {} of {}", time(lasted), time(spec.rule.lasting));
    }
    if lasted.is_zero() { what } else { format!("{what} for {}", time(lasted)) }
}

/// The threshold as the user wrote it; what it comes to, where that is not the same.
fn limit(alert: &Alert, condition: &Condition) -> String {
    match condition.threshold {
        Threshold::Share(_) | Threshold::Usual(_) => {
            format!("{} ({})", condition.text, amount(alert.threshold, alert.unit, condition))
        }
        _ => condition.text.to_string(),
    }
}

fn side(op: Op) -> &'static str {
    match op {
        Op::Above => "above",
        Op::AtLeast => "at least",
        Op::Below => "below",
        Op::AtMost => "at most",
    }
}

/// `host total 41.2 GB of 50GB per month (82 %), will be used up on 24 Nov 18:00`.
fn used(alert: &Alert, spec: &Spec, calendar: &Calendar) -> String {
    let percent = (100.0 * alert.value / alert.threshold).floor();
    let what = format!("{} of {} ({percent} %)", measured(alert, spec), spec.rule.condition.text);
    match alert.forecast {
        Some(when) => {
            let when = calendar.local(when);
            format!("{what}, will be used up on {}", when.strftime("%-d %b %H:%M"))
        }
        None => what,
    }
}

fn over(alert: &Alert, spec: &Spec, ended: Ended, now: Timestamp) -> String {
    match ended {
        Ended::Gone => format!("{} is gone", who(alert)),
        Ended::Removed => removed(alert),
        Ended::Period => {
            let period = period(&spec.rule.condition.threshold);
            format!("{}, a new {period} has begun", measured(alert, spec))
        }
        Ended::Cleared => {
            let lasted = whole_seconds(now.duration_since(alert.since));
            format!("{}, {} after {}", measured(alert, spec), back(spec), time(lasted))
        }
    }
}

/// `interface eth0 rx: its rule was removed`.
pub(super) fn removed(alert: &Alert) -> String {
    format!("{} {}: its rule was removed", who(alert), alert.metric)
}

/// `back below 50Mbit/s`.
fn back(spec: &Spec) -> String {
    let condition = &spec.rule.condition;
    match &spec.clear {
        Some(clear) => format!("back {} {}", side(clear.op), clear.text),
        None => format!("back {} {}", if bound::is_upper(condition.op) { "below" } else { "above" }, condition.text),
    }
}

fn period(threshold: &Threshold) -> &'static str {
    match threshold {
        Threshold::Volume { per: Period::Hour, .. } => "hour",
        Threshold::Volume { per: Period::Day, .. } => "day",
        Threshold::Volume { per: Period::Week, .. } => "week",
        Threshold::Volume { per: Period::Month, .. } => "month",
        _ => "period",
    }
}

fn whole_seconds(duration: SignedDuration) -> Duration {
    Duration::from_secs(duration.as_secs_f64().round().max(0.0) as u64)
}

fn time(duration: Duration) -> String {
    TIMES.unsigned_duration_to_string(&duration)
}
