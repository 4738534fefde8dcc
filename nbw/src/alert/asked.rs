//! What a rule says at this moment, for whoever asks.

use std::collections::BTreeMap;

use super::{
    Engine, Subject,
    bound::Bound,
    clock::Moment,
    engine::tick,
    measure::{Measure, measures, nothing_of},
    watch::{Tick, Watch},
};
use crate::snapshot::Snapshot;

/// What a rule says of one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Says {
    /// Who it is.
    pub subject: Subject,
    /// What was measured: a rate in this tick, or a volume in the period so far.
    pub value: f64,
    /// What it is compared with; none where that is not known.
    pub threshold: Option<f64>,
}

impl Engine {
    /// What the rule of this text says of the snapshot that was observed last. None where there is no such rule.
    pub fn says(&self, rule: &str, snapshot: &Snapshot) -> Option<Vec<Says>> {
        let watch = self.watches.iter().find(|watch| &*watch.spec.rule.text == rule)?;
        let tick = tick(Moment::of(snapshot), snapshot, &self.calendar, self.history.as_deref());
        let mut measures = measures(snapshot, &watch.spec.rule.target);
        if watch.volume().is_some() {
            measures.extend(watch.absent(&measures));
        }
        Some(measures.into_iter().map(|measure| watch.says(measure, &tick)).collect())
    }
}

impl Watch {
    /// Whoever is in no snapshot any more (a container that has ended) but has moved something in this period, or has an
    /// alert that fires.
    fn absent(&self, measures: &[Measure]) -> Vec<Measure> {
        let firing = self.state.lives.values().filter(|life| life.fires()).map(|life| &life.alert.subject);
        let known = firing.chain(self.state.volumes.subjects());
        let absent: BTreeMap<&str, &Subject> = known.map(|subject| (&*subject.key, subject)).collect();
        let is_measured = |key: &str| measures.iter().any(|measure| &*measure.subject.key == key);
        let absent = absent.into_iter().filter(|(key, _)| !is_measured(key));
        absent.map(|(_, subject)| nothing_of(subject.clone())).collect()
    }

    fn says(&self, measure: Measure, tick: &Tick<'_>) -> Says {
        let (value, threshold) = match self.volume() {
            Some((full, per)) => {
                let reading = self.of_volume(&measure, full, per, tick);
                (reading.value, reading.threshold)
            }
            None => {
                let (metric, usual) = (self.spec.rule.target.metric, self.usual(&measure, tick));
                (measure.rate(metric), Bound::of(&self.spec.rule.condition, metric, &measure, usual).value())
            }
        };
        Says { subject: measure.subject, value, threshold }
    }
}
