//! What is told above the table: alerts, troubles, warnings.

use super::State;
use crate::{
    alert,
    board::{Look, Shown},
    snapshot::Snapshot,
};

/// Readings for which a warning is shown.
const WARNED_FOR: u32 = 15;
/// Lines for alerts at least and at most; between, a sixth of the screen.
const LEAST_ALERTS: usize = 2;
const MOST_ALERTS: usize = 8;

/// A line of what is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) look: Look,
}

impl State {
    /// Takes the alerts of a reading in.
    pub(super) fn take_alerts(&mut self, snapshot: &Snapshot) {
        let changed = self.board.take(snapshot);
        self.rings |= changed.iter().any(|alert| alert.state == alert::State::Firing);
    }

    /// Whether alerts have begun to fire since this was asked last.
    pub(crate) fn take_ring(&mut self) -> bool {
        std::mem::take(&mut self.rings)
    }

    /// Whether there are rules that alerts could come from.
    pub(crate) fn has_rules(&self) -> bool {
        self.snapshot().is_some_and(|snapshot| snapshot.alerts.is_some())
    }

    /// Whether attacks are looked for.
    pub(crate) fn is_watchful(&self) -> bool {
        self.snapshot().is_some_and(|snapshot| snapshot.events.is_some())
    }

    /// What has to be told besides, most urgent first.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        let most = (usize::from(self.size.1) / 6).clamp(LEAST_ALERTS, MOST_ALERTS);
        let alerts = self.board.lines(most).into_iter().map(|shown| alert_line(&shown));
        let trouble = |text| Notice { text, look: Look::Critical };
        alerts.chain(self.health().map(trouble)).chain(self.recent_warning().map(trouble)).collect()
    }

    fn health(&self) -> Option<String> {
        let health = self.snapshot().map(|snapshot| snapshot.health.troubles());
        let troubles: Vec<String> =
            health.into_iter().flatten().map(|(name, count)| format!("{name} {count}")).collect();
        (!troubles.is_empty()).then(|| format!("health: {}", troubles.join("  ")))
    }

    fn recent_warning(&self) -> Option<String> {
        let (warning, tick) = self.warning.as_ref()?;
        let recent = !warning.is_empty() && self.history.tick() < tick + WARNED_FOR;
        recent.then(|| format!("warning: {warning}"))
    }
}

fn alert_line(shown: &Shown<'_>) -> Notice {
    let hint = if matches!(shown, Shown::More { .. }) { ": a lists them" } else { "" };
    Notice { text: shown.text() + hint, look: shown.look() }
}
