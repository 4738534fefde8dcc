//! The page of help.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, BorderType, Clear, Paragraph},
};

use crate::top::theme::Theme;

/// Keys and what they do; a heading has no keys.
const LINES: [(&str, &str); 33] = [
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

/// Columns of the keys, and of the whole page with its frame.
const KEYS: usize = 25;
const WIDTH: u16 = 74;

/// Where the page is on a screen.
fn place(columns: u16, rows: u16) -> Rect {
    let height = (LINES.len() as u16 + 2).min(rows.saturating_sub(1));
    let width = WIDTH.min(columns);
    Rect::new((columns - width) / 2, rows.saturating_sub(1 + height) / 2, width, height)
}

/// Lines that the page can be scrolled by on a screen of this size (columns and rows).
pub(crate) fn most_scrolled((columns, rows): (u16, u16)) -> u16 {
    (LINES.len() as u16).saturating_sub(place(columns, rows).height.saturating_sub(2))
}

/// Draws the page over the middle of the screen.
pub(super) fn draw(frame: &mut Frame<'_>, scrolled: u16, theme: Theme) {
    let place = place(frame.area().width, frame.area().height);
    let lines: Vec<Line<'_>> = LINES.iter().map(|line| line_of(*line, theme)).collect();
    let block = Block::bordered().border_type(BorderType::Rounded).title(" nbw top: keys ");
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).scroll((scrolled, 0)).block(block), place);
}

fn line_of((keys, does): (&'static str, &'static str), theme: Theme) -> Line<'static> {
    if keys.is_empty() {
        return Line::from(Span::styled(format!(" {does}"), theme.mode()));
    }
    Line::from(vec![Span::styled(format!("   {keys:<KEYS$} "), theme.strong()), Span::raw(does)])
}
