//! Alerts as people follow them: what has begun or ended since the snapshot before, and what is to be seen now.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use nbw_detect::Event;

use crate::{
    alert::{Alert, Severity, State},
    detection,
    snapshot::Snapshot,
};

/// Readings for which an alert that has ended is among those to be seen.
const SEEN_FOR: u32 = 10;
/// So many of those that have ended are remembered; the newest stay.
const REMEMBERED: usize = 100;

/// What is known of alerts.
#[derive(Debug, Default)]
pub struct Board {
    tick: u32,
    /// Firing and pending, the most urgent first.
    live: Vec<Alert>,
    /// Those that have ended and have not come back, each with its tick; the newest first.
    ended: VecDeque<(Alert, u32)>,
}

impl Board {
    /// Takes a snapshot in. Returns the alerts that have begun to fire, changed their severity, or ended since the one
    /// before: their state says which. Some snapshots may have been left out between the two.
    pub fn take(&mut self, snapshot: &Snapshot) -> Vec<Alert> {
        self.tick += 1;
        let mut fired: BTreeMap<Arc<str>, Alert> =
            self.live.drain(..).filter(is_firing).map(|alert| (Arc::clone(&alert.id), alert)).collect();
        let mut changed = Vec::new();
        for alert in told(snapshot) {
            let before = fired.remove(&alert.id);
            if alert.state == State::Resolved {
                changed.push(alert);
                continue;
            }
            self.ended.retain(|(ended, _)| ended.id != alert.id);
            if is_firing(&alert) && before.is_none_or(|before| before.severity != alert.severity) {
                changed.push(alert.clone());
            }
            self.live.push(alert);
        }
        changed.extend(fired.into_values().map(|alert| gone(alert, snapshot)));
        self.remember(&changed);
        self.live.sort_by_key(|alert| (urgency(alert), alert.since, Arc::clone(&alert.id)));
        changed
    }

    fn remember(&mut self, changed: &[Alert]) {
        for alert in changed.iter().filter(|alert| alert.state == State::Resolved) {
            self.ended.retain(|(ended, _)| ended.id != alert.id);
            self.ended.push_front((alert.clone(), self.tick));
        }
        self.ended.truncate(REMEMBERED);
    }

    /// All that is known, the most urgent first: firing, pending, ended.
    pub fn all(&self) -> impl Iterator<Item = &Alert> {
        self.live.iter().chain(self.ended.iter().map(|(alert, _)| alert))
    }

    /// What is to be seen now, the most urgent first: firing, ended a moment ago, pending.
    fn seen(&self) -> impl Iterator<Item = &Alert> {
        let (firing, pending): (Vec<_>, Vec<_>) = self.live.iter().partition(|alert| is_firing(alert));
        let ended = self.ended.iter().filter(|(_, tick)| self.tick < tick + SEEN_FOR).map(|(alert, _)| alert);
        firing.into_iter().chain(ended).chain(pending)
    }

    /// What is to be seen now, in at most `most` lines; the last one may say how many there are besides.
    pub fn lines(&self, most: usize) -> Vec<Shown<'_>> {
        let mut lines: Vec<Shown<'_>> = self.seen().map(Shown::Alert).collect();
        if lines.len() > most {
            let hidden = lines.split_off(most.saturating_sub(1));
            lines.extend((most > 0).then(|| Shown::more(&hidden)));
        }
        lines
    }
}

/// A line about alerts.
#[derive(Debug, Clone, Copy)]
pub enum Shown<'a> {
    /// One alert.
    Alert(&'a Alert),
    /// So many besides.
    More {
        /// How many fire, pend or have ended.
        count: usize,
        /// How many of them fire.
        firing: usize,
        /// The worst of what fires of them.
        worst: Option<Severity>,
    },
}

