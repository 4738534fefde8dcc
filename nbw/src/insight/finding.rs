//! What a rule says.

use serde::Serialize;

use crate::text;

/// Where the pages of the rules are.
const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/insight/");

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something is being lost or is about to be.
    Warning,
    /// Something could be better.
    Hint,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// Bytes.
    #[serde(rename = "bytes")]
    Bytes,
    /// Bytes a second.
    #[serde(rename = "bytes/s")]
    BytesPerSecond,
    /// Packets.
    #[serde(rename = "packets")]
    Packets,
    /// Packets a second.
    #[serde(rename = "packets/s")]
    PacketsPerSecond,
    /// A part of something, 1 being all of it.
    #[serde(rename = "share")]
    Share,
    /// Anything that is counted.
    #[serde(rename = "count")]
    Count,
    /// How many times as much.
    #[serde(rename = "times")]
    Times,
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Days.
    #[serde(rename = "days")]
    Days,
    /// Bits a second, as links are sold.
    #[serde(rename = "bits/s")]
    BitsPerSecond,
}

/// A number that a finding rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Number {
    /// What it is, in `snake_case`.
    pub name: &'static str,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: Unit,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What, and why.
    pub what: String,
    /// The command or setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// What it is about: an interface, a service, `tcp` ...
    pub subject: String,
    /// How much it matters.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// What was seen.
    pub seen: String,
    /// The numbers of it; never empty.
    pub evidence: Vec<Number>,
    /// How sure this is, 0 to 1.
    pub confidence: f64,
    /// The same as a word.
    pub sure: &'static str,
    /// What to do.
    pub advice: Vec<Advice>,
    /// Where it says why.
    pub page: String,
}

impl Finding {
    /// One without evidence and advice yet.
    pub fn new(rule: &'static str, severity: Severity, subject: &str, title: String) -> Self {
        Self {
            rule,
            subject: clean(subject),
            severity,
            title: clean(title),
            seen: String::new(),
            evidence: Vec::new(),
            confidence: 0.0,
            sure: "",
            advice: Vec::new(),
            page: format!("{PAGES}{rule}.md"),
        }
    }

    /// With what was seen, and how sure it is (cut to 0 to 1).
    #[must_use]
    pub fn seen(mut self, confidence: f64, seen: String) -> Self {
        self.confidence = (confidence.clamp(0.0, 1.0) * 100.0).round() / 100.0;
        self.sure = word(self.confidence);
        self.seen = clean(seen);
        self
    }

    /// With one more number; what is not finite says nothing and is left out.
    #[must_use]
    pub fn number(mut self, name: &'static str, value: f64, unit: Unit) -> Self {
        if value.is_finite() {
            self.evidence.push(Number { name, value, unit });
        }
        self
    }

    /// With one more thing to do.
    #[must_use]
    pub fn advise(mut self, what: impl Into<String>) -> Self {
        self.advice.push(Advice { what: clean(what.into()), command: None });
        self
    }

    /// With one more thing to do, and how.
    #[must_use]
    pub fn command(mut self, what: impl Into<String>, command: impl Into<String>) -> Self {
        self.advice.push(Advice { what: clean(what.into()), command: Some(clean(command.into())) });
        self
    }
}

/// Names are cleaned where they enter; others than this nbw may have written the history.
fn clean(text: impl AsRef<str>) -> String {
    text::clean(text.as_ref()).into_owned()
}

fn word(confidence: f64) -> &'static str {
    match confidence {
        0.9.. => "almost certain",
        0.7.. => "likely",
        _ => "possible",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_reaches_the_terminal_with_an_escape() {
        let name = "web\u{1b}]0;owned\u{7}";
        let finding = Finding::new("hog", Severity::Hint, name, format!("{name} takes"))
            .seen(0.9, name.to_owned())
            .command(name, name)
            .advise(name);
        let json = serde_json::to_string(&finding).unwrap();
        assert!(!json.contains("u001b") && !json.contains("u0007") && json.contains("web"), "{json}");
    }

    #[test]
    fn json_has_numbers_with_their_units() {
        let finding = Finding::new("hog", Severity::Hint, "web", "one".to_owned())
            .seen(0.951, "two".to_owned())
            .number("share", 0.5, Unit::Share)
            .number("rate", f64::NAN, Unit::BytesPerSecond)
            .command("three", "tc");
        let json = serde_json::to_value(&finding).unwrap();
        assert_eq!(json["evidence"], serde_json::json!([{"name": "share", "value": 0.5, "unit": "share"}]));
        assert_eq!((json["sure"].as_str(), json["confidence"].as_f64()), (Some("almost certain"), Some(0.95)));
        assert!(json["page"].as_str().unwrap().ends_with("/docs/insight/hog.md"));
        assert_eq!(json["advice"][0]["command"], "tc");
    }
}
