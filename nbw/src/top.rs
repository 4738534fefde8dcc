//! `nbw top`: the full-screen view.
//!
//! `state` is all that it knows, changed by events alone; `draw` makes a picture of it. `screen` owns the terminal, in a
//! thread of its own: a terminal that does not read holds up that thread, and neither signals nor the kernel side.

mod action;
mod areas;
mod columns;
mod draw;
mod event;
#[cfg(test)]
mod fixture;
mod history;
mod linger;
mod mouse;
mod notices;
mod order;
mod relation;
mod rows;
mod screen;
mod state;
mod tabs;
#[cfg(test)]
mod tests;
mod theme;
mod tty;

use std::time::Duration;

use jiff::tz::TimeZone;

pub use self::{event::Demand, notices::Log, screen::Screen};
use crate::{snapshot::By, units::Units, view::Sort};

/// What the view begins with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The tab.
    pub by: By,
    /// What the rows of every tab are sorted by.
    pub sort: Sort,
    /// Units of rates.
    pub units: Units,
    /// Time between two readings.
    pub interval: Duration,
    /// Whether the terminal's bell is rung when alerts begin to fire.
    pub bell: bool,
    /// Name of this host, cleaned.
    pub host: String,
    /// Time zone of the time of day.
    pub zone: TimeZone,
}
