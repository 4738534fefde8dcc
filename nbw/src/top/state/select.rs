//! The selected row: by who it is, not by where it stands.

use super::State;
use crate::top::{
    action::Step,
    rows::{self, Key, Row},
};

impl State {
    /// The selected row.
    pub(crate) fn selected(&self) -> Option<Row<'_>> {
        let &index = self.order.get(self.position().at)?;
        rows::at(self.snapshot()?, self.by, index)
    }

    /// Finds the chosen row where it stands now, and brings it on the screen. If it is no more, the one at its place is
    /// chosen instead.
    pub(super) fn follow(&mut self) {
        let last = self.order.len().saturating_sub(1);
        let found = self.position().chosen.as_ref().map(|key| self.find(key));
        match found {
            None => self.position_mut().at = 0,
            Some(Some(at)) => self.position_mut().at = at,
            Some(None) => {
                let at = self.position().at.min(last);
                self.position_mut().at = at;
                // Rows that a filter hides are found again when it is gone.
                if self.filter.is_empty() && !self.order.is_empty() {
                    self.choose(at);
                }
            }
        }
        self.scroll();
    }

    fn find(&self, key: &Key) -> Option<usize> {
        let snapshot = self.snapshot()?;
        let is = |&index: &usize| rows::at(snapshot, self.by, index).is_some_and(|row| row.key() == *key);
        self.order.iter().position(is)
    }

    /// Selects the row at a place.
    pub(super) fn choose(&mut self, at: usize) {
        self.position_mut().at = at.min(self.order.len().saturating_sub(1));
        self.position_mut().chosen = self.selected().map(Row::key);
        self.scroll();
    }

    /// Selects another row. To the first means: whichever is the first from now on.
    pub(super) fn step(&mut self, step: Step) {
        let page = isize::try_from(self.height().saturating_sub(1).max(1)).unwrap_or(1);
        let at = self.position().at;
        match step {
            Step::Rows(rows) => self.choose(at.saturating_add_signed(rows)),
            Step::Pages(pages) => self.choose(at.saturating_add_signed(pages.saturating_mul(page))),
            Step::Last => self.choose(usize::MAX),
            Step::First => {
                self.position_mut().chosen = None;
                self.follow();
            }
        }
    }

    /// Scrolls as far as the selected row needs it, and leaves no empty lines below the last.
    fn scroll(&mut self) {
        let height = self.height();
        let lowest = self.order.len().saturating_sub(height);
        let position = self.position_mut();
        let above = (position.at + 1).saturating_sub(height);
        position.first = position.first.clamp(above.min(position.at), position.at).min(lowest.max(above));
    }
}
