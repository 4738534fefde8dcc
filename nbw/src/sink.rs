//! Sinks: what becomes of a snapshot. Each sees the same immutable [`Snapshot`], and none sees another.

pub mod bars;
pub mod bell;
pub mod csv;
pub mod events;
#[cfg(test)]
pub(crate) mod fixture;
pub mod json;
pub mod plain;
mod row;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::ValueEnum;
use console::Term;

use crate::snapshot::{By, Snapshot};
use crate::units::Units;

/// Takes one snapshot a tick and shows, writes or sends it.
pub trait Sink {
    /// Shows one snapshot; what was written has left the process's buffers when this returns.
    ///
    /// # Errors
    /// Whatever the output says. [`io::ErrorKind::BrokenPipe`] means that nobody reads any more: end quietly.
    fn emit(&mut self, snapshot: &Snapshot) -> io::Result<()>;

    /// Ends the output; a terminal is left as it was found, with the last picture on it.
    ///
    /// # Errors
    /// As for [`Self::emit`].
    fn finish(&mut self) -> io::Result<()>;
}

/// `--format`: how snapshots are written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Live bars, redrawn in place.
    Bars,
    /// One line per interface and busy row.
    Plain,
    /// One JSON object a line.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

impl Format {
    /// Bars on a terminal, plain lines elsewhere.
    pub fn for_stdout() -> Self {
        if io::stdout().is_terminal() && !console::is_dumb() { Self::Bars } else { Self::Plain }
    }

    /// Whether its output tells people itself which alerts begin and end.
    pub fn tells_of_alerts(self) -> bool {
        match self {
            Self::Plain => true,
            Self::Bars => io::stdout().is_terminal() && !console::is_dumb(),
            Self::Json | Self::Csv => false,
        }
    }

    /// The sink that writes this format to standard output, with the rows of `by` (JSON has whatever rows a snapshot
    /// has). `interval` is the one asked for; only shown.
    pub fn to_stdout(self, units: Units, interval: Duration, by: By) -> Box<dyn Sink + Send> {
        let stdout = Term::stdout();
        match self {
            Self::Bars => Box::new(bars::Bars::stdout(units, interval, by)),
            Self::Plain => Box::new(plain::Plain::new(stdout, units, by)),
            Self::Json => Box::new(json::Json::new(stdout)),
            Self::Csv => Box::new(csv::Csv::new(stdout, by)),
        }
    }
}

/// Several sinks, one after the other.
#[derive(Default)]
pub struct Several(Vec<Box<dyn Sink + Send>>);

impl Several {
    /// Adds one behind the others.
    #[must_use]
    pub fn and(mut self, sink: Box<dyn Sink + Send>) -> Self {
        self.0.push(sink);
        self
    }
}

impl Sink for Several {
    fn emit(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|sink| sink.emit(snapshot))
    }

    /// All of them, also where one fails.
    fn finish(&mut self) -> io::Result<()> {
        self.0.iter_mut().map(|sink| sink.finish()).fold(Ok(()), Result::and)
    }
}

/// Writes `buffer` at once, empties it and flushes.
fn send(out: &mut impl Write, buffer: &mut Vec<u8>) -> io::Result<()> {
    let sent = out.write_all(buffer);
    buffer.clear();
    sent.and_then(|()| out.flush())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_an_error_of_its_kind() {
        let snapshot = fixture::snapshot();
        let sinks: [Box<dyn Sink>; 4] = [
            Box::new(Several::default().and(Box::new(json::Json::new(fixture::Closed)))),
            Box::new(json::Json::new(fixture::Closed)),
            Box::new(csv::Csv::new(fixture::Closed, By::Group)),
            Box::new(plain::Plain::new(fixture::Closed, Units::Bits, By::Group)),
        ];
        for mut sink in sinks {
            let error = sink.emit(&snapshot).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        }
    }
}
