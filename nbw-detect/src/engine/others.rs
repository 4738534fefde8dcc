//! Those whom a signature's key does not name: a flood's sources, a sweep's targets.

use crate::signature::{Counter, Field, Key, Measure, Signature};

/// The counter that knows how many there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Others {
    /// Whether they are sources or targets.
    pub(crate) field: Field,
    /// The counter's place.
    pub(crate) at: usize,
}

impl Others {
    /// Unless one of the counters counts them already, there is one more; none where the key names both.
    pub(crate) fn of(signature: &mut Signature) -> Option<Self> {
        let field = match signature.key {
            Key::Pair | Key::PairPort | Key::PairService => return None,
            Key::Source | Key::SourcePort | Key::SourceNet => Field::Target,
            Key::Target | Key::TargetPort | Key::TargetService => Field::Source,
        };
        let wanted = distinct(signature.count.first()?, field);
        let counts =
            |it: &Counter| (it.measure, it.of) == (Measure::Distinct, Some(field)) && distinct(it, field) == wanted;
        let at = signature.count.iter().position(counts).unwrap_or(signature.count.len());
        if at == signature.count.len() {
            signature.count.push(wanted);
        }
        Some(Self { field, at })
    }
}

/// How many different ones are in what a counter counts.
fn distinct(counter: &Counter, field: Field) -> Counter {
    Counter { name: "others".to_owned(), measure: Measure::Distinct, of: Some(field), ..counter.clone() }
}
