//! Measurements against limits.

use std::cmp::Ordering;

use super::{Limits, Verdict};
use crate::{
    alert::Subject,
    control::{Measured, MeasuredSubject},
    rule::Op,
};

/// A measurement, judged.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) verdict: Verdict,
    pub(super) measured: &'a MeasuredSubject,
    pub(super) warning: Option<f64>,
    pub(super) critical: Option<f64>,
}

/// All that was measured, the worst first.
pub(super) fn judge<'a>(limits: &Limits, measured: &'a Measured) -> Vec<Judged<'a>> {
    let mut all: Vec<_> = measured.subjects.iter().map(|subject| judged(limits, subject)).collect();
    all.sort_by(|a, b| b.verdict.cmp(&a.verdict).then(worse(limits.op(), a.measured.value, b.measured.value)));
    all
}

/// The value that comes first is the one that is further on the side where it is bad.
pub(super) fn worse(op: Op, a: f64, b: f64) -> Ordering {
    match op {
        Op::Above | Op::AtLeast => b.total_cmp(&a),
        Op::Below | Op::AtMost => a.total_cmp(&b),
    }
}

fn judged<'a>(limits: &Limits, measured: &'a MeasuredSubject) -> Judged<'a> {
    let (warning, critical) = (limits.warning_of(measured), limits.critical_of(measured));
    let beyond = |limit: Option<f64>| limit.is_some_and(|limit| limits.op().holds(measured.value, limit));
    let verdict = match critical {
        None => Verdict::Unknown,
        _ if beyond(critical) => Verdict::Critical,
        _ if beyond(warning) => Verdict::Warning,
        _ => Verdict::Ok,
    };
    Judged { verdict, measured, warning, critical }
}

/// Adds what is there and has moved nothing: where nothing was counted of a thing, that is its measurement.
pub fn idle(measured: &mut Measured, existing: Vec<Subject>) {
    for subject in existing {
        if !measured.subjects.iter().any(|known| known.subject.key == subject.key) {
            measured.subjects.push(MeasuredSubject { subject, value: 0.0, threshold: None, link: None });
        }
    }
}
