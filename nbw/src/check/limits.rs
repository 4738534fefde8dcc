//! What a measurement is compared with: the rule's threshold, and that of `--warn`.

use std::{fmt, sync::Arc};

use crate::{
    control::MeasuredSubject,
    rule::{Condition, Op, Rule, Threshold},
};

/// The limits of a check.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The rule: critical where it is true.
    pub rule: Rule,
    /// On the rule's side of this, it is a warning.
    warning: Option<Condition>,
}

impl Limits {
    /// Those of a rule, and the value of `--warn`.
    ///
    /// # Errors
    /// A sentence, where one of them cannot be understood or where they do not go together.
    pub fn new(rule: &str, warn: Option<&str>) -> Result<Self, String> {
        let rule: Rule = rule.parse().map_err(|error: crate::rule::RuleError| error.one_line())?;
        let warning = warn.map(|warn| warning(&rule, warn)).transpose()?;
        Ok(Self { rule, warning })
    }

    /// On which side of the limits it is bad.
    pub fn op(&self) -> Op {
        self.rule.condition.op
    }

    /// Where a subject's warnings begin, in the unit of its value.
    pub(super) fn warning_of(&self, subject: &MeasuredSubject) -> Option<f64> {
        let warning = self.warning.as_ref()?;
        amount(warning.threshold, &self.rule.condition.threshold, subject)
    }

    /// Where the rule becomes true for something, in the unit of its value.
    pub(super) fn critical_of(&self, subject: &MeasuredSubject) -> Option<f64> {
        let own = self.rule.condition.threshold;
        subject.threshold.or_else(|| amount(own, &own, subject))
    }
}

/// `limit > 5MB/s, warning > 3MB/s`.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = self.op().symbol();
        write!(f, "limit {symbol} {}", self.rule.condition.text)?;
        self.warning.as_ref().map_or(Ok(()), |warning| write!(f, ", warning {symbol} {}", warning.text))
    }
}

/// `of` in the unit of the subject's value; the rule's own threshold tells what is usual.
fn amount(of: Threshold, rule: &Threshold, subject: &MeasuredSubject) -> Option<f64> {
    match (of, *rule) {
        (Threshold::Usual(times), Threshold::Usual(own)) => subject.threshold.map(|limit| limit * times / own),
        (of, _) => of.amount(subject.link),
    }
}

fn warning(rule: &Rule, warn: &str) -> Result<Condition, String> {
    let threshold = rule.parse_value(warn).map_err(|error| format!("--warn: {}", error.one_line()))?;
    let text: Arc<str> = warn.split_whitespace().collect::<Vec<_>>().join(" ").into();
    let limit = &rule.condition;
    match order(threshold, limit.threshold) {
        None => {
            Err(format!("--warn {text} cannot be compared with the rule's {}: give a value of its kind", limit.text))
        }
        Some((warn, own)) if warn == own || limit.op.holds(warn, own) => {
            let side = if limit.op.holds(own + 1.0, own) { "below" } else { "above" };
            Err(format!("--warn {text} is never reached before the rule's {}: give a value {side} it", limit.text))
        }
        Some(_) => Ok(Condition { op: limit.op, threshold, text }),
    }
}

/// Both as numbers of the same kind. What depends on a link's speed is only known when it is measured: in order, so far.
fn order(warn: Threshold, own: Threshold) -> Option<(f64, f64)> {
    use Threshold::{PacketRate, Rate, Share, Usual, Volume};
    match (warn, own) {
        (Rate(warn), Rate(own)) | (PacketRate(warn), PacketRate(own)) => Some((warn, own)),
        (Share(warn), Share(own)) | (Usual(warn), Usual(own)) => Some((warn, own)),
        (Rate(_), Share(_)) | (Share(_), Rate(_)) => Some((f64::NAN, f64::NAN)),
        (Volume { bytes: warn, per: in_warn }, Volume { bytes: own, per }) if in_warn == per => {
            Some((warn as f64, own as f64))
        }
        _ => None,
    }
}
