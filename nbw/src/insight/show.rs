//! `--format`: how findings are written.

mod json;
mod text;

use std::io::{self, Write};

use clap::ValueEnum;
use jiff::{Timestamp, tz::TimeZone};

use super::Finding;

/// What was found, and in what.
#[derive(Debug, Clone)]
pub struct Advice {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Whether it was watched, or remembered.
    pub live: bool,
    /// Whose hours of the day.
    pub zone: TimeZone,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// How to write it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

impl Format {
    /// Writes it, in lines of at most `width` columns, with colour or without.
    ///
    /// # Errors
    /// Whatever the output says.
    pub fn write(self, advice: &Advice, out: &mut impl Write, width: usize, colour: bool) -> io::Result<()> {
        let text = match self {
            Self::Text => text::text(advice, width, colour),
            Self::Json => json::json(advice)?,
        };
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        golden::assert_golden,
        insight::{Severity, finding::Unit},
    };

    pub(super) fn advice() -> Advice {
        let full = Finding::new(
            "link-limit",
            Severity::Warning,
            "eth0",
            "eth0 is near its limit: it sends at 93 % of its speed".into(),
        )
        .seen(0.95, "For a twentieth of the time eth0 sends 930.0 Mbit/s or more; the link has 1.00 Gbit/s.".into())
        .number("p95", 116_250_000.0, Unit::BytesPerSecond)
        .number("link_speed", 1_000_000_000.0, Unit::BitsPerSecond)
        .number("p95_share", 0.93, Unit::Share)
        .number("days_left", 31.26, Unit::Days)
        .command("See who it is.", "nbw top -i eth0")
        .advise("Move bulk work to other hours, or take a faster link or a second one (bonding).");
        let small =
            Finding::new("small-packets", Severity::Hint, "eth0", "eth0 carries 41.0 kpps small packets".into())
                .seen(0.6, "Sent most of them.".into())
                .number("packet_rate", 41_000.0, Unit::PacketsPerSecond)
                .number("mean_size", 106.0, Unit::Bytes)
                .number("peak_to_mean", 12.5, Unit::Times)
                .command("An offload is off that could be on.", "ethtool -K eth0 rx-gro on");
        Advice {
            from: "2026-11-16T00:00:00Z".parse().unwrap(),
            to: "2026-11-23T00:00:00Z".parse().unwrap(),
            live: false,
            zone: TimeZone::UTC,
            findings: vec![full, small],
        }
    }

    fn written(format: Format, advice: &Advice, width: usize, colour: bool) -> String {
        let mut out = Vec::new();
        format.write(advice, &mut out, width, colour).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn golden() {
        assert_golden("insight/golden/80.txt", written(Format::Text, &advice(), 80, false).as_bytes());
        assert_golden("insight/golden/colour.txt", written(Format::Text, &advice(), 60, true).as_bytes());
        assert_golden("insight/golden/advice.json", written(Format::Json, &advice(), 80, false).as_bytes());
    }

    #[test]
    fn lines_are_wrapped_but_for_commands() {
        let text = written(Format::Text, &advice(), 50, false);
        let long = text.lines().filter(|line| console::measure_text_width(line) > 50);
        assert!(long.clone().all(|line| line.contains("https://")), "{:?}", long.collect::<Vec<_>>());
    }

    #[test]
    fn a_quiet_host_has_nothing_to_do() {
        let quiet = Advice { findings: Vec::new(), live: true, ..advice() };
        let text = written(Format::Text, &quiet, 80, false);
        assert!(text.starts_with("Nothing to advise"), "{text}");
        assert!(written(Format::Json, &quiet, 80, false).contains(r#""findings":[]"#));
    }
}
