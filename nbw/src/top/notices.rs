//! Warnings while the screen is taken: a line on standard error would end up in the middle of the picture.

use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use tracing_subscriber::fmt::MakeWriter;

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
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *held {
            Some(lines) => {
                if lines.len() == MOST {
                    lines.pop_front();
                }
                lines.push_back(line.into_owned());
            }
            // There is nobody to tell that nobody can be told.
            None => drop(io::stderr().write_all(line.as_bytes())),
        }
    }
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

/// The newest line that is kept, and how many there are.
pub(super) fn newest() -> Option<(usize, String)> {
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = held.as_ref()?;
    lines.back().map(|line| (lines.len(), line.clone()))
}
