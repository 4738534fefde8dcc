//! What is said well and means nothing.

use super::{
    Metric, Op, Scope, Threshold,
    error::Fault,
    grammar::{Comparison, Parsed, Statement},
    value::{self, Value},
};

/// Whether all parts of a rule go together.
pub(super) fn check(statement: &Statement<'_>) -> Parsed<()> {
    comparison(&statement.comparison)?;
    value_of(&statement.comparison.value, statement.scope, statement.metric)?;
    match (&statement.lasting, statement.comparison.value.threshold) {
        (Some(lasting), Threshold::Volume { .. }) => {
            Err(Fault::new(&lasting.span, "a volume is reached or not: leave \"for\" and the duration out"))
        }
        _ => Ok(()),
    }
}

/// Whether a condition can mean something, whatever it is about.
pub(super) fn comparison(comparison: &Comparison<'_>) -> Parsed<()> {
    let is_volume = matches!(comparison.value.threshold, Threshold::Volume { .. });
    if is_volume && matches!(comparison.op, Op::Below | Op::AtMost) {
        let sentence = "each period begins with a volume of 0: expected > or >= before a volume";
        return Err(Fault::new(&comparison.op_span, sentence));
    }
    Ok(())
}

/// Whether a value can be one of `metric` of a `scope`.
pub(super) fn value_of(value: &Value<'_>, scope: Scope, metric: Metric) -> Parsed<()> {
    if matches!(value.threshold, Threshold::Share(_)) && scope != Scope::Interface {
        let word = scope.word();
        let sentence = format!("only an interface has a link whose share this could be: give {} a rate", article(word));
        return Err(Fault::new(&value.unit, sentence));
    }
    of_metric(value, metric)
}

/// Whether a value can be one of `metric`.
pub(super) fn of_metric(value: &Value<'_>, metric: Metric) -> Parsed<()> {
    value::fits(value.threshold, metric).map_err(|sentence| Fault::new(&value.unit, sentence))?;
    let Threshold::Share(share) = value.threshold else { return Ok(()) };
    // A link has its speed in each direction at the same time.
    let (most, sentence) = match metric {
        Metric::Total => (2.0, "expected at most 200%: both directions together, each as fast as the link"),
        _ => (1.0, "expected at most 100% of the link's speed"),
    };
    if share > most { Err(Fault::new(&value.number, sentence)) } else { Ok(()) }
}

fn article(word: &str) -> String {
    if word == "host" { "the host".to_owned() } else { format!("a {word}") }
}
