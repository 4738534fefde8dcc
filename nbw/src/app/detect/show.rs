//! How an event is written.

use std::io::{self, Write as _};

use nbw_detect::{
    Event,
    event::{Concerned, Role},
};

use crate::{
    cli::DetectFormat,
    detection::{self, advice},
    text,
};

/// Names of sources or targets in a line.
const NAMED: usize = 3;

/// Writes events to standard output, each at once.
pub(super) fn writer(format: DetectFormat) -> impl FnMut(&Event) -> io::Result<()> + Send + 'static {
    move |event| {
        let mut stdout = io::stdout().lock();
        match format {
            DetectFormat::Json => {
                serde_json::to_writer(&mut stdout, event)?;
                stdout.write_all(b"\n")?;
            }
            DetectFormat::Plain => stdout.write_all(plain(event).as_bytes())?,
        }
        stdout.flush()
    }
}

/// What, who to whom, when, why, and what to do.
fn plain(event: &Event) -> String {
    let technique = event.technique.as_ref().map(|technique| format!(", {technique}")).unwrap_or_default();
    let ongoing = if event.ongoing { ", goes on" } else { "" };
    let mut lines = vec![
        format!(
            "{} {} ({:.0} % sure{technique}{ongoing})",
            event.severity.word(),
            event.signature,
            event.confidence * 100.0
        ),
        format!("  from  {}", named(&event.sources, event.source_count)),
        format!("  to    {}", named(&event.targets, event.target_count)),
        format!("  seen  {:.3} to {:.3}", event.first_seen, event.last_seen),
    ];
    lines.extend(event.concerned.iter().map(concerned));
    lines.push(format!("  why   {}", why(event)));
    lines.push(format!("  do    {}", advice(event)));
    // Users' signatures may come from others.
    lines.iter().map(|line| text::clean(line) + "\n").collect()
}

fn concerned(who: &Concerned) -> String {
    let process = who.process.as_ref().map(|name| match who.pid {
        Some(pid) => format!("{name}[{pid}]"),
        None => name.clone(),
    });
    let words: Vec<String> = [who.name.clone(), process, who.cgroup.clone()].into_iter().flatten().collect();
    let role = if who.role == Role::Source { "source" } else { "target" };
    format!("  here  {}, the {role}", words.join(" "))
}

fn why(event: &Event) -> String {
    let words = event.evidence.iter().map(|(name, value)| format!("{} {value}", name.replace('_', " ")));
    words.collect::<Vec<_>>().join(", ")
}

fn named(names: &[String], count: u64) -> String {
    if names.is_empty() { "nobody that is known".to_owned() } else { detection::named(names, count, NAMED) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nbw_detect::{Kind, Severity, event::SCHEMA};

    use super::*;

    fn event() -> Event {
        Event {
            schema: SCHEMA,
            id: "00f".into(),
            kind: Kind::PortScan,
            signature: "port-scan-syn".into(),
            first_seen: Timestamp::UNIX_EPOCH,
            last_seen: Timestamp::from_millisecond(1500).unwrap(),
            sources: vec!["192.0.2.7".into()],
            source_count: 1,
            targets: (1..=16).map(|n| format!("198.51.100.{n}")).collect(),
            target_count: 40,
            severity: Severity::Warning,
            confidence: 0.9,
            technique: Some("T1046".into()),
            evidence: [("failed_ports".to_owned(), 99.0)].into(),
            advice: "Close\nwhat is open.".into(),
            concerned: vec![Concerned {
                role: Role::Target,
                cgroup: Some("/web".into()),
                name: None,
                pid: Some(7),
                process: Some("nginx".into()),
            }],
            ongoing: false,
        }
    }

    #[test]
    fn people_see_who_does_what_to_whom() {
        let expected = "\
warning port-scan-syn (90 % sure, T1046)
  from  192.0.2.7
  to    198.51.100.1, 198.51.100.2, 198.51.100.3 and 37 more
  seen  1970-01-01T00:00:00.000Z to 1970-01-01T00:00:01.500Z
  here  nginx[7] /web, the target
  why   failed ports 99
  do    Close what is open.
";
        assert_eq!(plain(&event()), expected);
    }

    #[test]
    fn what_comes_from_files_of_signatures_moves_no_cursor() {
        let hostile = |text: &str| format!("{text}\u{1b}[2J\u{202e}");
        let event = Event {
            signature: hostile("port-scan"),
            technique: Some(hostile("T1046")),
            advice: hostile("Close\nit"),
            ..event()
        };
        let told = plain(&event);
        assert!(!told.contains(['\u{1b}', '\u{202e}']) && told.lines().count() == 7, "{told}");
    }

    #[test]
    fn the_words_are_those_of_json() {
        for value in [Severity::Info, Severity::Warning, Severity::Critical] {
            assert_eq!(serde_json::to_value(value).unwrap(), value.word());
        }
    }
}