impl Shown<'_> {
    fn more(hidden: &[Self]) -> Self {
        let firing = || hidden.iter().filter_map(Self::firing);
        Self::More { count: hidden.len(), firing: firing().count(), worst: firing().max() }
    }

    fn firing(&self) -> Option<Severity> {
        match self {
            Self::Alert(alert) => is_firing(alert).then_some(alert.severity),
            Self::More { worst, .. } => *worst,
        }
    }

    /// How urgent it looks.
    pub fn look(&self) -> Look {
        match self.firing() {
            Some(Severity::Critical) => Look::Critical,
            Some(Severity::Warning) => Look::Warning,
            Some(Severity::Info) | None => Look::Faint,
        }
    }

    /// The line: it can be understood without colours.
    pub fn text(&self) -> String {
        match self {
            Self::Alert(alert) => format!("{:<8} {}", word(alert), alert.summary),
            Self::More { count, firing, .. } => {
                let firing = if *firing > 0 { format!(", {firing} firing") } else { String::new() };
                format!("… and {count} more alert{}{firing}", if *count == 1 { "" } else { "s" })
            }
        }
    }
}

/// How urgent something looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// To be acted on.
    Critical,
    /// To be looked at.
    Warning,
    /// Only to be known, pending, or over.
    Faint,
}

/// The word for where an alert is in its life; how bad it is while it fires.
pub fn word(alert: &Alert) -> &'static str {
    match (alert.state, alert.severity) {
        (State::Pending, _) => "pending",
        (State::Firing, Severity::Critical) => "CRITICAL",
        (State::Firing, Severity::Warning) => "WARNING",
        (State::Firing, Severity::Info) => "INFO",
        (State::Resolved, _) => "resolved",
    }
}

fn is_firing(alert: &Alert) -> bool {
    alert.state == State::Firing
}

fn urgency(alert: &Alert) -> (bool, Reverse<Severity>) {
    (!is_firing(alert), Reverse(alert.severity))
}

/// Alerts of rules, and attacks.
fn told(snapshot: &Snapshot) -> impl Iterator<Item = Alert> {
    let attacks = snapshot.events.iter().flatten().map(detection::alert);
    snapshot.alerts.iter().flatten().cloned().chain(attacks)
}

