//! All that the view knows. Events change it, drawing reads it; neither touches a terminal.

mod act;
mod drill;
mod intervals;
mod pages;
mod select;
mod told;

use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::layout::Size;

pub(super) use self::pages::Page;
use super::{
    Options,
    action::{self, Mode},
    areas::Areas,
    columns::{self, Column, Placed},
    event::{Demand, Event},
    history::History,
    linger::Linger,
    mouse,
    order::{self, Sorting, Wanted},
    relation::{Crumb, Relation},
    rows::{self, Key, Row},
    theme::Theme,
};
use crate::{
    board::Board,
    snapshot::{By, Snapshot},
    units::Units,
    view::Sort,
};

/// A reading, and the number of its tick in the history.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) snapshot: Snapshot,
    pub(super) tick: u32,
}

/// Where the user is on one tab.
#[derive(Debug)]
struct Position {
    sorting: Sorting,
    /// The row that was chosen; none for whichever is the first.
    chosen: Option<Key>,
    /// Its place among the rows shown.
    at: usize,
    /// The place of the first row on the screen.
    first: usize,
}

/// The state of the view.
#[derive(Debug)]
pub(super) struct State {
    pub(super) theme: Theme,
    pub(super) host: String,
    pub(super) zone: TimeZone,
    pub(super) interval: Duration,
    pub(super) units: Units,
    pub(super) names: bool,
    pub(super) paused: bool,
    pub(super) typing: bool,
    pub(super) filter: String,
    pub(super) crumbs: Vec<Crumb>,
    /// The page that is open, and the lines that it is scrolled by.
    pub(super) page: Option<(Page, u16)>,
    /// Alerts, also while the picture stands.
    pub(super) board: Board,
    pub(super) history: History,
    pub(super) by: By,
    size: (u16, u16),
    graph: bool,
    positions: [Position; By::ALL.len()],
    shown: Option<Picture>,
    /// The newest reading, while the picture stands.
    waiting: Option<Picture>,
    linger: Linger,
    warning: Option<(String, u32)>,
    /// Whether the bell is to be rung.
    rings: bool,
    /// The rows of the tab, as places in the snapshot's list.
    order: Vec<usize>,
    /// The rate of the busiest of them, in bytes a second.
    busiest: f64,
}

impl State {
    /// Nothing known yet, on a screen of `size` (columns and rows).
    pub(super) fn new(options: &Options, theme: Theme, size: (u16, u16)) -> Self {
        let column = match options.sort {
            Sort::Rx => Column::RxRate,
            Sort::Tx => Column::TxRate,
            Sort::Total => Column::Share,
            Sort::Name => Column::Name,
        };
        let sorting = Sorting { column, reversed: false };
        Self {
            theme,
            host: options.host.clone(),
            zone: options.zone.clone(),
            interval: options.interval,
            units: options.units,
            names: true,
            paused: false,
            typing: false,
            filter: String::new(),
            crumbs: Vec::new(),
            page: None,
            board: Board::default(),
            history: History::default(),
            by: options.by,
            size,
            graph: true,
            positions: By::ALL.map(|_| Position { sorting, chosen: None, at: 0, first: 0 }),
            shown: None,
            waiting: None,
            linger: Linger::default(),
            warning: None,
            rings: false,
            order: Vec::new(),
            busiest: 0.0,
        }
    }

    /// Takes an event in, and says what of it is not the view's to do.
    pub(super) fn on(&mut self, event: Event) -> Option<Demand> {
        match event {
            Event::Snapshot(snapshot) => self.take(*snapshot),
            Event::Warning(warning) => self.warning = Some((warning, self.history.tick())),
            Event::Resize(width, height) => self.fit(Size { width, height }),
            Event::Key(key) => return action::of_key(key, self.mode()).and_then(|action| self.act(action)),
            Event::Mouse(event) => return mouse::action(event, self).and_then(|action| self.act(action)),
        }
        None
    }

    /// Takes in the size of the screen.
    pub(super) fn fit(&mut self, size: Size) {
        if self.size != (size.width, size.height) {
            self.size = (size.width, size.height);
            self.follow();
        }
    }

    fn mode(&self) -> Mode {
        match self.page {
            Some(_) => Mode::Page,
            None if self.typing => Mode::Filter,
            None => Mode::Table,
        }
    }

    fn take(&mut self, mut snapshot: Snapshot) {
        self.take_alerts(&snapshot);
        self.linger.extend(&mut snapshot);
        let selected = self.selected().map(Row::key);
        self.history.record(&snapshot, selected.as_ref());
        let picture = Picture { snapshot, tick: self.history.tick() };
        if self.paused && self.shown.is_some() {
            self.waiting = Some(picture);
        } else {
            self.shown = Some(picture);
            self.refresh();
        }
    }

    /// Chooses and sorts the rows of the tab anew.
    fn refresh(&mut self) {
        let sorting = self.sorting();
        self.order.clear();
        if let Some(picture) = &self.shown {
            let relation = Relation::new(&self.crumbs, &picture.snapshot);
            let filter = self.filter.to_lowercase();
            let wanted = Wanted { by: self.by, relation: &relation, filter: &filter, sorting, names: self.names };
            self.order = order::visible(&picture.snapshot, &wanted);
        }
        let rates = self.order.iter().filter_map(|&at| Some(rows::at(self.snapshot()?, self.by, at)?.rate()));
        self.busiest = rates.fold(0.0, f64::max);
        self.follow();
    }

    /// The reading on the screen.
    pub(super) fn picture(&self) -> Option<&Picture> {
        self.shown.as_ref()
    }

    /// The snapshot on the screen.
    pub(super) fn snapshot(&self) -> Option<&Snapshot> {
        self.shown.as_ref().map(|picture| &picture.snapshot)
    }

    /// How the tab is sorted.
    pub(super) fn sorting(&self) -> Sorting {
        self.position().sorting
    }

    /// Rows that the tab has, and how many of them are shown.
    pub(super) fn counts(&self) -> (usize, usize) {
        let all = self.snapshot().and_then(|snapshot| rows::count(snapshot, self.by)).unwrap_or(0);
        (all, self.order.len())
    }

    /// The rows on the screen, from top to bottom, and whether each is the selected one.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Row<'_>, bool)> {
        let position = self.position();
        let places = self.order.iter().enumerate().skip(position.first).take(self.height());
        places.filter_map(move |(at, &index)| {
            let row = rows::at(self.snapshot()?, self.by, index)?;
            Some((row, at == position.at))
        })
    }

    /// The place of the first row on the screen.
    pub(super) fn first(&self) -> usize {
        self.position().first
    }

    /// The busiest of the rows shown, in bytes a second.
    pub(super) fn busiest(&self) -> f64 {
        self.busiest
    }

    /// What stands where.
    pub(super) fn areas(&self) -> Areas {
        let notices = u16::try_from(self.notices().len()).unwrap_or(u16::MAX);
        Areas::new(self.size.0, self.size.1, notices, self.graph)
    }

    /// The columns of the table.
    pub(super) fn columns(&self) -> Vec<Placed> {
        columns::fit(self.by, self.size.0, self.units)
    }

    fn position(&self) -> &Position {
        &self.positions[self.by as usize]
    }

    fn position_mut(&mut self) -> &mut Position {
        &mut self.positions[self.by as usize]
    }

    fn height(&self) -> usize {
        usize::from(self.areas().rows.height)
    }
}
