//! Reports of captures (`--read FILE`): packets instead of the history, and the same formats.
//!
//! Data flows one way: `packets -> Tally (bounded) -> Answer -> Report`. Memory does not grow with the capture: the busiest are
//! told apart and the others summed up, and time is counted in longer cells the longer the capture is.

mod cells;
mod options;
mod parts;
mod subject;
mod tally;
#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::Timestamp;
use nbw_detect::{
    Direction, Facts,
    capture::{ReadError, Reader},
};

use self::{options::Wanted, parts::Layout, tally::Tally};
use super::{Report, What, progress::Progress};
use crate::{
    cli::{ReportArgs, ReportFormat},
    failure::Failure,
    history::query::{Answer, Every},
    text,
};

/// Between two looks at how far it has come, in packets.
const LOOK: u64 = 16_384;

/// What a report says of the capture that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Captured {
    /// Whether nothing in it said which way packets went.
    pub undirected: bool,
}

/// A report of as much as could be read, and what kept nbw from reading the rest.
#[derive(Debug)]
pub struct Made {
    /// The report.
    pub report: Report,
    /// Where and why reading ended early.
    pub fault: Option<ReadError>,
}

/// Reads the capture and makes the report of it, at `now`.
///
/// # Errors
/// When the options do not fit, the file is no capture, or nothing can be shown of it.
pub fn report(args: &ReportArgs, path: &Path, format: ReportFormat, now: Timestamp) -> Result<Made, Failure> {
    let wanted = options::wanted(args, format, now)?;
    let mut reader = Reader::open(path).map_err(|error| Failure::running(&error))?;
    let progress = Progress::reading(reader.size());
    let mut read = Read { tally: Tally::new(wanted.every), undirected: true };
    let fault = read.all(&mut reader, &wanted, &progress)?;
    progress.begin("drawing");
    let name = text::clean(reader.name()).into_owned();
    let report = read.into_report(&name, wanted, args, now);
    match (report, fault) {
        (Ok(report), fault) => Ok(Made { report, fault }),
        // That nothing came of it is explained by what is wrong with it.
        (Err(_), Some(fault)) => Err(Failure::running(&fault)),
        (Err(nothing), None) => Err(nothing),
    }
}

struct Read {
    tally: Tally,
    undirected: bool,
}

impl Read {
    /// Counts all packets that are wanted; what was wrong with the file, where its end was not reached.
    fn all(&mut self, reader: &mut Reader, wanted: &Wanted, progress: &Progress) -> Result<Option<ReadError>, Failure> {
        loop {
            match reader.next_facts() {
                Some(Ok(facts)) => self.one(&facts, wanted)?,
                Some(Err(fault)) => return Ok(Some(fault)),
                None => return Ok(None),
            }
            if reader.packets().is_multiple_of(LOOK) {
                progress.at(reader.position());
            }
        }
    }

    fn one(&mut self, facts: &Facts, wanted: &Wanted) -> Result<(), Failure> {
        if !wanted.has(facts.time) {
            return Ok(());
        }
        self.undirected &= facts.direction == Direction::Unknown;
        self.tally.see(facts.time)?;
        wanted.by.each(facts, |who, way| self.tally.add(who, way, facts.time, facts.bytes));
        Ok(())
    }

    fn into_report(self, name: &str, wanted: Wanted, args: &ReportArgs, now: Timestamp) -> Result<Report, Failure> {
        let Some((first, last)) = self.tally.span() else { return Err(nothing(name, &wanted)) };
        let layout = Layout::new(wanted.every, &wanted.calendar, first, last)?;
        let answer = self.tally.answer(&layout, wanted.by, wanted.top);
        Ok(Report {
            what: what(args),
            kind: wanted.by.kind(),
            from: layout.from(),
            to: layout.to(),
            every: layout.every,
            calendar: wanted.calendar,
            host: name.to_owned(),
            // A capture is over, whatever the clock says.
            now: now.max(layout.to()),
            began: layout.from(),
            answer,
            previous: None,
            month: no_answer(),
            hourly: None,
            host_hourly: None,
            quota: None,
            rows: wanted.rows,
            units: args.units,
            findings: Vec::new(),
            events: Vec::new(),
            captured: Some(Captured { undirected: self.undirected }),
        })
    }
}

/// Whoever says how long parts are wants to see them.
fn what(args: &ReportArgs) -> Option<What> {
    args.what.or(args.every.map(|_| What::Hours))
}

fn nothing(name: &str, wanted: &Wanted) -> Failure {
    let when = if wanted.is_limited() { " of the time asked for" } else { "" };
    Failure::Running(format!("there are no packets{when} in {name}"))
}

/// Of a month, which no capture has.
fn no_answer() -> Answer {
    Answer { parts: Vec::new(), series: Vec::new(), whole: Vec::new(), sample_seconds: 0 }
}

/// The length of parts that shows something: some dozens to some hundred of them.
fn usual(seconds: u64) -> Every {
    match seconds {
        0..=600 => Every::Seconds(1),
        601..=6_000 => Every::Seconds(10),
        6_001..=36_000 => Every::Seconds(60),
        36_001..=172_800 => Every::Seconds(300),
        172_801..=3_024_000 => Every::Seconds(3_600),
        _ => Every::Day,
    }
}