/// The end of an alert that was not seen itself.
fn gone(alert: Alert, snapshot: &Snapshot) -> Alert {
    if let Some(event) = &alert.event {
        return detection::alert(&Event { ongoing: false, ..Event::clone(event) });
    }
    let summary = format!("{}: this is true no more", alert.rule).into();
    Alert { state: State::Resolved, resolved: Some(snapshot.time), summary, ..alert }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detection::fixture::{flood, leak, over, scan},
        sink::fixture,
    };

    fn of(alerts: Vec<Alert>) -> Snapshot {
        Snapshot { alerts: Some(alerts), ..fixture::snapshot() }
    }

    fn alert(id: &str, state: State, severity: Severity) -> Alert {
        Alert { id: id.into(), state, severity, ..fixture::alerts().remove(0) }
    }

    fn firing(id: &str) -> Alert {
        alert(id, State::Firing, Severity::Warning)
    }

    fn changes(board: &mut Board, alerts: Vec<Alert>) -> Vec<(String, State)> {
        board.take(&of(alerts)).into_iter().map(|alert| (alert.id.to_string(), alert.state)).collect()
    }

    fn seen(board: &Board) -> Vec<&str> {
        board.seen().map(|alert| &*alert.id).collect()
    }

    #[test]
    fn each_change_is_told_once() {
        let mut board = Board::default();
        assert_eq!(changes(&mut board, vec![alert("a", State::Pending, Severity::Warning)]), []);
        assert_eq!(changes(&mut board, vec![firing("a")]), [("a".into(), State::Firing)]);
        assert_eq!(changes(&mut board, vec![firing("a")]), []);
        let worse = alert("a", State::Firing, Severity::Critical);
        assert_eq!(changes(&mut board, vec![worse]), [("a".into(), State::Firing)]);
        let ended = alert("a", State::Resolved, Severity::Critical);
        assert_eq!(changes(&mut board, vec![ended]), [("a".into(), State::Resolved)]);
        assert_eq!(changes(&mut board, vec![]), []);
        assert!(board.take(&fixture::snapshot()).is_empty(), "no rules");
    }

    #[test]
    fn an_end_that_was_not_seen_is_one_all_the_same() {
        let mut board = Board::default();
        changes(&mut board, vec![firing("a"), alert("b", State::Pending, Severity::Warning)]);
        assert_eq!(changes(&mut board, vec![]), [("a".into(), State::Resolved)]);
        assert_eq!(seen(&board), ["a"]);
        assert_eq!(changes(&mut board, vec![firing("a")]), [("a".into(), State::Firing)]);
        assert_eq!(seen(&board), ["a"], "it came back: once");
    }

    #[test]
    fn what_has_ended_stays_for_a_while_and_is_remembered_longer() {
        let mut board = Board::default();
        changes(&mut board, vec![firing("a")]);
        for tick in 0..SEEN_FOR {
            changes(&mut board, vec![]);
            assert_eq!(seen(&board), ["a"], "{tick}");
        }
        changes(&mut board, vec![]);
        assert!(seen(&board).is_empty());
        assert_eq!(board.all().count(), 1);
        for at in 0..2 * REMEMBERED {
            changes(&mut board, vec![alert(&at.to_string(), State::Resolved, Severity::Warning)]);
        }
        assert_eq!(board.all().count(), REMEMBERED);
        assert_eq!(board.all().next().map(|alert| &*alert.id), Some("199"));
    }

    #[test]
    fn attacks_are_among_the_alerts() {
        let mut board = Board::default();
        let attacks = |events| Snapshot { events: Some(events), ..of(vec![firing("a")]) };
        let first = board.take(&attacks(vec![flood(), scan(), leak()]));
        assert_eq!(first.len(), 4);
        assert_eq!(seen(&board), [flood().id.as_str(), "a", &scan().id, &leak().id]);
        let lines: Vec<(Look, String)> = board.lines(9).iter().map(|line| (line.look(), line.text())).collect();
        assert!(lines[0].1.starts_with("CRITICAL syn-flood on 10.0.0.2:80: 4,500 SYN/s"), "{lines:?}");
        assert!(lines[3].0 == Look::Faint && lines[3].1.starts_with("INFO     exfiltration"), "{lines:?}");
        let next = board.take(&attacks(vec![over(flood())]));
        let ended = |alert: &Alert| alert.state == State::Resolved && alert.summary.contains(" is over after ");
        assert!(next.len() == 3 && next.iter().all(ended), "also of those whose end was not seen: {next:?}");
    }

    #[test]
    fn the_most_urgent_comes_first_and_the_rest_is_counted() {
        let mut board = Board::default();
        let pending = alert("p", State::Pending, Severity::Critical);
        let ended = alert("e", State::Resolved, Severity::Critical);
        let critical = alert("c", State::Firing, Severity::Critical);
        changes(&mut board, vec![pending, ended, firing("w"), critical]);
        assert_eq!(seen(&board), ["c", "w", "e", "p"]);
        let lines = |most| board.lines(most).iter().map(|line| (line.look(), line.text())).collect::<Vec<_>>();
        assert_eq!(lines(4).len(), 4);
        assert!(lines(4)[0].1.starts_with("CRITICAL ") && lines(4)[3].1.starts_with("pending  "));
        assert_eq!(lines(3)[2], (Look::Faint, "… and 2 more alerts".into()));
        assert_eq!(lines(2)[1], (Look::Warning, "… and 3 more alerts, 1 firing".into()));
        assert_eq!(lines(1), [(Look::Critical, "… and 4 more alerts, 2 firing".into())]);
        assert_eq!(lines(0), []);
    }
}
