//! What a tick says of a subject: whether the rule is true of it.

use super::{Tick, Watch};
use crate::{
    alert::{
        baseline::Usual,
        bound::{self, Bound},
        life::Reading,
        measure::Measure,
    },
    rule::{Period, Threshold},
};

impl Watch {
    /// What the tick says of this subject.
    pub(super) fn reading(&mut self, measure: &Measure, tick: &Tick<'_>) -> Reading {
        match self.volume() {
            Some((full, per)) => self.of_volume(measure, full, per, tick),
            None => self.of_rate(measure, tick),
        }
    }

    fn of_rate(&mut self, measure: &Measure, tick: &Tick<'_>) -> Reading {
        let metric = self.spec.rule.target.metric;
        let value = measure.rate(metric);
        let usual = self.usual(measure, tick);
        let condition = &self.spec.rule.condition;
        let bound = Bound::of(condition, metric, measure, usual);
        self.troubles.met(bound, &measure.subject);
        let holds = bound.holds(condition.op, value).unwrap_or(false);
        let clear = self.spec.clear.as_ref().filter(|clear| !bound::is_volume(clear));
        let clear = clear.and_then(|clear| Bound::of(clear, metric, measure, usual).holds(clear.op, value));
        Reading {
            holds,
            may_end: !holds && clear.unwrap_or(true),
            value,
            threshold: bound.value(),
            severity: self.spec.severity,
            share: 0,
            forecast: None,
        }
    }

    /// What the tick says of a rule on a volume.
    pub(in crate::alert) fn of_volume(&self, measure: &Measure, full: u64, per: Period, tick: &Tick<'_>) -> Reading {
        let op = self.spec.rule.condition.op;
        let volume = self.state.volumes.get(&measure.subject.key);
        let value = volume.map_or(0.0, |volume| volume.bytes as f64);
        let whole = [(1.0, self.spec.severity)];
        let shares = if self.spec.shares.is_empty() { &whole[..] } else { &self.spec.shares };
        let is_reached = |&(share, _): &(f64, _)| bound::is_upper(op) && op.holds(value, share * full as f64);
        let share = shares.iter().rposition(is_reached).map_or(0, |last| last + 1);
        let forecast = || {
            let span = tick.calendar.period(per, tick.now.time);
            volume?.forecast(full, per, span, tick.now.time)
        };
        Reading {
            holds: share > 0,
            may_end: share == 0,
            value,
            threshold: Some(full as f64),
            severity: share.checked_sub(1).map_or(self.spec.severity, |last| shares[last].1),
            share,
            forecast: if share > 0 { forecast() } else { None },
        }
    }

    /// The volume that the rule is about.
    pub(in crate::alert) fn volume(&self) -> Option<(u64, Period)> {
        match self.spec.rule.condition.threshold {
            Threshold::Volume { bytes, per } => Some((bytes, per)),
            _ => None,
        }
    }

    /// Whether it is to be learnt.
    pub(super) fn asks_what_is_usual(&self) -> bool {
        let conditions = [Some(&self.spec.rule.condition), self.spec.clear.as_ref()];
        conditions.into_iter().flatten().any(|condition| matches!(condition.threshold, Threshold::Usual(_)))
    }

    /// What is usual for this subject now; nothing is known where the rule does not ask.
    pub(in crate::alert) fn usual(&self, measure: &Measure, tick: &Tick<'_>) -> Usual {
        if !self.asks_what_is_usual() {
            return Usual::Learning(0);
        }
        let target = &self.spec.rule.target;
        let history = tick.history.and_then(|history| history.usual(target, &measure.subject, &tick.local));
        history.map_or_else(|| self.state.baselines.usual(&measure.subject.key, tick.hour), Usual::Known)
    }
}
