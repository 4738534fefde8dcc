//! `nbw simulate`: what it generates is what it says, is recognised live and from a file alike, and stays where it belongs.

mod command_line;
mod files;
mod learning;
mod live;
mod place;

use std::{
    path::Path,
    process::{Command, Output},
};

use nbw_detect::{Event, simulate::Attack};
use nbw_tests::lab::Nbw;

/// Runs nbw with these words to its end; what takes longer than so many seconds is killed.
fn nbw(seconds: u32, words: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["--signal", "KILL", &seconds.to_string()]).arg(Nbw::binary()).args(words);
    command.env("COLUMNS", "200").env_remove("RUST_BACKTRACE").output().expect("timeout starts")
}

/// What a run that went well has printed.
fn printed(output: Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Generates something into a file.
fn write(name: &str, options: &[&str], file: &Path) {
    let words = ["simulate", name, "--write", file.to_str().expect("a path in UTF-8")];
    printed(nbw(120, &[&words, options].concat()));
}

/// The events that are found in a file.
fn events(file: &Path, options: &[&str]) -> Vec<Event> {
    let words = ["detect", "--format", "json", "--read", file.to_str().expect("a path in UTF-8")];
    let lines = printed(nbw(120, &[&words, options].concat()));
    lines.lines().map(|line| serde_json::from_str(line).expect("an event")).collect()
}

/// Whether the events are a single one, the right one: signature, kind, source and victim.
fn is_right(attack: &Attack, events: &[Event]) -> bool {
    let [event] = events else { return false };
    event.signature == attack.signature
        && event.kind == attack.kind
        && attack.source.is(&event.sources, event.source_count)
        && attack.target.is(&event.targets, event.target_count)
}
