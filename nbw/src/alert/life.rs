//! One alert's life: inactive, pending, firing, resolved.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Alert, Change, Ended, Severity, Spec, State, Subject, clock::Moment};

/// So many readings in a row without its subject end an alert that fires: one listing may miss what is there.
const GONE_AFTER: u32 = 2;
/// Who begins to fire so often ...
const FLAPS: usize = 4;
/// ... within this time is flapping.
const FLAP_WINDOW: Duration = Duration::from_secs(10 * 60);
/// What is flapping fires on until it was clear for this long.
const FLAP_CALM: Duration = Duration::from_secs(5 * 60);

/// An alert, and what has to be remembered of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Life {
    /// As it is shown. [`State::Resolved`] also while the condition is not true and it has not fired.
    pub(super) alert: Alert,
    /// Since when the condition has been true.
    since: Duration,
    /// When it was last told.
    told: Duration,
    /// Since when it could end, while it fires.
    clear_since: Option<Duration>,
    /// Readings in a row without its subject.
    missing: u32,
    /// How many of a volume's shares are reached.
    share: usize,
    /// When it began to fire, the last few times.
    starts: Vec<Duration>,
    /// Who was told that it fires, so that they are told of its end; none where that is not known.
    #[serde(default)]
    told_to: Option<Vec<Arc<str>>>,
    /// Whether it ended in this tick.
    #[serde(skip)]
    just_ended: bool,
}

/// What a reading says of a subject.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// Whether the condition is true.
    pub(super) holds: bool,
    /// Whether an alert that fires may end.
    pub(super) may_end: bool,
    /// What was measured.
    pub(super) value: f64,
    /// What it was compared with; none where that is not known now.
    pub(super) threshold: Option<f64>,
    /// How bad it is.
    pub(super) severity: Severity,
    /// How many of a volume's shares are reached.
    pub(super) share: usize,
    /// When the volume will be reached.
    pub(super) forecast: Option<Timestamp>,
}

impl Life {
    /// Nothing has been true yet.
    pub(super) fn new(alert: Alert) -> Self {
        let (since, told) = (Duration::ZERO, Duration::ZERO);
        let (starts, told_to) = (Vec::new(), None);
        Self { alert, since, told, clear_since: None, missing: 0, share: 0, starts, told_to, just_ended: false }
    }

    /// Whether it is pending, fires, or has just ended: what people are shown.
    pub(super) fn is_shown(&self) -> bool {
        self.is_active() || self.just_ended
    }

    /// Whether it is pending or fires.
    pub(super) fn is_active(&self) -> bool {
        self.alert.state != State::Resolved
    }

    /// Whether it fires.
    pub(super) fn fires(&self) -> bool {
        self.alert.state == State::Firing
    }

    /// Whether anything of it has to be remembered: also that it fired a short while ago.
    pub(super) fn matters(&self, now: Moment) -> bool {
        self.is_shown() || self.starts.iter().any(|&start| now.since(start) < FLAP_WINDOW)
    }

    /// Whether its subject was in this reading.
    pub(super) fn was_seen(&self) -> bool {
        self.missing == 0
    }

    /// A reading begins.
    pub(super) fn begin(&mut self) {
        self.just_ended = false;
        self.missing = self.missing.saturating_add(1);
    }

    /// Its subject was in the reading.
    pub(super) fn step(&mut self, now: Moment, spec: &Spec, subject: Subject, reading: &Reading) -> Option<Change> {
        self.missing = 0;
        self.alert.subject = subject;
        self.alert.name = spec.name.clone();
        match self.alert.state {
            State::Firing => self.while_firing(now, spec, reading),
            _ if !reading.holds => self.rested(),
            State::Pending => self.ripen(now, spec, reading),
            State::Resolved => {
                self.wake(now);
                self.ripen(now, spec, reading)
            }
        }
    }

    /// Its subject was not in the reading.
    pub(super) fn miss(&mut self, now: Moment) -> Option<Change> {
        match self.alert.state {
            State::Pending => self.rested(),
            State::Resolved => None,
            State::Firing => {
                let calm = self.is_calm(now);
                let gone = self.missing >= GONE_AFTER && (calm || !self.alert.flapping);
                gone.then(|| self.end(now.time, Ended::Gone))
            }
        }
    }

