//! The page of help.

use ratatui::text::{Line, Span};

use crate::top::theme::Theme;

/// Keys and what they do; a heading has no keys.
const LINES: [(&str, &str); 34] = [
    ("", "Where to look"),
    ("Tab Shift-Tab ← → 1-8", "another tab"),
    ("↑ ↓ j k", "another row"),
    ("PgUp PgDn Ctrl-U Ctrl-D", "a screen up or down"),
    ("Home", "the first row, whichever it becomes"),
    ("End G", "the last row"),
    ("Enter", "into the row: what belongs to it"),
    ("Backspace Esc", "back out of it"),
    ("", ""),
    ("", "What to see"),
    ("/", "filter as you type; Esc clears it"),
    ("s S  > <", "sort by the next or previous column"),
    ("r", "the other way round"),
    ("p Space", "pause: the picture stands, counting goes on"),
    ("u", "bits or bytes a second"),
    ("n", "names or addresses of remote hosts"),
    ("g", "the graph: rx above, tx below the axis"),
    ("+ -", "longer or shorter interval"),
    ("a", "all alerts: what fires, is about to, or has ended"),
    ("", ""),
    ("", "Mouse"),
    ("click", "choose a tab, a row, a column to sort by"),
    ("wheel", "through the rows"),
    ("Shift", "held down, lets the terminal select text"),
    ("", ""),
    ("", "Into what"),
    ("interface", "groups, then processes, then connections"),
    ("pod", "containers, then processes, then connections"),
    ("remote", "connections"),
    ("", ""),
    ("", "Otherwise"),
    ("?", "this page"),
    ("Ctrl-Z", "back to the shell for a while"),
    ("q Ctrl-C", "quit"),
];

/// Columns of the keys.
const KEYS: usize = 25;

/// The lines of the page.
pub(super) fn lines(theme: Theme) -> Vec<Line<'static>> {
    LINES.iter().map(|line| line_of(*line, theme)).collect()
}

fn line_of((keys, does): (&'static str, &'static str), theme: Theme) -> Line<'static> {
    if keys.is_empty() {
        return Line::from(Span::styled(format!(" {does}"), theme.mode()));
    }
    Line::from(vec![Span::styled(format!("   {keys:<KEYS$} "), theme.strong()), Span::raw(does)])
}
