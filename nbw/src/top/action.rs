//! What keys mean.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::columns::Column;
use crate::snapshot::By;

/// What the user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Quit,
    Suspend,
    Help,
    /// The page of alerts.
    Alerts,
    /// Closes whichever page is open.
    Close,
    Tab(By),
    NextTab,
    PreviousTab,
    Move(Step),
    /// To the row at this place on the screen, counted from the first shown.
    Select(usize),
    /// Into the selected row.
    Enter,
    /// What Escape undoes: the filter, or else the last row that was entered.
    Escape,
    /// Out of the last row that was entered.
    Up,
    StartFilter,
    /// Types into the filter.
    Type(char),
    Erase,
    EraseAll,
    /// The filter stays, typing ends.
    KeepFilter,
    SortNext,
    SortPrevious,
    SortBy(Column),
    Reverse,
    Pause,
    Units,
    Graph,
    Names,
    Faster,
    Slower,
}

/// A way to go through the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// So many rows down, or up where negative.
    Rows(isize),
    /// So many screens.
    Pages(isize),
    First,
    Last,
}

/// What keys are for at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The table.
    Table,
    /// The line on which the filter is typed.
    Filter,
    /// A page over the table.
    Page,
}

/// The action of a key.
pub(super) fn of_key(key: KeyEvent, mode: Mode) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return with_control(key.code, mode == Mode::Filter);
    }
    match mode {
        Mode::Table => key_alone(key.code),
        Mode::Filter => while_typing(key.code),
        Mode::Page => on_page(key.code),
    }
}

/// A page is scrolled, exchanged for another, or closed by whatever other key.
fn on_page(code: KeyCode) -> Option<Action> {
    match key_alone(code) {
        Some(action @ (Action::Move(_) | Action::Help | Action::Alerts)) => Some(action),
        _ => Some(Action::Close),
    }
}

fn with_control(code: KeyCode, typing: bool) -> Option<Action> {
    match code {
        KeyCode::Char('c') => Some(Action::Quit),
        KeyCode::Char('z') => Some(Action::Suspend),
        KeyCode::Char('u') if typing => Some(Action::EraseAll),
        KeyCode::Char('h') if typing => Some(Action::Erase),
        KeyCode::Char('d') => Some(Action::Move(Step::Pages(1))),
        KeyCode::Char('u') => Some(Action::Move(Step::Pages(-1))),
        _ => None,
    }
}

fn while_typing(code: KeyCode) -> Option<Action> {
    match code {
        KeyCode::Char(character) => Some(Action::Type(character)),
        KeyCode::Backspace => Some(Action::Erase),
        KeyCode::Enter | KeyCode::Tab => Some(Action::KeepFilter),
        KeyCode::Esc => Some(Action::Escape),
        KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => key_alone(code),
        _ => None,
    }
}

fn key_alone(code: KeyCode) -> Option<Action> {
    Some(match code {
        KeyCode::Char('q' | 'Q') => Action::Quit,
        KeyCode::Char('?') | KeyCode::F(1) => Action::Help,
        KeyCode::Char('a') => Action::Alerts,
        KeyCode::Tab | KeyCode::Right | KeyCode::Char('l') => Action::NextTab,
        KeyCode::BackTab | KeyCode::Left | KeyCode::Char('h') => Action::PreviousTab,
        KeyCode::Up | KeyCode::Char('k') => Action::Move(Step::Rows(-1)),
        KeyCode::Down | KeyCode::Char('j') => Action::Move(Step::Rows(1)),
        KeyCode::PageUp => Action::Move(Step::Pages(-1)),
        KeyCode::PageDown => Action::Move(Step::Pages(1)),
        KeyCode::Home => Action::Move(Step::First),
        KeyCode::End | KeyCode::Char('G') => Action::Move(Step::Last),
        KeyCode::Enter => Action::Enter,
        KeyCode::Backspace => Action::Up,
        KeyCode::Esc => Action::Escape,
        KeyCode::Char('/') => Action::StartFilter,
        KeyCode::Char('s' | '>') => Action::SortNext,
        KeyCode::Char('S' | '<') => Action::SortPrevious,
        KeyCode::Char('r') => Action::Reverse,
        KeyCode::Char('p' | ' ') => Action::Pause,
        KeyCode::Char('u') => Action::Units,
        KeyCode::Char('g') => Action::Graph,
        KeyCode::Char('n') => Action::Names,
        KeyCode::Char('+' | '=') => Action::Slower,
        KeyCode::Char('-') => Action::Faster,
        KeyCode::Char(digit) => Action::Tab(tab_of(digit)?),
        _ => return None,
    })
}

fn tab_of(digit: char) -> Option<By> {
    let number = usize::try_from(digit.to_digit(10)?).ok()?;
    By::ALL.get(number.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_commands_or_text() {
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        assert_eq!(of_key(key(KeyCode::Char('q')), Mode::Table), Some(Action::Quit));
        assert_eq!(of_key(key(KeyCode::Char('q')), Mode::Filter), Some(Action::Type('q')));
        assert_eq!(of_key(key(KeyCode::Char('q')), Mode::Page), Some(Action::Close));
        assert_eq!(of_key(key(KeyCode::Char('8')), Mode::Table), Some(Action::Tab(By::Remote)));
        assert_eq!(of_key(key(KeyCode::Char('9')), Mode::Table), None);
        let quit = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        for mode in [Mode::Table, Mode::Filter, Mode::Page] {
            assert_eq!(of_key(quit, mode), Some(Action::Quit));
        }
    }
}
