//! `nbw report` as people and scripts use it, on a history whose figures are known; and its page in a real browser.

mod command_line;
mod formats;
mod page;
mod past;
