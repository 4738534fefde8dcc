//! The last line: the keys that matter now.

use ratatui::{buffer::Buffer, layout::Rect};

use super::write;
use crate::{fit, top::state::State};

const TABLE: [(&str, &str); 12] = [
    ("?", "help"),
    ("q", "quit"),
    ALERTS,
    ("/", "filter"),
    ("Enter", "into"),
    ("Bksp", "back"),
    ("s", "sort"),
    ("r", "reverse"),
    ("p", "pause"),
    ("u", "units"),
    ("g", "graph"),
    ("n", "names"),
];

/// Where there are rules.
const ALERTS: (&str, &str) = ("a", "alerts");

const FILTER: [(&str, &str); 3] = [("Enter", "keep"), ("Esc", "clear"), ("Ctrl-U", "erase")];

const PAGE: [(&str, &str); 2] = [("Up Down", "scroll"), ("any other key", "close")];

/// Draws the line: as many keys as fit.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State) {
    let keys: &[(&str, &str)] = match state.page {
        Some(_) => &PAGE,
        None if state.typing => &FILTER,
        None => &TABLE,
    };
    let mut x = 0;
    for (key, does) in keys.iter().filter(|key| **key != ALERTS || state.has_rules()) {
        let width = fit::width(key) + fit::width(does) + 1;
        if usize::from(x) + width > usize::from(area.width) {
            return;
        }
        x = write(buffer, area, 0, x, key, state.theme.strong());
        x = write(buffer, area, 0, x + 1, does, state.theme.faint()) + 2;
    }
}
