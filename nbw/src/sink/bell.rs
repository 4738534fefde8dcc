//! `--bell`: the terminal's bell when alerts begin to fire.

use std::io::{self, IsTerminal, Write};

use super::Sink;
use crate::{alert::State, board::Board, snapshot::Snapshot};

/// What rings a terminal's bell.
pub(crate) const BELL: &[u8] = b"\x07";

/// Rings once for each snapshot in which alerts begin to fire, however many.
#[derive(Debug)]
pub struct Bell<W> {
    out: W,
    board: Board,
}

/// The terminal that can be rung: standard error, or else standard output; none if both lead elsewhere.
pub fn terminal() -> Option<Box<dyn Write + Send>> {
    if io::stderr().is_terminal() {
        return Some(Box::new(io::stderr()));
    }
    io::stdout().is_terminal().then(|| Box::new(io::stdout()) as Box<dyn Write + Send>)
}

impl<W: Write> Bell<W> {
    /// A bell on the terminal behind `out`.
    pub fn new(out: W) -> Self {
        Self { out, board: Board::default() }
    }
}

impl<W: Write> Sink for Bell<W> {
    fn emit(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        if self.board.take(snapshot).iter().any(|alert| alert.state == State::Firing) {
            // A terminal that is gone is somebody else's to notice.
            drop(self.out.write_all(BELL).and_then(|()| self.out.flush()));
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn it_rings_once_in_a_tick_in_which_alerts_begin() {
        let mut out = Vec::new();
        let mut bell = Bell::new(&mut out);
        for snapshot in
            [fixture::snapshot(), fixture::with_alerts(), fixture::with_alerts(), fixture::with_alerts_over()]
        {
            bell.emit(&snapshot).unwrap();
        }
        assert_eq!(out, BELL);
        let mut out = Vec::new();
        let mut bell = Bell::new(&mut out);
        for snapshot in [fixture::with_alerts(), fixture::with_alerts_over(), fixture::with_alerts()] {
            bell.emit(&snapshot).unwrap();
        }
        assert_eq!(out, [BELL, BELL].concat());
    }
}
