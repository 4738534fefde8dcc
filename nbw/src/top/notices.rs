//! Warnings while the screen is taken: a line on standard error would end up in the middle of the picture.

use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use tracing_subscriber::fmt::MakeWriter;

use crate::text;

/// Warnings that are kept at most; the newest stay.
const MOST: usize = 200;

/// What is to be printed when the screen is free again; none while it is.
static HELD: Mutex<Option<VecDeque<String>>> = Mutex::new(None);

/// Where the log goes: standard error, or, while the screen is taken, the view and later standard error.
#[derive(Debug, Clone, Copy, Default)]
pub struct Log;

/// One line of the log.
#[derive(Debug, Default)]
pub struct Line(Vec<u8>);

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line::default()
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = String::from_utf8_lossy(&self.0);
        if !keep(&line) {
            // There is nobody to tell that nobody can be told.
            drop(io::stderr().write_all(line.as_bytes()));
        }
    }
}

/// Keeps a line, if lines are kept. What is not, is written without the lock: standard error may not take it for long.
fn keep(line: &str) -> bool {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(lines) = &mut *held else { return false };
    if lines.len() == MOST {
        lines.pop_front();
    }
    lines.push_back(line.to_owned());
    true
}

/// Keeps what is logged from now on.
pub(super) fn hold() {
    HELD.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
}

/// Prints what was kept, and lets the log through again.
pub(super) fn release() {
    let lines = HELD.lock().unwrap_or_else(PoisonError::into_inner).take();
    for line in lines.into_iter().flatten() {
        drop(io::stderr().write_all(line.as_bytes()));
    }
}

/// The newest warning that is kept.
pub(super) fn newest_warning() -> Option<String> {
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.as_ref()?.iter().rev().find_map(|line| warning(line))
}

/// What a line warns of; none where it only says what nbw does (`--verbose`).
fn warning(line: &str) -> Option<String> {
    let line = console::strip_ansi_codes(line);
    let line = line.trim();
    let said = ["WARN ", "ERROR "].iter().find_map(|level| line.strip_prefix(level))?;
    Some(text::clean(said.trim()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_told_from_other_lines() {
        assert_eq!(warning(" WARN no group matches\n").as_deref(), Some("no group matches"));
        assert_eq!(warning("\u{1b}[33m WARN\u{1b}[0m it\u{7} beeps").as_deref(), Some("it\u{fffd} beeps"));
        assert_eq!(warning("DEBUG loaded"), None);
    }
}
