//! What a rule measures, averaged over the agent's next ticks.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::{Average, Measured, MeasuredSubject};
use crate::{
    alert::{Engine, Says, Unit},
    rule::{Rule, Threshold},
    snapshot::Snapshot,
};

/// Agents with longer ticks than this are not waited for.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

/// A measurement in progress.
#[derive(Debug)]
pub struct Averaging {
    average: Average,
    /// For how long it goes on.
    time: Duration,
    /// Whether the tick in which it was asked for has ended: what was before the question is not measured.
    begun: bool,
}

impl Averaging {
    /// Begins to measure a rule of rates or shares, at the end of the tick that is under way.
    pub fn new(rule: Rule, time: Duration) -> Self {
        Self { average: Average::new(rule), time, begun: false }
    }

    /// Takes a tick that `engine` has observed; what was measured, when it was the last one. Volumes, and what is usual, are as
    /// the engine has them, if the rule is one of its own.
    pub fn take(&mut self, snapshot: &Snapshot, engine: &Engine) -> Option<Measured> {
        if matches!(self.rule().condition.threshold, Threshold::Volume { .. }) {
            return Some(self.volumes(snapshot, engine));
        }
        if !std::mem::replace(&mut self.begun, true) {
            return None;
        }
        self.average.add(snapshot);
        // Ticks are never exactly as long as they should be: half of one less is near enough.
        let measured = self.average.time();
        let enough = measured + snapshot.elapsed / 2 >= self.time && !measured.is_zero();
        enough.then(|| self.done(snapshot, engine))
    }

    fn rule(&self) -> &Rule {
        self.average.rule()
    }

    fn volumes(&self, snapshot: &Snapshot, engine: &Engine) -> Measured {
        let said = engine.says(&self.rule().text, snapshot).unwrap_or_default();
        let subject = |Says { subject, value, threshold }| MeasuredSubject { subject, value, threshold, link: None };
        let subjects = said.into_iter().map(subject).collect();
        Measured { rule: self.rule().text.to_string(), unit: Unit::Bytes, seconds: 0.0, subjects }
    }

    fn done(&mut self, snapshot: &Snapshot, engine: &Engine) -> Measured {
        let own = self.rule().condition.threshold;
        let is_relative = matches!(own, Threshold::Usual(_));
        let said = is_relative.then(|| engine.says(&self.rule().text, snapshot)).flatten().unwrap_or_default();
        let mut measured = self.average.measured();
        for subject in &mut measured.subjects {
            let usual = || said.iter().find(|says| says.subject.key == subject.subject.key)?.threshold;
            subject.threshold = own.amount(subject.link).or_else(usual);
        }
        measured
    }
}
