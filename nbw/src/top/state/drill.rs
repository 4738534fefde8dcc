//! Into a row and out of it.

use super::State;
use crate::{snapshot::By, top::relation::Crumb};

impl State {
    /// Into the selected row: the next tab, with what belongs to the row.
    pub(super) fn enter(&mut self) {
        let Some((crumb, to)) = self.selected().and_then(|row| Crumb::enter(row, self.names)) else { return };
        // Where the user comes back to.
        self.position_mut().chosen = Some(crumb.key.clone());
        if self.crumbs.contains(&crumb) {
            return;
        }
        self.crumbs.push(crumb);
        self.filter.clear();
        self.by = to;
        self.position_mut().chosen = None;
        self.refresh();
    }

    /// Out of the row that was entered last, back to it.
    pub(super) fn up(&mut self) {
        let Some(crumb) = self.crumbs.pop() else { return };
        self.filter.clear();
        self.by = crumb.from;
        self.position_mut().chosen = Some(crumb.key);
        self.refresh();
    }

    /// Takes back the last thing that hides rows.
    pub(super) fn escape(&mut self) {
        self.typing = false;
        if self.filter.is_empty() {
            self.up();
        } else {
            self.filter.clear();
            self.refresh();
        }
    }

    /// To another tab; what was entered still holds.
    pub(super) fn go_to(&mut self, by: By) {
        self.by = by;
        self.typing = false;
        self.refresh();
    }

    /// To the tab so many to the right.
    pub(super) fn go_by(&mut self, tabs: usize) {
        self.go_to(By::ALL[(self.by as usize + tabs) % By::ALL.len()]);
    }
}
