//! What a rule measures, averaged over the agent's next ticks.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{Measured, MeasuredSubject};
use crate::{
    alert::{Engine, Says, Subject, Unit, measure},
    rule::{Rule, Threshold},
    snapshot::Snapshot,
};

/// Agents with longer ticks than this are not waited for.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

/// A measurement in progress.
#[derive(Debug)]
pub struct Averaging {
    rule: Rule,
    /// For how long it goes on.
    time: Duration,
    /// None until the tick in which it was asked for has ended: what was before the question is not measured.
    measured: Option<Duration>,
    /// By the key of the subject: its name, and what else there is to say of it, may come while it is measured.
    sums: BTreeMap<Arc<str>, Sum>,
}

#[derive(Debug)]
struct Sum {
    /// As it was called last.
    subject: Subject,
    bytes: u64,
    packets: u64,
    link: Option<u64>,
}

impl Sum {
    fn new(subject: &Subject) -> Self {
        Self { subject: subject.clone(), bytes: 0, packets: 0, link: None }
    }
}

impl Averaging {
    /// Begins to measure a rule of rates or shares, at the end of the tick that is under way.
    pub fn new(rule: Rule, time: Duration) -> Self {
        Self { rule, time, measured: None, sums: BTreeMap::new() }
    }

    /// Takes a tick that `engine` has observed; what was measured, when it was the last one. Volumes, and what is usual, are as
    /// the engine has them, if the rule is one of its own.
    pub fn take(&mut self, snapshot: &Snapshot, engine: &Engine) -> Option<Measured> {
        if matches!(self.rule.condition.threshold, Threshold::Volume { .. }) {
            return Some(self.volumes(snapshot, engine));
        }
        let Some(measured) = &mut self.measured else {
            self.measured = Some(Duration::ZERO);
            return None;
        };
        *measured += snapshot.elapsed;
        for measure in measure::measures(snapshot, &self.rule.target) {
            let sum = self.sums.entry(Arc::clone(&measure.subject.key)).or_insert_with(|| Sum::new(&measure.subject));
            sum.subject = measure.subject;
            sum.bytes += measure.bytes;
            sum.packets += measure.packets;
            sum.link = measure.link.or(sum.link);
        }
        // Ticks are never exactly as long as they should be: half of one less is near enough.
        let enough = *measured + snapshot.elapsed / 2 >= self.time && !measured.is_zero();
        enough.then(|| self.done(snapshot, engine))
    }

    fn volumes(&self, snapshot: &Snapshot, engine: &Engine) -> Measured {
        let said = engine.says(&self.rule.text, snapshot).unwrap_or_default();
        let subject = |Says { subject, value, threshold }| MeasuredSubject { subject, value, threshold, link: None };
        self.measured(Unit::Bytes, 0.0, said.into_iter().map(subject).collect())
    }

    fn done(&mut self, snapshot: &Snapshot, engine: &Engine) -> Measured {
        let seconds = self.measured.unwrap_or_default().as_secs_f64();
        let packets = self.rule.target.metric.is_packets();
        let unit = if packets { Unit::PacketsPerSecond } else { Unit::BytesPerSecond };
        let said = self.is_relative().then(|| engine.says(&self.rule.text, snapshot)).flatten().unwrap_or_default();
        let sums = std::mem::take(&mut self.sums);
        let subject = |sum: Sum| {
            let amount = if packets { sum.packets } else { sum.bytes };
            let usual = || said.iter().find(|says| says.subject.key == sum.subject.key)?.threshold;
            let threshold = threshold(&self.rule.condition.threshold, sum.link).or_else(usual);
            MeasuredSubject { subject: sum.subject, value: amount as f64 / seconds, threshold, link: sum.link }
        };
        self.measured(unit, seconds, sums.into_values().map(subject).collect())
    }

    /// Whether it is compared with what is usual.
    fn is_relative(&self) -> bool {
        matches!(self.rule.condition.threshold, Threshold::Usual(_))
    }

    fn measured(&self, unit: Unit, seconds: f64, subjects: Vec<MeasuredSubject>) -> Measured {
        Measured { rule: self.rule.text.to_string(), unit, seconds, subjects }
    }
}

/// In the unit of what is measured.
fn threshold(threshold: &Threshold, link: Option<u64>) -> Option<f64> {
    match *threshold {
        Threshold::Rate(rate) | Threshold::PacketRate(rate) => Some(rate),
        Threshold::Share(share) => link.map(|link| share * link as f64),
        Threshold::Volume { .. } | Threshold::Usual(_) => None,
    }
}
