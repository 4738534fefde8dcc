//! What the engine says of a capture.

use std::collections::BTreeSet;

use super::{
    Sample,
    candidate::{Candidate, at_least},
};
use crate::{Engine, Event, Facts, Limits, Signature, Signatures, Time, capture::ReadError};

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// How a signature does on a capture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Events that it gives.
    pub events: usize,
    /// Windows of time in which there was something.
    pub windows: u64,
    /// Those in which it says that there is an attack.
    pub hits: u64,
    /// Whom the busiest event names as source and as target.
    pub named: Option<(String, String)>,
}

/// The most that anybody had, of each candidate; none of what never happens.
pub(super) fn peaks(candidates: &[Candidate], sample: &Sample<'_>) -> Result<Vec<Option<f64>>, ReadError> {
    let gauges: Signatures = candidates.iter().map(gauge).collect();
    let mut engine = Engine::gauging(&gauges, Limits::default());
    (sample.read)(&mut |facts| engine.observe(facts))?;
    Ok(engine.peaks())
}

/// A signature whose first condition says how much there was.
fn gauge(candidate: &Candidate) -> Signature {
    Signature { when: vec![at_least(&candidate.counter.name, 1.0, "")], ..candidate.signature("gauge") }
}

/// How a signature does.
pub(super) fn outcome(signature: &Signature, sample: &Sample<'_>) -> Result<Outcome, ReadError> {
    let mut engine = Engine::new(&only(signature), Limits::default());
    let (mut outcome, mut turn, mut ids) = (Outcome::default(), Turn::default(), BTreeSet::new());
    let mut best = 0.0;
    let mut see = |outcome: &mut Outcome, events: Vec<Event>, window: bool| {
        outcome.hits += u64::from(window && events.iter().any(|event| event.ongoing));
        for event in events {
            let counted = event.evidence.get("counted").copied().unwrap_or_default();
            if counted >= best {
                best = counted;
                outcome.named = Some((named(&event.sources), named(&event.targets)));
            }
            ids.insert(event.id);
        }
        outcome.events = ids.len();
    };
    (sample.read)(&mut |facts: &Facts| {
        if turn.is_new(facts.time, signature.window) {
            outcome.windows += 1;
            see(&mut outcome, engine.take_events(), true);
        }
        engine.observe(facts);
    })?;
    see(&mut outcome, engine.take_events(), true);
    see(&mut outcome, engine.finish(), false);
    Ok(outcome)
}

fn named(names: &[String]) -> String {
    names.first().cloned().unwrap_or_default()
}

/// That signature, and no other.
pub(super) fn only(signature: &Signature) -> Signatures {
    std::iter::once(signature.clone()).collect()
}

/// Whether time has gone on to another window.
#[derive(Debug, Default)]
struct Turn(Option<u64>);

impl Turn {
    fn is_new(&mut self, now: Time, seconds: u64) -> bool {
        let turn = Some(now.0 / (seconds * SECOND));
        std::mem::replace(&mut self.0, turn) != turn
    }
}
