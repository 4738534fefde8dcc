//! The pages over the table.

use super::State;
use crate::top::{action::Step, draw::pages};

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// Keys, and what they do.
    Help,
    /// All alerts that are known.
    Alerts,
}

impl State {
    /// Opens a page; closes it where it is open already.
    pub(super) fn open(&mut self, page: Page) {
        let open = self.page.is_some_and(|(open, _)| open == page);
        self.page = (!open).then_some((page, 0));
    }

    /// Scrolls the page that is open.
    pub(super) fn scroll_page(&mut self, step: Step) {
        let Some((page, scrolled)) = self.page else { return };
        let lines = i32::from(scrolled.min(pages::most_scrolled(page, self)));
        let to = match step {
            Step::First => 0,
            Step::Last => i32::from(u16::MAX),
            Step::Rows(rows) => lines + i32::try_from(rows).unwrap_or(0),
            Step::Pages(pages) => lines + 10 * i32::try_from(pages).unwrap_or(0),
        };
        let most = i32::from(pages::most_scrolled(page, self));
        self.page = Some((page, u16::try_from(to.clamp(0, most)).unwrap_or(0)));
    }

    /// Columns and rows of the screen.
    pub(crate) fn size(&self) -> (u16, u16) {
        self.size
    }
}
