//! `nbw detect --read`: a capture on its own clock.

use std::{
    io,
    path::Path,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nbw_detect::{
    Engine, Event, Limits, Signatures,
    capture::{ReadError, Reader},
};

use super::{pick, show};
use crate::{
    cli::{DetectArgs, DetectFormat},
    failure::Failure,
};

/// What is quicker than this needs no bar.
const QUICK: Duration = Duration::from_millis(500);

/// Packets between two looks at the clock.
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

/// Where events go.
struct Found {
    write: Box<dyn FnMut(&Event) -> io::Result<()>>,
    /// Those whose packets are to be written.
    kept: Option<Vec<Event>>,
    many: u64,
}

impl Found {
    fn tell(&mut self, events: Vec<Event>, bar: &ProgressBar) -> Result<(), Failure> {
        for event in &events {
            bar.suspend(|| (self.write)(event)).map_err(Failure::output)?;
        }
        self.many += events.len() as u64;
        if let Some(kept) = &mut self.kept {
            kept.extend(events);
        }
        Ok(())
    }
}

/// Tells of events as they end, and of the rest at the end; what was wrong with the capture is the result.
fn read(reader: &mut Reader, signatures: &Signatures, found: &mut Found) -> Result<Result<(), ReadError>, Failure> {
    let mut engine = Engine::new(signatures, Limits::default());
    let bar = bar(reader);
    let start = Instant::now();
    let mut next = STRIDE;
    let end = loop {
        match reader.next_facts() {
            Some(Ok(facts)) => engine.observe(&facts),
            Some(Err(fault)) => break Err(fault),
            None => break Ok(()),
        }
        if reader.packets() >= next {
            next += STRIDE;
            found.tell(engine.take_ended(), &bar)?;
            show_progress(&bar, reader, start);
        }
    };
    found.tell(engine.finish(), &bar)?;
    bar.finish_and_clear();
    Ok(end)
}

fn bar(reader: &Reader) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(reader.size(), ProgressDrawTarget::hidden());
    let template = match reader.size() {
        Some(_) => "{spinner} {bar:20} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} eta {eta}",
        None => "{spinner} {binary_bytes} {binary_bytes_per_sec}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

fn show_progress(bar: &ProgressBar, reader: &Reader, start: Instant) {
    if bar.is_hidden() && start.elapsed() >= QUICK {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    bar.set_position(reader.position());
}
