//! What the view is told, and what it wants of those who feed it.

use std::time::Duration;

use ratatui::crossterm::event::{KeyEvent, MouseEvent};

use crate::snapshot::Snapshot;

/// What happened.
#[derive(Debug)]
pub(super) enum Event {
    /// A reading.
    Snapshot(Box<Snapshot>),
    /// A warning was given; it is also printed when the view ends.
    Warning(String),
    Key(KeyEvent),
    Mouse(MouseEvent),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
}

/// What the user wants that is not the view's to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// To end.
    Quit,
    /// To be back in the shell for a while (Ctrl-Z).
    Suspend,
    /// Another time between two readings.
    Interval(Duration),
}
