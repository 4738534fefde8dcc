//! What the engine says of a capture.

use super::{Sample, candidate::Candidate};
use crate::{Engine, Event, Facts, Limits, Signature, Signatures, Time, capture::ReadError};

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// Packets after which it is asked what there is: what is over is forgotten then.
const TAKEN_EVERY: u64 = 4_096;

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
    // What is said on connections is known only where they are watched, which a signature that does not ask for it cannot count on.
    let engine = |watches| Engine::new(&gauges(candidates, watches), Limits::default());
    let mut engines = [engine(false), engine(true)];
    (sample.read)(&mut |facts| engines.iter_mut().for_each(|engine| engine.observe(facts)))?;
    let [plain, watching] = engines.map(|engine| engine.peaks().into_iter());
    Ok(in_order(candidates, plain, watching))
}

/// Signatures that nothing makes fire: they only measure.
fn gauges(candidates: &[Candidate], watches: bool) -> Signatures {
    candidates
        .iter()
        .filter(|candidate| candidate.watches == watches)
        .map(|it| it.signature(&it.counter.name))
        .collect()
}

/// Each candidate's own.
fn in_order(
    candidates: &[Candidate],
    mut plain: impl Iterator<Item = Option<f64>>,
    mut watching: impl Iterator<Item = Option<f64>>,
) -> Vec<Option<f64>> {
    let peak = |candidate: &Candidate| if candidate.watches { watching.next() } else { plain.next() };
    candidates.iter().map(peak).map(|peak| peak.flatten().filter(|most| *most >= 1.0)).collect()
}

/// How a signature does.
pub(super) fn outcome(signature: &Signature, sample: &Sample<'_>) -> Result<Outcome, ReadError> {
    let mut engine = Engine::new(&only(signature), Limits::default());
    let (mut score, mut turn, mut packets) = (Score::default(), Turn::default(), 0_u64);
    (sample.read)(&mut |facts: &Facts| {
        if turn.is_new(facts.time, signature.window) {
            score.see(engine.take_events());
            score.turn();
        } else if packets.is_multiple_of(TAKEN_EVERY) {
            score.see(engine.take_events());
        }
        packets += 1;
        engine.observe(facts);
    })?;
    score.see(engine.take_events());
    score.close();
    score.see(engine.finish());
    Ok(score.outcome)
}

/// What was said so far.
#[derive(Debug, Default)]
struct Score {
    outcome: Outcome,
    /// Whether there is an attack in the window at hand.
    hit: bool,
    /// How much of it the busiest event has counted.
    most: f64,
}

impl Score {
    fn see(&mut self, events: Vec<Event>) {
        for event in events {
            self.hit |= event.ongoing;
            // Each is told as ended once.
            self.outcome.events += usize::from(!event.ongoing);
            let counted = event.evidence.get("counted").copied().unwrap_or_default();
            if counted >= self.most {
                self.most = counted;
                self.outcome.named = Some((named(&event.sources), named(&event.targets)));
            }
        }
    }

    /// Another window begins.
    fn turn(&mut self) {
        self.close();
        self.outcome.windows += 1;
    }

    fn close(&mut self) {
        self.outcome.hits += u64::from(std::mem::take(&mut self.hit));
    }
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
