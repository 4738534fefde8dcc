//! All rules together.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{
    Alert, Ended, Notice, Spec,
    baseline::{History, Hour},
    calendar::Calendar,
    clock::{Clock, Moment},
    presence::{Around, Presence},
    saved::{Kept, RuleState, Saved, VERSION},
    summary,
    trouble::Complaint,
    watch::{Tick, Watch},
};
use crate::snapshot::Snapshot;

/// What was pending when nbw ended is pending still if it was back this soon; after more, it may have been untrue.
const SHORT_REST: Duration = Duration::from_secs(60);

/// Watches the rules over all snapshots: what monitors give goes in, and what sinks and actions are told comes out.
///
/// It has no clock of its own: time is what the snapshots say has passed.
#[derive(Debug)]
pub struct Engine {
    pub(super) calendar: Calendar,
    clock: Clock,
    pub(super) watches: Vec<Watch>,
    /// What was saved of rules that are there no more, until they are told.
    orphans: Vec<Kept>,
    /// Alerts of removed rules, for the next snapshot.
    leaving: Vec<Alert>,
    /// Those of this one.
    left: Vec<Alert>,
    /// Rules that are there twice.
    twice: Vec<Arc<str>>,
    pub(super) history: Option<Box<dyn History>>,
    presence: Option<Box<dyn Presence>>,
}

impl Engine {
    /// Watches these, going on from what was saved. What is in a layout that is not known is left out.
    ///
    /// Of rules with the same text the first one counts.
    pub fn new(specs: Vec<Spec>, calendar: Calendar, saved: Option<Saved>) -> Self {
        let (clock, kept) = match saved.filter(Saved::is_known) {
            Some(saved) => (saved.clock.resumed(), saved.rules),
            None => (Clock::default(), Vec::new()),
        };
        let mut engine = Self {
            calendar,
            clock,
            watches: Vec::new(),
            orphans: Vec::new(),
            leaving: Vec::new(),
            left: Vec::new(),
            twice: Vec::new(),
            history: None,
            presence: None,
        };
        engine.orphans = engine.adopt(specs, kept);
        engine
    }

    /// Asks `history` first what is usual.
    pub fn with_history(self, history: Box<dyn History>) -> Self {
        Self { history: Some(history), ..self }
    }

    /// Asks `presence` from now on who is there and silent; or nobody, and then what is in no snapshot is not there.
    pub fn look_around(&mut self, presence: Option<Box<dyn Presence>>) {
        self.presence = presence;
    }

    /// Takes in a snapshot. What has happened by it, rule by rule: of each alert `Firing`, perhaps `Repeated` and `Severity`,
    /// and in the end one `Resolved`, in turns.
    pub fn observe(&mut self, snapshot: &Snapshot) -> Vec<Notice> {
        let (now, gap) = self.clock.advance(snapshot);
        if gap > SHORT_REST {
            self.watches.iter_mut().for_each(Watch::forget_pending);
        }
        let orphans = std::mem::take(&mut self.orphans);
        let mut told = self.remove(orphans);
        self.left = std::mem::take(&mut self.leaving);
        let around = Around::of(self.presence.as_deref());
        let tick = Tick { around, ..tick(now, snapshot, &self.calendar, self.history.as_deref()) };
        told.extend(self.watches.iter_mut().flat_map(|watch| watch.observe(&tick)));
        told
    }

    /// The alerts that are pending or fire, and those that were resolved in the last tick (or whose rule was removed before
    /// it): for [`Snapshot::alerts`].
    pub fn alerts(&self) -> Vec<Alert> {
        let of_rules = self.watches.iter().flat_map(Watch::alerts);
        self.left.iter().chain(&self.leaving).chain(of_rules).cloned().collect()
    }

    /// Watches these from now on, by this calendar. Rules whose text is the same keep their state; what fired of others is
    /// resolved.
    pub fn replace(&mut self, specs: Vec<Spec>, calendar: Calendar) -> Vec<Notice> {
        self.calendar = calendar;
        let watches = std::mem::take(&mut self.watches);
        let mut kept = std::mem::take(&mut self.orphans);
        kept.extend(watches.iter().map(Watch::kept));
        let gone = self.adopt(specs, kept);
        self.remove(gone)
    }

    /// All that is needed to go on after a restart.
    pub fn save(&self) -> Saved {
        let of_rules = self.watches.iter().map(Watch::kept);
        let rules = of_rules.chain(self.orphans.iter().cloned()).collect();
        Saved { version: VERSION, clock: self.clock, rules }
    }

    /// What keeps rules from doing their work, as of the last tick.
    pub fn complaints(&self) -> Vec<Complaint> {
        let sentence = "it is there twice; the first one counts";
        let twice = self.twice.iter().map(|rule| Complaint::new(rule, "twice", sentence));
        twice.chain(self.watches.iter().flat_map(Watch::complaints)).collect()
    }

    /// Watches `specs`, with the state of each that is `known`. What is known of others comes back.
    fn adopt(&mut self, specs: Vec<Spec>, known: Vec<Kept>) -> Vec<Kept> {
        let mut order = Vec::new();
        let mut states: HashMap<Arc<str>, Kept> = HashMap::new();
        for kept in known {
            order.push(Arc::clone(&kept.rule));
            states.entry(Arc::clone(&kept.rule)).or_insert(kept);
        }
        self.watches.clear();
        self.twice.clear();
        for spec in specs {
            self.watch(spec, &mut states);
        }
        order.iter().filter_map(|rule| states.remove(rule)).collect()
    }

    fn watch(&mut self, spec: Spec, states: &mut HashMap<Arc<str>, Kept>) {
        if self.watches.iter().any(|watch| watch.spec.rule.text == spec.rule.text) {
            self.twice.push(spec.rule.text);
            return;
        }
        let state = states.remove(&spec.rule.text).map_or_else(RuleState::default, |kept| kept.state);
        self.watches.push(Watch::new(spec, state));
    }

    /// Ends what fires of rules that are gone.
    fn remove(&mut self, gone: Vec<Kept>) -> Vec<Notice> {
        let time = self.clock.time;
        let told: Vec<Notice> = gone.into_iter().flat_map(|kept| removed(kept, time)).collect();
        self.leaving.extend(told.iter().map(|notice| notice.alert.clone()));
        told
    }
}

/// All that rules are told.
pub(super) fn tick<'a>(
    now: Moment,
    snapshot: &'a Snapshot,
    calendar: &'a Calendar,
    history: Option<&'a dyn History>,
) -> Tick<'a> {
    // A tick that ends at the full hour was in the one before.
    let local = calendar.local(now.time.checked_sub(now.tick / 2).unwrap_or(now.time));
    let hour = Hour::of(&local);
    Tick { now, local, hour, snapshot, calendar, history, around: Around::Unwatched }
}

fn removed(kept: Kept, time: Option<Timestamp>) -> Vec<Notice> {
    let Kept { actions, labels, state, .. } = kept;
    let firing = state.lives.into_values().filter(super::life::Life::fires);
    let notice = |mut life: super::life::Life| {
        let change = life.end(time.unwrap_or(life.alert.since), Ended::Removed);
        life.alert.summary = summary::removed(&life.alert).into();
        let actions = life.audience(change, &actions);
        Notice { change, alert: life.alert, actions, labels: labels.clone() }
    };
    firing.map(notice).collect()
}
