//! Alerts on standard error, a line each, for formats whose output is for programs.

use std::io::{self, Write};

use super::Sink;
use crate::{
    alert::{Alert, State},
    board::Board,
    snapshot::Snapshot,
};

/// Writes a line when an alert begins to fire, and one when it ends.
#[derive(Debug)]
pub struct Events<W> {
    out: W,
    board: Board,
}

impl<W: Write> Events<W> {
    /// A sink that writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, board: Board::default() }
    }
}

impl<W: Write> Sink for Events<W> {
    fn emit(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        let lines: String = self.board.take(snapshot).iter().map(line).collect();
        // As with the log: that nobody can be told does not end the counting.
        drop(self.out.write_all(lines.as_bytes()));
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn line(alert: &Alert) -> String {
    match alert.state {
        State::Resolved => format!("nbw: alert resolved: {}\n", alert.summary),
        _ => format!("nbw: alert firing: {}: {}\n", alert.severity.word(), alert.summary),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn golden() {
        let mut out = Vec::new();
        let mut sink = Events::new(&mut out);
        for snapshot in [fixture::with_alerts(), fixture::with_alerts(), fixture::with_alerts_over(), fixture::later()]
        {
            sink.emit(&snapshot).unwrap();
        }
        sink.finish().unwrap();
        fixture::assert_golden("alerts.events.txt", &out);
    }

    #[test]
    fn nobody_who_listens_is_no_failure() {
        assert!(Events::new(fixture::Closed).emit(&fixture::with_alerts()).is_ok());
    }
}
