//! What clicks and the wheel mean, by what is drawn where they happen.

use ratatui::{
    crossterm::event::{MouseButton, MouseEvent, MouseEventKind},
    layout::Position,
};

use super::{
    action::{Action, Step},
    state::State,
    tabs,
};

/// Rows that a notch of the wheel goes.
const NOTCH: isize = 3;

/// The action of a mouse event.
pub(super) fn action(event: MouseEvent, state: &State) -> Option<Action> {
    match event.kind {
        MouseEventKind::ScrollDown => Some(Action::Move(Step::Rows(NOTCH))),
        MouseEventKind::ScrollUp => Some(Action::Move(Step::Rows(-NOTCH))),
        MouseEventKind::Down(MouseButton::Left) if state.page.is_some() => Some(Action::Close),
        MouseEventKind::Down(MouseButton::Left) => click(Position::new(event.column, event.row), state),
        _ => None,
    }
}

fn click(at: Position, state: &State) -> Option<Action> {
    let areas = state.areas();
    if areas.tabs.contains(at) {
        let tabs = tabs::place(state.snapshot(), areas.tabs.width);
        let tab = tabs.into_iter().find(|tab| (tab.x..tab.x + tab.width).contains(&at.x))?;
        return Some(Action::Tab(tab.by));
    }
    if areas.heading.contains(at) {
        // The gap on either side of a title is half its own.
        let column = state.columns().into_iter().find(|column| (column.x..=column.x + column.width).contains(&at.x))?;
        return Some(Action::SortBy(column.column));
    }
    if areas.trail.contains(at) && !state.crumbs.is_empty() {
        return Some(Action::Up);
    }
    let place = usize::from(at.y.checked_sub(areas.rows.y)?);
    (areas.rows.contains(at) && state.first() + place < state.counts().1).then_some(Action::Select(place))
}
