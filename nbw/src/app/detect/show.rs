//! How an event is written.

use std::io::{self, Write as _};

use nbw_detect::Event;

use crate::cli::DetectFormat;

/// Writes events to standard output, each at once.
pub(super) fn writer(format: DetectFormat) -> impl FnMut(&Event) -> io::Result<()> + Send + 'static {
    move |event| {
        let mut stdout = io::stdout().lock();
        match format {
            DetectFormat::Json => serde_json::to_writer(&mut stdout, event)?,
            DetectFormat::Plain => write!(stdout, "{}", plain(event))?,
        }
        stdout.write_all(b"\n")?;
        stdout.flush()
    }
}

/// A line, and what to do below it when it begins.
fn plain(event: &Event) -> String {
    let stage = if event.ongoing { "" } else { " (over)" };
    let line = format!(
        "{:.3} {:?} {} {} from {} to {}{stage}",
        event.first_seen,
        event.severity,
        event.id,
        event.signature,
        named(&event.sources, event.source_count),
        named(&event.targets, event.target_count),
    );
    line + &concerned(event)
}

fn concerned(event: &Event) -> String {
    let who = |who: &nbw_detect::event::Concerned| {
        let process = who.process.as_ref().zip(who.pid).map(|(name, pid)| format!("{name}[{pid}]"));
        let words = [who.name.clone(), process, who.cgroup.clone()];
        format!(" {:?}: {}", who.role, words.into_iter().flatten().collect::<Vec<_>>().join(" "))
    };
    event.concerned.iter().map(who).collect()
}

fn named(names: &[String], count: u64) -> String {
    match names {
        [] => "?".into(),
        [one] if count <= 1 => one.clone(),
        [first, ..] => format!("{first} and {} more", count.saturating_sub(1)),
    }
}
