//! The view without a terminal: what keys, clicks and readings do, and what it looks like.

mod alerts;
mod behaviour;
mod drilling;
mod pictures;

use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::Buffer,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind},
};

use super::{Demand, Options, draw, event::Event, fixture, state::State, theme::Theme};
use crate::{
    fit,
    snapshot::{By, Snapshot},
    units::Units,
    view::Sort,
};

/// A view that was shown the fixture for some ticks, on a screen of this size.
fn view(columns: u16, rows: u16) -> State {
    let mut state = fresh(columns, rows);
    for tick in 1..=40 {
        show(&mut state, fixture::snapshot(tick));
    }
    state
}

/// A view that was shown nothing yet.
fn fresh(columns: u16, rows: u16) -> State {
    let options = Options {
        by: By::Interface,
        sort: Sort::Total,
        units: Units::Bits,
        interval: Duration::from_secs(1),
        bell: false,
        host: "gateway.example".into(),
        zone: TimeZone::UTC,
    };
    State::new(&options, Theme::new(true), (columns, rows))
}

fn show(state: &mut State, snapshot: Snapshot) {
    assert_eq!(state.on(Event::Snapshot(Box::new(snapshot))), None);
}

fn press(state: &mut State, code: KeyCode) -> Option<Demand> {
    state.on(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

/// Presses keys one after the other; `\n` is Enter.
fn type_keys(state: &mut State, keys: &str) {
    for key in keys.chars() {
        let code = if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) };
        assert_eq!(press(state, code), None, "{key:?}");
    }
}

fn mouse(state: &mut State, kind: MouseEventKind, column: u16, row: u16) {
    let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    assert_eq!(state.on(Event::Mouse(event)), None);
}

fn click(state: &mut State, column: u16, row: u16) {
    mouse(state, MouseEventKind::Down(MouseButton::Left), column, row);
}

/// What is drawn.
fn drawn(state: &State, columns: u16, rows: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw::draw(frame, state)).unwrap();
    terminal.backend().buffer().clone()
}

/// The text of the screen, line by line.
fn screen(state: &State, columns: u16, rows: u16) -> Vec<String> {
    let buffer = drawn(state, columns, rows);
    (0..rows).map(|row| line(&buffer, row)).collect()
}

/// The characters of a line; a wide one hides the cell behind it.
fn line(buffer: &Buffer, row: u16) -> String {
    let mut text = String::new();
    let mut hidden = 0;
    for column in 0..buffer.area.width {
        let symbol = buffer[(column, row)].symbol();
        if hidden == 0 {
            text += symbol;
        }
        hidden = if hidden > 0 { hidden - 1 } else { fit::width(symbol).saturating_sub(1) };
    }
    text.trim_end().to_owned()
}

/// Names of the rows on the screen, and which one is selected.
fn names(state: &State) -> (Vec<String>, Option<String>) {
    let rows: Vec<(String, bool)> = state.rows().map(|(row, at)| (row.name(true).into_owned(), at)).collect();
    let selected = rows.iter().find(|(_, at)| *at).map(|(name, _)| name.clone());
    (rows.into_iter().map(|(name, _)| name).collect(), selected)
}
