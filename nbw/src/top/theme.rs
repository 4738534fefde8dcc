//! The looks, from the terminal's own palette. Without colour there are still bold, faint and reversed.

use ratatui::style::{Color, Modifier, Style};

use crate::board::Look;

/// How things look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Theme {
    colour: bool,
}

impl Theme {
    /// Colours of the palette, or none.
    pub(super) fn new(colour: bool) -> Self {
        Self { colour }
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// What was received.
    pub(super) fn rx(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// What was sent.
    pub(super) fn tx(self) -> Style {
        self.coloured(Color::Magenta)
    }

    /// Shares of the busiest row.
    pub(super) fn share(self) -> Style {
        self.coloured(Color::Blue)
    }

    /// What tells rows apart.
    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What is there to be looked up, not read.
    pub(super) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Where the user is.
    pub(super) fn here(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// What the user has asked for, and might forget.
    pub(super) fn mode(self) -> Style {
        self.coloured(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// An alert, by how urgent it is.
    pub(super) fn alert(self, look: Look) -> Style {
        match look {
            Look::Critical => self.trouble(),
            Look::Warning => self.mode(),
            Look::Faint => self.faint(),
        }
    }

    /// What is not as it should be.
    pub(super) fn trouble(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }
}
