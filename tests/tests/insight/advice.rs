//! What `nbw insight` says.

use std::process::{Command, Stdio};

use nbw_tests::lab::{Nbw, Netns};
use serde_json::Value;

/// It watches for so long.
const WATCH: &str = "4s";

/// An answer as JSON.
pub(crate) struct Advice(Value);

impl Advice {
    /// That of some seconds of watching.
    pub(crate) fn live(host: &Netns) -> Self {
        let json = run(host, "json");
        let value: Value = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
        assert_eq!((&value["schema"], &value["source"]), (&1.into(), &"live".into()));
        Self(value)
    }

    /// The rules that have found something.
    pub(crate) fn rules(&self) -> Vec<String> {
        let findings = self.0["findings"].as_array().expect("findings");
        findings.iter().map(|finding| finding["rule"].as_str().expect("a rule").to_owned()).collect()
    }

    /// The one finding, of this rule.
    pub(crate) fn only(self, rule: &str) -> Value {
        assert_eq!(self.rules(), [rule], "{}", self.0);
        self.0["findings"][0].clone()
    }
}

/// What it prints for people.
pub(crate) fn text(host: &Netns) -> String {
    run(host, "text")
}

fn run(host: &Netns, format: &str) -> String {
    let mut command: Command = host.command("timeout");
    command.args(["--signal", "KILL", "30"]).arg(Nbw::binary());
    command.args(["insight", "--live", WATCH, "--format", format, "--data-dir", "/nonexistent"]);
    let output = command.stdin(Stdio::null()).output().expect("nbw starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success() && output.stderr.is_empty(), "{} {}", output.status, text(&output.stderr));
    text(&output.stdout)
}

/// A number of a finding's evidence.
pub(crate) fn number(finding: &Value, name: &str) -> f64 {
    let numbers = finding["evidence"].as_array().expect("evidence");
    let number = numbers.iter().find(|number| number["name"] == name);
    number.and_then(|number| number["value"].as_f64()).unwrap_or_else(|| panic!("no {name} in {finding}"))
}
