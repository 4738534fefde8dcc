//! One rule, and what becomes of it for each of its subjects.

mod reading;

use std::sync::Arc;

use jiff::Zoned;

use super::{
    Alert, Change, Ended, Notice, Spec, State, Subject, Unit,
    baseline::{History, Hour},
    calendar::Calendar,
    clock::Moment,
    id,
    life::Life,
    measure::{Measure, measures},
    presence::Around,
    saved::{Kept, RuleState},
    summary,
    trouble::{Complaint, Troubles},
};
use crate::{rule::Threshold, snapshot::Snapshot};

/// Subjects of one rule that have a state: alerts, or volumes of the period.
pub(super) const MOST: usize = 4_096;
/// Subjects of one rule of which it is remembered what is usual: that takes some kilobytes each.
pub(super) const MOST_BASELINES: usize = 1_024;

/// All that a rule is told of a tick.
pub(super) struct Tick<'a> {
    pub(super) now: Moment,
    /// The middle of it, by the user's clocks.
    pub(super) local: Zoned,
    pub(super) hour: Hour,
    pub(super) snapshot: &'a Snapshot,
    pub(super) calendar: &'a Calendar,
    pub(super) history: Option<&'a dyn History>,
    pub(super) around: Around,
}

/// A rule with its state.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) spec: Spec,
    pub(super) state: RuleState,
    troubles: Troubles,
}

impl Watch {
    /// Goes on from what is known.
    pub(super) fn new(spec: Spec, state: RuleState) -> Self {
        Self { spec, state, troubles: Troubles::default() }
    }

    /// What is to be saved of it.
    pub(super) fn kept(&self) -> Kept {
        let Spec { rule, actions, labels, .. } = &self.spec;
        let (rule, actions, labels) = (Arc::clone(&rule.text), actions.clone(), labels.clone());
        Kept { rule, actions, labels, state: self.state.clone() }
    }

