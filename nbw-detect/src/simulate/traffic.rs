//! A scenario's frames in the order of their times, made as they are taken.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use fastrand::Rng;

use super::{exchange::Exchange, host::Side};

/// How much of the time between two attempts is left to chance, unless a scenario is regular.
const JITTER: f64 = 1.0;

/// A frame and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed {
    /// From the traffic's beginning.
    pub at: Duration,
    /// On which side it is sent.
    pub side: Side,
    /// The bytes of an Ethernet frame, without its checksum.
    pub frame: Vec<u8>,
}

/// How much of a scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Attempts a second (packets, probes or connections: [`Scenario::attempts`]); more than 0. There is one at least.
    pub rate: f64,
    /// How long attempts are begun: none later.
    pub duration: Duration,
    /// What chance begins with: the same gives the same bytes.
    pub seed: u64,
}

/// Writes what attempt `n` says.
pub(super) type Step = Box<dyn FnMut(&mut Exchange<'_>, u64) + Send>;

/// A kind of traffic that can be generated.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Its name: of an attack, the signature's that it is for.
    pub name: &'static str,
    /// What happens, in a sentence.
    pub about: &'static str,
    /// What the rate counts: `packets`, `probes`, `connections` ...
    pub attempts: &'static str,
    /// Attempts a second, unless others are asked for.
    pub rate: f64,
    /// How long, unless something else is asked for.
    pub duration: Duration,
    /// Whether attempts come at regular times.
    pub(super) regular: bool,
    pub(super) step: fn(&Plan) -> Step,
}

impl Scenario {
    /// As much as is good for showing it.
    pub fn plan(&self) -> Plan {
        Plan { rate: self.rate, duration: self.duration, seed: 1 }
    }

    /// Its frames.
    pub fn traffic(&self, plan: &Plan) -> Traffic {
        let attempts = (plan.rate * plan.duration.as_secs_f64()).ceil();
        Traffic {
            rng: Rng::with_seed(plan.seed),
            step: (self.step)(plan),
            jitter: if self.regular { 0.02 } else { JITTER },
            rate: plan.rate,
            duration: plan.duration,
            begun: 0,
            // Saturates; at a million a second, 2^64 are half a million years.
            attempts: attempts as u64,
            pending: BinaryHeap::new(),
            made: 0,
            written: Vec::new(),
        }
    }
}

/// The frames of a scenario, sorted by time.
pub struct Traffic {
    rng: Rng,
    step: Step,
    jitter: f64,
    rate: f64,
    duration: Duration,
    begun: u64,
    attempts: u64,
    pending: BinaryHeap<Reverse<Pending>>,
    made: u64,
    written: Vec<Timed>,
}

impl Traffic {
    /// When the next attempt may begin at the earliest, if there is one.
    fn next_begin(&self) -> Option<Duration> {
        (self.begun < self.attempts).then(|| Duration::from_secs_f64(self.begun as f64 / self.rate))
    }

    fn begin(&mut self, at: Duration) {
        let left = self.duration.saturating_sub(at);
        let late = Duration::from_secs_f64((self.rng.f64() * self.jitter / self.rate).min(left.as_secs_f64()));
        (self.step)(&mut Exchange::new(at + late, &mut self.rng, &mut self.written), self.begun);
        self.begun += 1;
        for timed in self.written.drain(..) {
            self.made += 1;
            self.pending.push(Reverse(Pending { timed, number: self.made }));
        }
    }
}

impl Iterator for Traffic {
    type Item = Timed;

    fn next(&mut self) -> Option<Timed> {
        while let Some(at) = self.next_begin() {
            // What is pending may be sent only if nothing that is still to be made comes before it.
            if self.pending.peek().is_some_and(|Reverse(first)| first.timed.at <= at) {
                break;
            }
            self.begin(at);
        }
        self.pending.pop().map(|Reverse(first)| first.timed)
    }
}

/// A frame that waits for its time.
struct Pending {
    timed: Timed,
    /// Those of the same time leave as they were made.
    number: u64,
}

impl Pending {
    fn order(&self) -> (Duration, u64) {
        (self.timed.at, self.number)
    }
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Pending {}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pending {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}
