//! What nbw says of a capture, beside what the index says.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::{index::Capture, names::Named};

/// Of an event, what is compared: other names in it are none of this bench's business.
#[derive(Debug, Deserialize)]
struct Event {
    kind: String,
    signature: String,
    sources: Vec<String>,
    source_count: u64,
    targets: Vec<String>,
    target_count: u64,
}

/// How a capture was judged.
#[derive(Debug)]
pub(super) enum Verdict {
    /// An attack, rightly named, with attacker and victim: by these signatures.
    Found(String),
    /// Something was called what it is not, or who or whom is wrong.
    Wrong(String),
    /// An attack, and nothing was said.
    Missed,
    /// Benign, and nothing was said.
    Quiet,
}

impl Verdict {
    pub(super) fn line(&self, capture: &Capture) -> String {
        let (word, what) = match self {
            Self::Found(by) => ("found", by.as_str()),
            Self::Wrong(what) if capture.is_attack() => ("WRONG", what.as_str()),
            Self::Wrong(what) => ("FALSE", what.as_str()),
            Self::Missed => ("MISSED", ""),
            Self::Quiet => ("quiet", ""),
        };
        format!("{:5}  {:44}  {word:10}  {what}", capture.tier, capture.path).trim_end().to_owned()
    }
}

/// # Errors
/// When nbw cannot read the capture, or says what is no event.
pub(super) fn judge(nbw: &Path, directory: &Path, capture: &Capture) -> Result<Verdict> {
    let events = events(nbw, &directory.join(&capture.path))?;
    let named: Vec<String> = events.iter().map(|event| format!("{} ({})", event.signature, event.kind)).collect();
    let kinds = capture.kinds();
    let right = |event: &&Event| kinds.contains(&event.kind);
    let also = |event: &Event| capture.is_attack() && capture.also().contains(&event.kind.as_str());
    if events.iter().any(|event| !(also(event) || right(&event) && capture.is_attack())) {
        return Ok(Verdict::Wrong(named.join(", ")));
    }
    if !capture.is_attack() {
        return Ok(Verdict::Quiet);
    }
    let attack: Vec<&Event> = events.iter().filter(right).collect();
    if attack.is_empty() {
        return Ok(Verdict::Missed);
    }
    let who = |names: fn(&Event) -> &[String], count: fn(&Event) -> u64, wanted: &str| {
        let all: Vec<String> = attack.iter().flat_map(|event| names(event).iter().cloned()).collect();
        Named::parse(wanted).are(&all, attack.iter().map(|event| count(event)).sum())
    };
    let attacker = who(|event| &event.sources, |event| event.source_count, &capture.attacker);
    let victim = who(|event| &event.targets, |event| event.target_count, &capture.victim);
    Ok(match (attacker, victim) {
        (true, true) => Verdict::Found(named.join(", ")),
        (false, _) => Verdict::Wrong(format!("{}: not by {}", named.join(", "), capture.attacker)),
        (_, false) => Verdict::Wrong(format!("{}: not to {}", named.join(", "), capture.victim)),
    })
}

fn events(nbw: &Path, file: &Path) -> Result<Vec<Event>> {
    let output = Command::new(nbw).args(["detect", "--format", "json", "--read"]).arg(file).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "nbw cannot read {}: {said}", file.display());
    let lines = std::str::from_utf8(&output.stdout)?.lines();
    lines.map(|line| serde_json::from_str(line).with_context(|| format!("no event: {line}"))).collect()
}
