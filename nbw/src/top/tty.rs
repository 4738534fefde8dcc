//! The terminal: taken, and left as it was found, whoever asks for that and whenever.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
    thread,
    time::{Duration, Instant},
};

use ratatui::crossterm::{
    cursor,
    event::{DisableMouseCapture, EnableMouseCapture},
    execute,
    terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};

use super::notices;
use crate::{failure::Failure, sink::bell::BELL};

/// Whether the screen is the view's. Held while it is written to, so that nothing is drawn on a screen that was left.
static TAKEN: Mutex<bool> = Mutex::new(false);

/// How long leaving waits for a terminal that does not read what is being drawn.
const PATIENCE: Duration = Duration::from_millis(500);

/// Checks that there is a screen to draw on and a keyboard to read.
///
/// # Errors
/// [`Failure::Usage`] says what to use instead.
pub(super) fn check() -> Result<(), Failure> {
    if io::stdout().is_terminal() && io::stdin().is_terminal() && !console::is_dumb() {
        return Ok(());
    }
    Err(Failure::Usage(
        "nbw top needs a terminal for its screen and keys: use `nbw watch` for pipes, files and plain terminals".into(),
    ))
}

/// Takes the screen, clear, and the keyboard. Doing so again sets up what another program may have changed.
///
/// # Errors
/// What the terminal says.
pub(super) fn take() -> io::Result<()> {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    notices::hold();
    // What was saved before is what to come back to: it is taken over first.
    disable_raw_mode()?;
    enable_raw_mode()?;
    if !std::mem::replace(&mut *taken, true) {
        execute!(io::stdout(), EnterAlternateScreen)?;
    }
    execute!(io::stdout(), EnableMouseCapture, cursor::Hide, Clear(ClearType::All))
}

/// Leaves the screen and the keyboard as they were found; does nothing where that was done before.
pub(super) fn leave() {
    // One that does not read cannot be written to: standard error, with what was kept for it, is mostly the same one.
    let Some(mut taken) = wait_for_lock() else { return abandon() };
    // There is nobody to tell that a terminal is gone.
    if std::mem::take(&mut *taken) {
        drop(execute!(io::stdout(), DisableMouseCapture, LeaveAlternateScreen, cursor::Show));
    }
    drop(disable_raw_mode());
    drop(taken);
    notices::release();
}

/// Leaves the keyboard only: for a terminal that does not take what is written.
pub(super) fn abandon() {
    drop(disable_raw_mode());
}

fn wait_for_lock() -> Option<MutexGuard<'static, bool>> {
    let start = Instant::now();
    loop {
        match TAKEN.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(error)) => return Some(error.into_inner()),
            Err(TryLockError::WouldBlock) if start.elapsed() > PATIENCE => return None,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Rings the terminal's bell, where the screen is the view's.
pub(super) fn ring() -> io::Result<()> {
    let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    if !*taken {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(BELL)?;
    out.flush()
}

/// The screen to draw on. A picture is collected and leaves in one write: nothing flickers, and a panic while drawing
/// holds no lock.
#[derive(Debug, Default)]
pub(super) struct Canvas(Vec<u8>);

impl Write for Canvas {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let picture = std::mem::take(&mut self.0);
        if !*taken || picture.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(&picture)?;
        out.flush()
    }
}
