//! What an Alertmanager is to know: which alerts fire, and which have ended that it was not told of.
//!
//! Unlike a queue this is bounded by what there is: of each alert only the last state counts, however long nobody can be told.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{
    payload::{Pairs, labels},
    status::lock,
};
use crate::alert::{Notice, State as Life};

/// Alerts that an Alertmanager may be told of at a time.
pub(super) const MOST_ALERTS: usize = 10_000;

/// The board of one action. It outlives a change of its settings.
#[derive(Debug, Default)]
pub(super) struct Board(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By their labels: to an Alertmanager, other labels are another alert.
    entries: BTreeMap<Pairs, Entry>,
    /// The labels that an alert that fires has now, by its id.
    firing: HashMap<Arc<str>, Pairs>,
    version: u64,
    dropped: u64,
}

/// One alert.
#[derive(Debug, Clone)]
struct Entry {
    notice: Arc<Notice>,
    ended: Option<Timestamp>,
    /// Since when there has been something to tell.
    changed: Instant,
    /// Whether the last change has been told.
    told: bool,
    /// When it was last told.
    sent: Option<Instant>,
    version: u64,
}

/// What is to be told of one alert now.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub(super) labels: Pairs,
    pub(super) notice: Arc<Notice>,
    /// When it ended; none while it fires.
    pub(super) ended: Option<Timestamp>,
    /// Since when there has been something to tell.
    pub(super) changed: Instant,
    version: u64,
}

impl Board {
    /// Something has happened to an alert.
    pub(super) fn put(&self, notice: &Arc<Notice>, host: &str) {
        lock(&self.0).put(notice, labels(notice, host));
    }

    /// All that fires: what is new is taken up, and what is not among it has ended. Whether there is anything to tell.
    pub(super) fn reconcile<'a>(&self, firing: impl Iterator<Item = &'a Arc<Notice>>, host: &str) -> bool {
        let mut state = lock(&self.0);
        let (mut news, mut ids, mut kept) = (false, HashSet::new(), HashSet::new());
        for notice in firing {
            let labels = labels(notice, host);
            news |= state.keep(notice, labels.clone());
            ids.insert(Arc::clone(&notice.alert.id));
            kept.insert(labels);
        }
        state.firing.retain(|id, _| ids.contains(id));
        state.end_all_but(&kept) || news
    }

    /// How many changes are not told yet, and how many were dropped.
    pub(super) fn counts(&self) -> (usize, u64) {
        let state = lock(&self.0);
        (state.entries.values().filter(|entry| !entry.told).count(), state.dropped)
    }

    /// All that fires is told anew: somebody else listens now.
    pub(super) fn begin_anew(&self) {
        lock(&self.0).entries.values_mut().for_each(|entry| entry.sent = None);
    }

    /// Up to `most` alerts that are to be told now: what has changed, and what fires and was told `resend` ago.
    pub(super) fn due(&self, resend: Duration, most: usize) -> Vec<Due> {
        let state = lock(&self.0);
        let due = state.entries.iter().filter(|(_, entry)| entry.wait(resend).is_zero());
        due.take(most).map(|(labels, entry)| entry.due(labels)).collect()
    }

    /// How long nothing will be due, if nothing happens.
    pub(super) fn wait(&self, resend: Duration) -> Duration {
        lock(&self.0).entries.values().map(|entry| entry.wait(resend)).min().unwrap_or(resend)
    }

    /// These were told (or are given up until it is time to tell them again); how many of them were changes. What has ended is
    /// forgotten, and what has changed meanwhile is told again.
    pub(super) fn done(&self, told: &[Due]) -> usize {
        let mut state = lock(&self.0);
        let mut changes = 0;
        for due in told {
            let Some(entry) = state.entries.get_mut(&due.labels).filter(|entry| entry.version == due.version) else {
                continue;
            };
            changes += usize::from(!entry.told);
            (entry.told, entry.sent) = (true, Some(Instant::now()));
            if entry.ended.is_some() {
                state.entries.remove(&due.labels);
            }
        }
        changes
    }
}

impl State {
    /// This alert fires; whether that is news.
    fn keep(&mut self, notice: &Arc<Notice>, labels: Pairs) -> bool {
        let known = self.firing.get(&notice.alert.id) == Some(&labels);
        let full = self.entries.len() >= MOST_ALERTS;
        match self.entries.get_mut(&labels).filter(|_| known) {
            Some(entry) => entry.notice = Arc::clone(notice),
            None if full => return false,
            None => self.put(notice, labels),
        }
        !known
    }

    /// Whether any has ended by that.
    fn end_all_but(&mut self, kept: &HashSet<Pairs>) -> bool {
        let fires = self.entries.iter().filter(|(_, entry)| entry.ended.is_none());
        let over: Vec<Pairs> =
            fires.map(|(labels, _)| labels).filter(|labels| !kept.contains(*labels)).cloned().collect();
        over.iter().for_each(|labels| self.end(labels));
        !over.is_empty()
    }

    fn put(&mut self, notice: &Arc<Notice>, labels: Pairs) {
        let id = &notice.alert.id;
        if let Some(former) = self.firing.remove(id).filter(|former| *former != labels) {
            self.end(&former);
        }
        // Rules of the same name can have the same labels: what another one has raised is not ended.
        let is_anothers = |entry: &Entry| entry.ended.is_none() && entry.notice.alert.id != *id;
        if notice.alert.state == Life::Resolved && self.entries.get(&labels).is_some_and(is_anothers) {
            return;
        }
        let ended =
            (notice.alert.state == Life::Resolved).then(|| notice.alert.resolved.unwrap_or_else(Timestamp::now));
        if !self.entries.contains_key(&labels) && !self.has_room() {
            self.dropped += 1;
            return;
        }
        if ended.is_none() {
            self.firing.insert(Arc::clone(id), labels.clone());
        }
        self.version += 1;
        let entry = Entry {
            notice: Arc::clone(notice),
            ended,
            changed: Instant::now(),
            told: false,
            sent: None,
            version: self.version,
        };
        self.entries.insert(labels, entry);
    }

    /// To an Alertmanager this alert is over: the same one goes on with other labels.
    fn end(&mut self, labels: &Pairs) {
        self.version += 1;
        if let Some(entry) = self.entries.get_mut(labels) {
            (entry.ended, entry.told, entry.sent) = (Some(Timestamp::now()), false, None);
            (entry.version, entry.changed) = (self.version, Instant::now());
        }
    }

    /// Makes room by forgetting what has ended: it ends by itself at the Alertmanager when it is not told any more.
    fn has_room(&mut self) -> bool {
        if self.entries.len() < MOST_ALERTS {
            return true;
        }
        let ended = self.entries.iter().find(|(_, entry)| entry.ended.is_some()).map(|(labels, _)| labels.clone());
        let Some(labels) = ended else { return false };
        self.entries.remove(&labels);
        self.dropped += 1;
        true
    }
}

impl Entry {
    fn wait(&self, resend: Duration) -> Duration {
        match self.sent {
            Some(sent) if self.told => resend.saturating_sub(sent.elapsed()),
            _ => Duration::ZERO,
        }
    }

    fn due(&self, labels: &Pairs) -> Due {
        Due {
            labels: labels.clone(),
            notice: Arc::clone(&self.notice),
            ended: self.ended,
            changed: self.changed,
            version: self.version,
        }
    }
}