    /// The alerts to be shown.
    pub(super) fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.state.lives.values().filter(|life| life.is_shown()).map(|life| &life.alert)
    }

    /// What keeps it from doing its work.
    pub(super) fn complaints(&self) -> Vec<Complaint> {
        self.troubles.complaints(&self.spec.rule)
    }

    /// Nobody has looked for so long that what was pending may have been untrue in between.
    pub(super) fn forget_pending(&mut self) {
        self.state.lives.values_mut().filter(|life| !life.fires()).for_each(Life::rest);
    }

    /// Takes in a tick. What has happened, in the order of the subjects' keys (where there are too many: the busiest first).
    pub(super) fn observe(&mut self, tick: &Tick<'_>) -> Vec<Notice> {
        let mut told = Vec::new();
        self.troubles = Troubles::default();
        self.state.lives.values_mut().for_each(Life::begin);
        self.turn(tick, &mut told);
        let mut measures = self.measures(tick.snapshot);
        measures.extend(self.silent(&measures, &tick.around));
        self.remember(&measures, tick);
        for measure in measures {
            self.judge(measure, tick, &mut told);
        }
        self.miss(tick, &mut told);
        self.state.lives.retain(|_, life| life.matters(tick.now));
        self.troubles.judged(&self.spec);
        told
    }

    fn measures(&self, snapshot: &Snapshot) -> Vec<Measure> {
        let mut measures = measures(snapshot, &self.spec.rule.target);
        if measures.len() > MOST {
            measures.sort_by(|a, b| b.bytes_per_second.total_cmp(&a.bytes_per_second));
        }
        measures
    }

    /// A new period ends what the volume of the one before had raised.
    fn turn(&mut self, tick: &Tick<'_>, told: &mut Vec<Notice>) {
        let Some((_, per)) = self.volume() else { return };
        if !self.state.volumes.turn(tick.calendar, per, tick.now.time) {
            return;
        }
        for life in self.state.lives.values_mut().filter(|life| life.fires()) {
            let change = life.end(tick.now.time, Ended::Period);
            told.push(notice(&self.spec, life, change, tick));
        }
    }

    /// Adds to what is known of the subjects.
    fn remember(&mut self, measures: &[Measure], tick: &Tick<'_>) {
        let metric = self.spec.rule.target.metric;
        if self.volume().is_some() {
            measures.iter().for_each(|measure| self.state.volumes.add(measure, metric, tick.now));
            self.troubles.trimmed = self.state.volumes.trim(MOST);
        }
        if self.asks_what_is_usual() {
            for measure in measures {
                self.state.baselines.add(&measure.subject.key, measure.rate(metric), tick.hour, tick.now);
            }
            self.troubles.unlearnt = self.state.baselines.trim(MOST_BASELINES, tick.hour);
        }
    }

    fn judge(&mut self, measure: Measure, tick: &Tick<'_>, told: &mut Vec<Notice>) {
        let reading = self.reading(&measure, tick);
        let key = Arc::clone(&measure.subject.key);
        if !self.state.lives.contains_key(&key) {
            if !reading.holds || !self.has_room() {
                return;
            }
            let alert = self.alert(&measure.subject, tick);
            self.state.lives.insert(Arc::clone(&key), Life::new(alert));
        }
        let Some(life) = self.state.lives.get_mut(&key) else { return };
        let change = life.step(tick.now, &self.spec, measure.subject, &reading);
        match change {
            Some(change) => told.push(notice(&self.spec, life, change, tick)),
            None if life.is_active() => summarise(&self.spec, life, tick),
            None => {}
        }
    }

    /// What fires always has its place; what only is remembered gives way.
    fn has_room(&mut self) -> bool {
        let lives = &mut self.state.lives;
        if lives.len() < MOST {
            return true;
        }
        let idle = if self.troubles.unwatched > 0 { None } else { lives.iter().find(|(_, life)| !life.is_shown()) };
        let idle = idle.map(|(key, _)| Arc::clone(key));
        self.troubles.unwatched += usize::from(idle.is_none());
        idle.is_some_and(|key| lives.remove(&key).is_some())
    }

    /// Alerts whose subjects were not in the snapshot. A volume stays reached until its period ends: who has moved nothing
    /// since a restart is not in snapshots, and would be told anew with the next packet. Of a rule about silence nobody is
    /// missing before somebody has looked.
    fn miss(&mut self, tick: &Tick<'_>, told: &mut Vec<Notice>) {
        if self.volume().is_some() || self.awaits(&tick.around) {
            return;
        }
        for life in self.state.lives.values_mut().filter(|life| !life.was_seen()) {
            match life.miss(tick.now) {
                Some(change) => told.push(notice(&self.spec, life, change, tick)),
                None if life.is_active() => summarise(&self.spec, life, tick),
                None => {}
            }
        }
    }

    /// An alert of which nothing has happened.
    fn alert(&self, subject: &Subject, tick: &Tick<'_>) -> Alert {
        let Spec { rule, name, severity, .. } = &self.spec;
        let metric = rule.target.metric;
        Alert {
            id: id::of(&rule.text, subject).into(),
            name: Arc::clone(name),
            rule: Arc::clone(&rule.text),
            subject: subject.clone(),
            metric: metric.word().into(),
            state: State::Resolved,
            severity: *severity,
            value: 0.0,
            threshold: 0.0,
            unit: match rule.condition.threshold {
                Threshold::Volume { .. } => Unit::Bytes,
                _ if metric.is_packets() => Unit::PacketsPerSecond,
                _ => Unit::BytesPerSecond,
            },
            since: tick.now.time,
            fired: None,
            resolved: None,
            ended: None,
            flapping: false,
            forecast: None,
            summary: "".into(),
            event: None,
        }
    }
}

fn summarise(spec: &Spec, life: &mut Life, tick: &Tick<'_>) {
    life.alert.summary = summary::of(&life.alert, spec, tick.calendar, tick.now.time).into();
}

fn notice(spec: &Spec, life: &mut Life, change: Change, tick: &Tick<'_>) -> Notice {
    summarise(spec, life, tick);
    let actions = life.audience(change, &spec.actions);
    Notice { change, alert: life.alert.clone(), actions, labels: spec.labels.clone() }
}
