//! `nbw detect --read`: a capture on its own clock.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use nbw_detect::{
    Engine, Event, Limits, Signatures, Time,
    capture::{ReadError, Reader},
};

use super::{input, pick, show};
use crate::{
    app::work::{Stop, Work},
    cli::{DetectArgs, DetectFormat},
    failure::Failure,
    output::{Output, not_onto},
    report::progress::Progress,
};

/// Events whose packets are written; of more, only the first.
const MOST_KEPT: usize = 1_024;

/// Why floods and scans may be missing.
const ONE_SIDE: &str = "of most connections only one direction is in the capture: signatures that go by missing answers \
                        say nothing; capture both directions";

/// Reads the capture to its end, or to its first fault, and prints each event once.
///
/// # Errors
/// [`Failure::Running`] when it cannot be read, or not to its end: what was found until then is printed.
pub(super) async fn run(args: &DetectArgs, signatures: Signatures, file: &Path) -> Result<(), Failure> {
    let mut work = Work::listen()?;
    let output = match &args.write {
        Some(path) => {
            check(file, path)?;
            Some(work.open(Some(path.clone())).await?)
        }
        None => None,
    };
    let _give_up = output.as_ref().map(Output::give_up);
    let asked = Asked { file: file.to_owned(), signatures, format: args.format, most_packets: args.most_packets };
    work.run(move |stop| asked.answer(output, stop)).await
}

/// What would be known only when all is read is told before.
fn check(file: &Path, output: &Path) -> Result<(), Failure> {
    if output.as_os_str() == "-" {
        let why = "events go to standard output, where packets cannot go too: give a file to --write";
        return Err(Failure::Usage(why.into()));
    }
    input::check_rereadable(file, "--write")?;
    not_onto(output, file)?;
    Reader::open(file).map(drop).map_err(|error| Failure::running(&error))
}

/// What is asked for.
struct Asked {
    file: PathBuf,
    signatures: Signatures,
    format: DetectFormat,
    most_packets: u32,
}

impl Asked {
    fn answer(&self, output: Option<Output>, stop: &Stop) -> Result<(), Failure> {
        let mut reader =
            input::open(&self.file, stop).map_err(|error| stopped(stop, 0).unwrap_or(Failure::running(&error)))?;
        let mut found = Found::new(self.format, output.is_some());
        let read = read(&mut reader, &self.signatures, &mut found, stop)?;
        if let Some(stopped) = stopped(stop, reader.packets()) {
            return Err(stopped);
        }
        if let Some(output) = output {
            pick::packets(&self.file, output, &found.kept, self.most_packets, stop)?;
            found.say_what_is_left_out();
        }
        if found.many == 0 && self.format == DetectFormat::Plain && read.is_ok() {
            say(&format!("nothing found in {} packets", reader.packets()));
        }
        read.map_err(|error| Failure::running(&error))
    }
}

/// That it was, if it was.
fn stopped(stop: &Stop, packets: u64) -> Option<Failure> {
    let why = || format!("stopped after {packets} packets; what was found in them is told");
    stop.is_told().then(|| Failure::Running(why()))
}

/// For whoever looks on; if nobody does, that is no failure.
fn say(what: &str) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// Writes an event.
type Tell = Box<dyn FnMut(&Event) -> io::Result<()>>;

/// Where events go.
struct Found {
    tell: Tell,
    /// Whether somebody reads what is told.
    is_read: bool,
    keeps: bool,
    /// Those whose packets are to be written.
    kept: Vec<Event>,
    many: u64,
}

impl Found {
    fn new(format: DetectFormat, keeps: bool) -> Self {
        Self { tell: Box::new(show::writer(format)), is_read: true, keeps, kept: Vec::new(), many: 0 }
    }

    fn tell(&mut self, events: Vec<Event>, progress: &Progress) -> Result<(), Failure> {
        for event in &events {
            self.tell_one(event, progress)?;
        }
        self.many += events.len() as u64;
        if self.keeps {
            self.kept.extend(events.into_iter().take(MOST_KEPT.saturating_sub(self.kept.len())));
        }
        Ok(())
    }

    fn tell_one(&mut self, event: &Event, progress: &Progress) -> Result<(), Failure> {
        if !self.is_read {
            return Ok(());
        }
        match progress.suspend(|| (self.tell)(event)).map_err(Failure::output) {
            // Their packets were asked for as well.
            Err(Failure::ClosedPipe) if self.keeps => {
                self.is_read = false;
                Ok(())
            }
            told => told,
        }
    }

    fn say_what_is_left_out(&self) {
        let left_out = self.many - self.kept.len() as u64;
        if left_out > 0 {
            say(&format!("the packets of the first {MOST_KEPT} events are written, those of {left_out} more are not"));
        }
    }
}

/// Tells of events as they end, and of the rest at the end; what was wrong with the capture is the result.
fn read(
    reader: &mut Reader,
    signatures: &Signatures,
    found: &mut Found,
    stop: &Stop,
) -> Result<Result<(), ReadError>, Failure> {
    let mut engine = Engine::new(signatures, Limits::default());
    let progress = Progress::reading(reader.size());
    let mut looks = Looks::default();
    let end = loop {
        if stop.is_told() {
            break Ok(());
        }
        match reader.next_facts() {
            Some(Ok(facts)) => {
                engine.observe(&facts);
                if looks.are_due(reader.packets(), facts.time) {
                    found.tell(engine.take_ended(), &progress)?;
                    progress.at(reader.position());
                }
            }
            Some(Err(fault)) => break Err(fault),
            None => break Ok(()),
        }
    };
    if engine.sees_one_side() {
        progress.suspend(|| say(ONE_SIDE));
    }
    found.tell(engine.finish(), &progress)?;
    Ok(end)
}

/// When to look at what has ended, and how far it is: now and then of what is read fast, and before anybody has waited for long of
/// what comes slowly.
#[derive(Default)]
struct Looks {
    packets: u64,
    time: Time,
    /// How many of the next packets are looked behind, too.
    again: u32,
}

impl Looks {
    /// Packets between two looks, at most.
    const STRIDE: u64 = 65_536;
    /// Nanoseconds of the capture between two looks, at most.
    const SECOND: u64 = 1_000_000_000;
    /// The engine believes a clock that has jumped when a second packet says so, and judges a packet when the next one comes.
    const AGAIN: u32 = 3;

    fn are_due(&mut self, packets: u64, time: Time) -> bool {
        if time.0.abs_diff(self.time.0) >= Self::SECOND {
            *self = Self { packets, time, again: Self::AGAIN };
            return true;
        }
        let are_due = self.again > 0 || packets - self.packets >= Self::STRIDE;
        if are_due {
            *self = Self { packets, time: self.time, again: self.again.saturating_sub(1) };
        }
        are_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_slowly_is_looked_at_soon_and_what_comes_fast_not_too_often() {
        let second = |number: u64| Time(1_800_000_000_000_000_000 + number * 1_000_000_000);
        let mut looks = Looks::default();
        let due: Vec<u64> = (1..=140_000).filter(|&number| looks.are_due(number, second(0))).collect();
        assert_eq!(due, [1, 2, 3, 4, 4 + 65_536, 4 + 131_072]);
        // Clocks go back, too.
        let times = [0, 1, 3_600, 3_600, 3_600, 3_600, 3_600, 5].map(second);
        let due = times.map(|time| looks.are_due(140_001, time));
        assert_eq!(due, [false, true, true, true, true, true, false, true]);
    }
}
