//! Pages over the middle of the screen.

use ratatui::{
    Frame,
    layout::Rect,
    text::Line,
    widgets::{Block, BorderType, Clear, Paragraph},
};

use super::{alerts, help};
use crate::top::state::{Page, State};

/// Columns of a page with its frame, on a screen that has them.
const HELP: u16 = 74;
const ALERTS: u16 = 110;

/// A page as it is on this screen.
struct Sheet {
    title: String,
    lines: Vec<Line<'static>>,
    place: Rect,
}

impl Sheet {
    fn of(page: Page, state: &State) -> Self {
        let (columns, rows) = state.size();
        let width = match page {
            Page::Help => HELP,
            Page::Alerts => ALERTS,
        };
        let width = width.min(columns);
        let (title, lines) = match page {
            Page::Help => (" nbw top: keys ".to_owned(), help::lines(state.theme)),
            Page::Alerts => (alerts::title(state), alerts::lines(state, usize::from(width.saturating_sub(2)))),
        };
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(rows.saturating_sub(1));
        let place = Rect::new((columns - width) / 2, rows.saturating_sub(1 + height) / 2, width, height);
        Self { title, lines, place }
    }

    fn most_scrolled(&self) -> u16 {
        let lines = u16::try_from(self.lines.len()).unwrap_or(u16::MAX);
        lines.saturating_sub(self.place.height.saturating_sub(2))
    }
}

/// Lines that a page can be scrolled by.
pub(crate) fn most_scrolled(page: Page, state: &State) -> u16 {
    Sheet::of(page, state).most_scrolled()
}

/// Draws the page that is open.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State) {
    let Some((page, scrolled)) = state.page else { return };
    let sheet = Sheet::of(page, state);
    let scrolled = scrolled.min(sheet.most_scrolled());
    let place = sheet.place.intersection(frame.area());
    let block = Block::bordered().border_type(BorderType::Rounded).title(sheet.title);
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(sheet.lines).scroll((scrolled, 0)).block(block), place);
}
