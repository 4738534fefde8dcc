//! `nbw detect --read`: a capture on its own clock.

use std::{io, path::Path};

use nbw_detect::{
    Engine, Event, Limits, Signatures,
    capture::{ReadError, Reader},
};

use super::{pick, show};
use crate::{
    cli::{DetectArgs, DetectFormat},
    failure::Failure,
    report::progress::Progress,
};

/// Events whose packets are written; of more, only the first.
const MOST_KEPT: usize = 1_024;

/// Packets between two looks at what has ended, and how far it is.
const STRIDE: u64 = 65_536;

/// Reads the capture to its end, or to its first fault, and prints each event once.
///
/// # Errors
/// [`Failure::Running`] when it cannot be read, or not to its end: what was found until then is printed.
pub(super) fn run(args: &DetectArgs, signatures: &Signatures, file: &Path) -> Result<(), Failure> {
    if args.write.is_some() && file == Path::new("-") {
        let why = "--write reads the capture twice, which standard input cannot be: write it to a file first";
        return Err(Failure::Usage(why.into()));
    }
    let mut reader = Reader::open(file).map_err(|error| Failure::running(&error))?;
    let mut found =
        Found { write: Box::new(show::writer(args.format)), kept: args.write.as_ref().map(|_| Vec::new()), many: 0 };
    let read = read(&mut reader, signatures, &mut found)?;
    if let (Some(to), Some(events)) = (&args.write, &found.kept) {
        pick::write(file, to, events, args.most_packets)?;
    }
    if found.many == 0 && args.format == DetectFormat::Plain && read.is_ok() {
        eprintln!("nothing found in {} packets", reader.packets());
    }
    read.map_err(|error| Failure::running(&error))
}

/// Writes an event.
type Write = Box<dyn FnMut(&Event) -> io::Result<()>>;

/// Where events go.
struct Found {
    write: Write,
    /// Those whose packets are to be written.
    kept: Option<Vec<Event>>,
    many: u64,
}

impl Found {
    fn tell(&mut self, events: Vec<Event>, progress: &Progress) -> Result<(), Failure> {
        for event in &events {
            progress.suspend(|| (self.write)(event)).map_err(Failure::output)?;
        }
        self.many += events.len() as u64;
        if let Some(kept) = &mut self.kept {
            kept.extend(events.into_iter().take(MOST_KEPT.saturating_sub(kept.len())));
        }
        Ok(())
    }
}

/// Tells of events as they end, and of the rest at the end; what was wrong with the capture is the result.
fn read(reader: &mut Reader, signatures: &Signatures, found: &mut Found) -> Result<Result<(), ReadError>, Failure> {
    let mut engine = Engine::new(signatures, Limits::default());
    let progress = Progress::reading(reader.size());
    let mut next = STRIDE;
    let end = loop {
        match reader.next_facts() {
            Some(Ok(facts)) => engine.observe(&facts),
            Some(Err(fault)) => break Err(fault),
            None => break Ok(()),
        }
        if reader.packets() >= next {
            next += STRIDE;
            found.tell(engine.take_ended(), &progress)?;
            progress.at(reader.position());
        }
    };
    found.tell(engine.finish(), &progress)?;
    Ok(end)
}
