//! How a notice reads in a system's log.

use std::{collections::BTreeMap, io};

use syslog::{Facility, Formatter5424, LogFormat, Severity};

use crate::{
    action::payload::word,
    alert::{self, Change, Notice},
    text,
};

/// Names structured data that nobody registered: the number is the one for examples (RFC 5612).
const STRUCTURED: &str = "nbw@32473";

/// A message is cut to so many bytes, and so is each value: receivers of datagrams take 2048 bytes of a line.
const MOST_OF_A_MESSAGE: usize = 1024;
const MOST_OF_A_VALUE: usize = 128;

/// What is the same in all lines.
#[derive(Debug)]
pub(super) struct Lines(Formatter5424);

impl Lines {
    pub(super) fn new(facility: Facility, host: &str) -> Self {
        // RFC 5424 has printable ASCII there, and no blanks.
        let host: String = host.chars().filter(char::is_ascii_graphic).take(255).collect();
        let hostname = (!host.is_empty()).then_some(host);
        Self(Formatter5424 { facility, hostname, process: "nbw".into(), pid: std::process::id() })
    }

    /// As programs of the host write to its log (RFC 3164 without the host's name): journald and rsyslog take nothing else
    /// for what it is.
    pub(super) fn local(&self, notice: &Notice) -> Vec<u8> {
        let priority = self.0.facility as u8 | severity(notice) as u8;
        let time = jiff::Zoned::now().strftime("%b %e %H:%M:%S").to_string();
        let (process, pid) = (&self.0.process, self.0.pid);
        format!("<{priority}>{time} {process}[{pid}]: {}", message(notice)).into_bytes()
    }

    /// By RFC 5424, with structured data.
    ///
    /// # Errors
    /// When it cannot be formatted.
    pub(super) fn remote(&self, notice: &Notice) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let facts = BTreeMap::from([(STRUCTURED.to_owned(), facts(notice))]);
        let parts = (number(notice.change), facts, message(notice));
        self.0.format(&mut line, severity(notice), parts).map_err(io::Error::other)?;
        Ok(line)
    }
}

fn severity(notice: &Notice) -> Severity {
    match (notice.change, notice.alert.severity) {
        (Change::Resolved, _) => Severity::LOG_NOTICE,
        (_, alert::Severity::Critical) => Severity::LOG_CRIT,
        (_, alert::Severity::Warning) => Severity::LOG_WARNING,
        (_, alert::Severity::Info) => Severity::LOG_INFO,
    }
}

/// The kind of message: the crate has numbers for it.
fn number(change: Change) -> u32 {
    match change {
        Change::Firing => 1,
        Change::Repeated => 2,
        Change::Severity => 3,
        Change::Resolved => 4,
    }
}

fn message(notice: &Notice) -> String {
    let alert = &notice.alert;
    let text = format!("{} {}: {}", word(notice.change), alert.name, alert.summary);
    text::clean_to(&text, MOST_OF_A_MESSAGE).into_owned()
}

fn facts(notice: &Notice) -> BTreeMap<String, String> {
    let alert = &notice.alert;
    let facts = [
        ("change", word(notice.change)),
        ("alert", alert.name.to_string()),
        ("severity", alert.severity.word().to_owned()),
        ("scope", alert.subject.scope.word().to_owned()),
        ("subject", alert.subject.name.to_string()),
        ("metric", alert.metric.to_string()),
        ("value", alert.value.to_string()),
        ("threshold", alert.threshold.to_string()),
        ("unit", word(alert.unit)),
        ("id", alert.id.to_string()),
    ];
    let clean = |value: String| text::clean_to(&value, MOST_OF_A_VALUE).into_owned();
    facts.into_iter().map(|(name, value)| (name.to_owned(), clean(value))).collect()
}
