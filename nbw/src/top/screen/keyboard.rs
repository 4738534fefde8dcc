//! The thread that reads the keyboard and the mouse.

use std::sync::mpsc as std_mpsc;

use ratatui::crossterm::event::{self as terminal_event, MouseEventKind};
use tokio::sync::mpsc;

use super::{Message, Told};
use crate::top::event::{Demand, Event};
/// Passes on what the terminal says, until nobody wants it.
pub(super) fn listen(messages: &std_mpsc::Sender<Message>, tell: &mpsc::UnboundedSender<Told>) {
    loop {
        let event = match terminal_event::read() {
            Ok(terminal_event::Event::Key(key)) => Event::Key(key),
            Ok(terminal_event::Event::Mouse(mouse)) if !is_motion(mouse.kind) => Event::Mouse(mouse),
            Ok(terminal_event::Event::Resize(columns, rows)) => Event::Resize(columns, rows),
            Ok(_) => continue,
            Err(_) => {
                let _ = tell.send(Told::Demand(Demand::Quit));
                return;
            }
        };
        if messages.send(Message::Input(event)).is_err() {
            return;
        }
    }
}

fn is_motion(kind: MouseEventKind) -> bool {
    matches!(kind, MouseEventKind::Moved | MouseEventKind::Drag(_) | MouseEventKind::Up(_))
}