    /// It ends, whatever is measured.
    pub(super) fn end(&mut self, time: Timestamp, ended: Ended) -> Change {
        self.alert.state = State::Resolved;
        self.alert.resolved = Some(time);
        self.alert.ended = Some(ended);
        self.alert.forecast = None;
        self.clear_since = None;
        self.just_ended = true;
        Change::Resolved
    }

    /// Who is told of this change, where `actions` are those that are told now: of its end also whoever was told before.
    pub(super) fn audience(&mut self, change: Change, actions: &[Arc<str>]) -> Vec<Arc<str>> {
        if change == Change::Firing {
            self.told_to = None;
        }
        let all = self.told_to.as_ref().map_or_else(|| actions.to_vec(), |told| union(told, actions));
        if change == Change::Resolved {
            return all;
        }
        self.told_to = Some(all);
        actions.to_vec()
    }

    /// The condition is not true, and it does not fire.
    pub(super) fn rest(&mut self) {
        self.alert.state = State::Resolved;
    }

    fn rested(&mut self) -> Option<Change> {
        self.rest();
        None
    }

    fn wake(&mut self, now: Moment) {
        self.since = now.at;
        let alert = &mut self.alert;
        (alert.state, alert.since) = (State::Pending, now.time);
        (alert.fired, alert.resolved, alert.ended, alert.flapping) = (None, None, None, false);
    }

    /// Pending, and true: it fires once that has lasted.
    fn ripen(&mut self, now: Moment, spec: &Spec, reading: &Reading) -> Option<Change> {
        self.note(reading);
        now.has_passed(spec.rule.lasting, self.since).then(|| self.fire(now))
    }

    fn fire(&mut self, now: Moment) -> Change {
        self.starts.retain(|&start| now.since(start) < FLAP_WINDOW);
        self.starts.push(now.at);
        self.starts.drain(..self.starts.len().saturating_sub(FLAPS));
        self.alert.flapping = self.starts.len() == FLAPS;
        (self.alert.state, self.alert.fired) = (State::Firing, Some(now.time));
        (self.told, self.clear_since) = (now.at, None);
        Change::Firing
    }

    fn while_firing(&mut self, now: Moment, spec: &Spec, reading: &Reading) -> Option<Change> {
        let before = (self.alert.severity, self.share);
        if !reading.may_end {
            self.clear_since = None;
        } else if self.is_calm(now) || !self.alert.flapping {
            self.measured(reading);
            return Some(self.end(now.time, Ended::Cleared));
        }
        self.note(reading);
        if before != (self.alert.severity, self.share) {
            return self.tell(now, Change::Severity);
        }
        let due = spec.repeat.is_some_and(|repeat| now.has_passed(repeat, self.told));
        if due { self.tell(now, Change::Repeated) } else { None }
    }

    fn tell(&mut self, now: Moment, change: Change) -> Option<Change> {
        self.told = now.at;
        Some(change)
    }

    /// It could end, or its subject is missing. Whether that was so for long enough for what is flapping.
    fn is_calm(&mut self, now: Moment) -> bool {
        let since = *self.clear_since.get_or_insert(now.at);
        now.has_passed(FLAP_CALM, since)
    }

    /// Takes over what was measured.
    fn note(&mut self, reading: &Reading) {
        self.measured(reading);
        // What only has not ended yet stays as bad as it was.
        if reading.holds {
            (self.alert.severity, self.share) = (reading.severity, reading.share);
        }
    }

    fn measured(&mut self, reading: &Reading) {
        self.alert.value = reading.value;
        self.alert.forecast = reading.forecast;
        if let Some(threshold) = reading.threshold.filter(|&threshold| threshold.is_finite() && threshold >= 0.0) {
            self.alert.threshold = threshold;
        }
    }
}

/// Both together; an empty list stands for all that there are.
fn union(told: &[Arc<str>], now: &[Arc<str>]) -> Vec<Arc<str>> {
    if told.is_empty() || now.is_empty() {
        return Vec::new();
    }
    let new = now.iter().filter(|name| !told.contains(name));
    told.iter().chain(new).cloned().collect()
}
