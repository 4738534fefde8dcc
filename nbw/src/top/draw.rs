//! Draws the state. Nothing is changed by it.

mod alerts;
mod cells;
mod details;
mod graph;
mod header;
mod help;
mod keys;
pub(super) mod pages;
mod table;
mod trail;

use ratatui::{Frame, buffer::Buffer, layout::Rect, style::Style};

use super::{state::State, tabs};
use crate::fit;

/// Draws the whole screen.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State) {
    let areas = state.areas();
    let buffer = frame.buffer_mut();
    header::draw(buffer, areas.header, state);
    notices(buffer, areas.notices, state);
    tab_line(buffer, areas.tabs, state);
    trail::draw(buffer, areas.trail, state);
    table::draw(buffer, &areas, state);
    if areas.rule.height > 0 {
        details::draw_rule(buffer, areas.rule, state);
        graph::draw(buffer, areas.graph, state);
        details::draw(buffer, areas.details, state);
    }
    keys::draw(buffer, areas.keys, state);
    pages::draw(frame, state);
}

/// Writes text into an area's line (from 0), from a column of it on; what does not fit is cut, into the area and into the
/// buffer: a terminal can shrink at any time. Returns the column behind it.
fn write(buffer: &mut Buffer, area: Rect, line: u16, x: u16, text: &str, style: Style) -> u16 {
    let (column, row) = (area.x.saturating_add(x), area.y.saturating_add(line));
    let end = area.right().min(buffer.area.right());
    if column >= end || row >= area.bottom().min(buffer.area.bottom()) {
        return x;
    }
    let (end, _) = buffer.set_stringn(column, row, text, usize::from(end - column), style);
    end - area.x
}

/// Writes text at the right end of an area's line, if it does not come nearer than two columns to `taken`.
fn write_right(buffer: &mut Buffer, area: Rect, taken: u16, text: &str, style: Style) {
    let width = u16::try_from(fit::width(text)).unwrap_or(u16::MAX);
    if let Some(x) = area.width.checked_sub(width).filter(|&x| x >= taken + 2) {
        write(buffer, area, 0, x, text, style);
    }
}

fn notices(buffer: &mut Buffer, area: Rect, state: &State) {
    for (line, notice) in (0..).zip(state.notices()) {
        write(buffer, area, line, 0, &notice.text, state.theme.alert(notice.look));
    }
}

fn tab_line(buffer: &mut Buffer, area: Rect, state: &State) {
    for tab in tabs::place(state.snapshot(), area.width) {
        let style = if tab.by == state.by { state.theme.here().patch(state.theme.strong()) } else { Style::new() };
        write(buffer, area, 0, tab.x, &tab.text, style);
    }
}
