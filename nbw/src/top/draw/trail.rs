//! The line above the table: where the user has drilled down to, what is filtered, and how rows are sorted.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{write, write_right};
use crate::{fit, top::state::State};

/// The longest name of a row on the trail, in columns.
const LONGEST: usize = 28;

/// Draws the line.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State) {
    let theme = state.theme;
    let mut x = 0;
    for crumb in &state.crumbs {
        x = write(buffer, area, 0, x, crumb.from.singular(), theme.faint());
        x = write(buffer, area, 0, x + 1, &fit::shorten(&crumb.label, LONGEST), theme.strong());
        x = write(buffer, area, 0, x, " › ", theme.faint());
    }
    if !state.crumbs.is_empty() {
        x = write(buffer, area, 0, x, state.by.plural(), theme.faint());
    }
    if state.typing || !state.filter.is_empty() {
        x = write(buffer, area, 0, if x > 0 { x + 2 } else { x }, "filter ", theme.mode());
        x = write(buffer, area, 0, x, &state.filter, theme.strong());
        if state.typing {
            x = write(buffer, area, 0, x, " ", theme.here());
        }
    }
    let sorting = state.sorting();
    let direction = if sorting.falls() { '▼' } else { '▲' };
    let sorted = format!("{} {direction}", sorting.column.title(state.by));
    let (all, shown) = state.counts();
    let counts = if all == shown { String::new() } else { format!("{shown} of {all}  ") };
    write_right(buffer, area, x, &format!("{counts}by {sorted}"), theme.faint());
}
