//! What a measurement is compared with at this moment.

use super::{baseline::Usual, measure::Measure};
use crate::rule::{Condition, Metric, Op, Threshold};

/// A threshold, as far as it is known now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bound {
    /// In the rule's unit.
    At(f64),
    /// A share of a link that has no speed.
    NoSpeed,
    /// What is usual is not known yet: only so many days of it.
    Learning(usize),
}

impl Bound {
    /// The condition's, for this subject.
    pub(super) fn of(condition: &Condition, metric: Metric, measure: &Measure, usual: Usual) -> Self {
        match condition.threshold {
            Threshold::Usual(times) => match usual {
                Usual::Known(usual) => Self::At(times * at_least(usual, condition.op, metric)),
                Usual::Learning(days) => Self::Learning(days),
            },
            threshold => threshold.amount(measure.link).map_or(Self::NoSpeed, Self::At),
        }
    }

    /// The value, if it is known.
    pub(super) fn value(self) -> Option<f64> {
        match self {
            Self::At(value) => Some(value),
            Self::NoSpeed | Self::Learning(_) => None,
        }
    }

    /// Whether the condition is true of this value; none where that cannot be said.
    pub(super) fn holds(self, op: Op, value: f64) -> Option<bool> {
        self.value().map(|threshold| op.holds(value, threshold))
    }
}

/// Whether it is about what has come together in a period.
pub(super) fn is_volume(condition: &Condition) -> bool {
    matches!(condition.threshold, Threshold::Volume { .. })
}

/// Whether it is true when there is much, not when there is little.
pub(super) fn is_upper(op: Op) -> bool {
    matches!(op, Op::Above | Op::AtLeast)
}

/// No rate is as low, and it is a number in JSON as well.
const BELOW_NOTHING: f64 = -1.0;

/// More than some times almost nothing is no news; nor is less than a part of almost nothing, which nothing is then.
fn at_least(usual: f64, op: Op, metric: Metric) -> f64 {
    let floor = super::baseline::floor(metric);
    match is_upper(op) {
        true => usual.max(floor),
        false if usual < floor => BELOW_NOTHING,
        false => usual,
    }
}
