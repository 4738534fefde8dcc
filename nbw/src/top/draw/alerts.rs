//! The page of alerts.

mod attack;

use std::borrow::Cow;

use jiff::Timestamp;
use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::{
    alert::{Alert, Ended, State as Stage},
    board::{Shown, word},
    top::state::State,
    words,
};

/// Columns of the words before the sentences, a blank at either side included.
const WORD: usize = 10;

/// The title of the page.
pub(super) fn title(state: &State) -> String {
    let count = |stage| state.board.all().filter(|alert| alert.state == stage).count();
    let counts =
        [(count(Stage::Firing), "firing"), (count(Stage::Pending), "pending"), (count(Stage::Resolved), "ended")];
    let counts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if counts.is_empty() { " alerts ".into() } else { format!(" alerts: {} ", counts.join(", ")) }
}

/// The lines of the page, of `width` columns: the most urgent alert first.
pub(super) fn lines(state: &State, width: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for alert in state.board.all() {
        let style = state.theme.alert(Shown::Alert(alert).look());
        lines.extend(wrapped(word(alert), &alert.summary, style, width));
        lines.extend(wrapped("", &story(alert, state), state.theme.faint(), width));
        for fact in attack::facts(alert).unwrap_or_else(|| vec![format!("rule: {}", alert.rule)]) {
            lines.extend(wrapped("", &fact, state.theme.faint(), width));
        }
    }
    if lines.is_empty() {
        lines = wrapped("", nothing(state), Style::new(), width);
    }
    lines
}

fn nothing(state: &State) -> &'static str {
    if state.has_rules() || state.is_watchful() {
        "nothing fires, is about to, or has ended lately"
    } else {
        "no rules: start nbw top with --alert RULE, such as --alert 'interface eth0 rx > 80% for 30s'"
    }
}

/// A word, and beside it a text in as many lines as it needs.
fn wrapped(word: &'static str, text: &str, style: Style, width: usize) -> Vec<Line<'static>> {
    let room = width.saturating_sub(WORD + 1).max(1);
    let before = |at: usize| if at == 0 { word } else { "" };
    let parts = textwrap::wrap(text, room).into_iter().map(Cow::into_owned).enumerate();
    let line = |(at, part): (usize, String)| Span::styled(format!(" {:<1$}{part}", before(at), WORD - 1), style);
    parts.map(|part| Line::from(line(part))).collect()
}

/// When it began, fired and ended.
fn story(alert: &Alert, state: &State) -> String {
    let now = state.snapshot().map_or(alert.since, |snapshot| snapshot.time);
    let at = |time: Timestamp| clock(time, now, state);
    let age = |time: Timestamp| words::short(words::since(time, now));
    let flapping = if alert.flapping { "; comes and goes often" } else { "" };
    match (alert.state, alert.fired) {
        (Stage::Pending, _) => format!("true for {}, since {}{flapping}", age(alert.since), at(alert.since)),
        (Stage::Firing, fired) => {
            let fired = fired.unwrap_or(alert.since);
            format!("fires for {}, since {}{flapping}", age(fired), at(fired))
        }
        (Stage::Resolved, fired) => {
            let fired = at(fired.unwrap_or(alert.since));
            let ended = alert.resolved.map_or_else(String::new, at);
            format!("fired {fired}, ended {ended}{}{flapping}", alert.ended.map_or("", why))
        }
    }
}

fn why(ended: Ended) -> &'static str {
    match ended {
        Ended::Cleared => "",
        Ended::Gone => ": it is gone",
        Ended::Period => ": a new period has begun",
        Ended::Removed => ": the rule was removed",
    }
}

/// The time of day; with the date, where that is another day's.
fn clock(time: Timestamp, now: Timestamp, state: &State) -> String {
    let (time, now) = (time.to_zoned(state.zone.clone()), now.to_zoned(state.zone.clone()));
    let format = if time.date() == now.date() { "%T" } else { "%F %T" };
    time.strftime(format).to_string()
}
