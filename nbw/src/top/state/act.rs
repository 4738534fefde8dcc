//! What actions do.

use std::time::Duration;

use super::{Page, State, intervals};
use crate::{
    snapshot::By,
    top::{
        action::Action,
        columns::{self, Column},
        event::Demand,
        order::Sorting,
    },
    units::Units,
};

/// No filter is longer than this, in bytes.
const LONGEST_FILTER: usize = 256;

impl State {
    /// Does what the user asks for, and says what of it is not the view's to do.
    pub(super) fn act(&mut self, action: Action) -> Option<Demand> {
        match action {
            Action::Quit => return Some(Demand::Quit),
            Action::Suspend => return Some(Demand::Suspend),
            Action::Slower => return self.every(intervals::longer(self.interval)),
            Action::Faster => return self.every(intervals::shorter(self.interval)),
            Action::Help => self.open(Page::Help),
            Action::Alerts => self.open(Page::Alerts),
            Action::Close => self.page = None,
            Action::Move(step) if self.page.is_some() => self.scroll_page(step),
            Action::Move(step) => self.step(step),
            Action::Select(place) => self.choose(self.first() + place),
            Action::Tab(by) => self.go_to(by),
            Action::NextTab => self.go_by(1),
            Action::PreviousTab => self.go_by(By::ALL.len() - 1),
            Action::Enter => self.enter(),
            Action::Up => self.up(),
            Action::Escape => self.escape(),
            Action::StartFilter => self.typing = true,
            Action::KeepFilter => self.typing = false,
            Action::Type(_) | Action::Erase | Action::EraseAll => self.edit(action),
            Action::SortNext | Action::SortPrevious | Action::SortBy(_) | Action::Reverse => self.sort(action),
            Action::Pause => self.pause(),
            Action::Units => self.change_units(),
            Action::Graph => self.show_graph(),
            Action::Names => self.show_names(),
        }
        None
    }

    fn every(&mut self, interval: Option<Duration>) -> Option<Demand> {
        self.interval = interval?;
        Some(Demand::Interval(self.interval))
    }

    fn edit(&mut self, action: Action) {
        match action {
            Action::Type(character) if self.filter.len() < LONGEST_FILTER => self.filter.push(character),
            Action::Erase => drop(self.filter.pop()),
            Action::EraseAll => self.filter.clear(),
            _ => {}
        }
        self.refresh();
    }

    fn sort(&mut self, action: Action) {
        let now = self.sorting();
        let sorting = match action {
            Action::SortBy(column) if column != now.column => Sorting { column, reversed: false },
            Action::SortBy(_) | Action::Reverse => Sorting { reversed: !now.reversed, ..now },
            Action::SortPrevious => Sorting { column: self.beside(now.column, false), reversed: false },
            _ => Sorting { column: self.beside(now.column, true), reversed: false },
        };
        self.position_mut().sorting = sorting;
        self.refresh();
    }

    /// The column beside another one, shown or not.
    fn beside(&self, column: Column, right: bool) -> Column {
        let all = columns::all(self.by);
        let at = all.iter().position(|&other| other == column).unwrap_or(0);
        all[(at + if right { 1 } else { all.len() - 1 }) % all.len()]
    }

    fn pause(&mut self) {
        self.paused = !self.paused;
        if let Some(newest) = self.waiting.take() {
            self.shown = Some(newest);
            self.refresh();
        }
    }

    fn change_units(&mut self) {
        self.units = match self.units {
            Units::Bits => Units::Bytes,
            Units::Bytes => Units::Bits,
        };
    }

    fn show_graph(&mut self) {
        self.graph = !self.graph;
        self.follow();
    }

    fn show_names(&mut self) {
        self.names = !self.names;
        self.refresh();
    }
}
