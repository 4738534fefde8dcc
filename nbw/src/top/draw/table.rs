//! The table. Only what is on the screen is formatted.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{cells, write};
use crate::{
    fit,
    snapshot::By,
    top::{
        areas::Areas,
        columns::{Column, Placed},
        rows::{self, Row},
        state::State,
    },
};

/// Draws headings and rows, or says why there are none.
pub(super) fn draw(buffer: &mut Buffer, areas: &Areas, state: &State) {
    let columns = state.columns();
    heading(buffer, areas.heading, state, &columns);
    let now = state.snapshot().map(|snapshot| snapshot.time).unwrap_or_default();
    let busiest = state.busiest();
    let mut y = 0;
    for (row, selected) in state.rows() {
        let area = Rect { y: areas.rows.y + y, height: 1, ..areas.rows };
        for column in &columns {
            if column.column == Column::Share {
                let fraction = if busiest > 0.0 { row.rate() / busiest } else { 0.0 };
                let bar = bar(fraction, usize::from(column.width));
                write(buffer, area, 0, column.x, &bar, style(row, column.column, state));
            } else {
                let text = aligned(&cells::text(row, column.column, state, now), column);
                write(buffer, area, 0, column.x, &text, style(row, column.column, state));
            }
        }
        if selected {
            buffer.set_style(area, state.theme.here());
        }
        y += 1;
    }
    if y == 0 {
        empty(buffer, areas.rows, state);
    }
}

fn aligned(text: &str, column: &Placed) -> String {
    let width = usize::from(column.width);
    if column.column == Column::Command {
        // What a command line begins with says most.
        return fit::left(&fit::cut(text, width), width);
    }
    if column.column.is_number() { fit::right(text, width) } else { fit::left(text, width) }
}

fn heading(buffer: &mut Buffer, area: Rect, state: &State, columns: &[Placed]) {
    let sorting = state.sorting();
    let mark = if sorting.falls() { "▼" } else { "▲" };
    for column in columns {
        let title = column.column.title(state.by);
        let sorted = column.column == sorting.column;
        let text = match sorted {
            true if column.column.is_number() => format!("{mark}{title}"),
            true => format!("{title}{mark}"),
            false => title.to_owned(),
        };
        let style = if sorted { state.theme.strong() } else { state.theme.faint() };
        write(buffer, area, 0, column.x, &aligned(&text, column), style);
    }
}

fn style(row: Row<'_>, column: Column, state: &State) -> Style {
    let theme = state.theme;
    let [rx, tx] = row.flows();
    let moving = |rate: f64, style: Style| if rate > 0.0 { style } else { theme.faint() };
    if row.is_gone() || row.is_derived() {
        return theme.faint();
    }
    match column {
        Column::Name => Style::new(),
        Column::RxRate => moving(rx.bytes_per_second, theme.rx()),
        Column::TxRate => moving(tx.bytes_per_second, theme.tx()),
        Column::Share => theme.share(),
        _ => theme.faint(),
    }
}

/// A bar as long as the row's share of the busiest one's rate, in eighths of a character. (ratatui's gauges make room for
/// a label.) Anything above zero shows at least the thinnest block.
fn bar(fraction: f64, width: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if fraction <= 0.0 {
        return String::new();
    }
    let eighths = ((fraction * width as f64 * 8.0).round() as usize).clamp(1, 8 * width.max(1));
    "█".repeat(eighths / 8) + PARTS[eighths % 8]
}

/// Says why there is nothing.
fn empty(buffer: &mut Buffer, area: Rect, state: &State) {
    let sentences = why_empty(state);
    let top = area.height.saturating_sub(2) / 3;
    for (line, sentence) in (top..).zip(sentences) {
        let width = u16::try_from(fit::width(&sentence)).unwrap_or(u16::MAX);
        write(buffer, area, line, area.width.saturating_sub(width) / 2, &sentence, state.theme.faint());
    }
}

fn why_empty(state: &State) -> Vec<String> {
    let kind = state.by.plural();
    let Some(snapshot) = state.snapshot() else { return vec!["Waiting for the first reading.".into()] };
    match rows::count(snapshot, state.by) {
        None => vec![format!("No {kind} here: this kernel side does not tell them apart.")],
        Some(0) => vec![none_yet(state.by)],
        Some(_) if !state.filter.is_empty() => {
            vec![format!("No {} matches \"{}\".", state.by.singular(), state.filter), "Esc clears the filter.".into()]
        }
        Some(_) => vec![format!("No {kind} with traffic belong to this."), "Backspace goes back.".into()],
    }
}

fn none_yet(by: By) -> String {
    match by {
        By::Interface => "No interface is counted yet.".into(),
        _ => format!("No {} with traffic yet.", by.plural()),
    }
}
