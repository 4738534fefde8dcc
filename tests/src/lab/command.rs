//! Running tools that we did not write.

use std::process::{Command, Output};

/// Runs a command line (split at spaces) and returns what it printed.
///
/// # Panics
/// When it cannot be run or fails: a test cannot go on without it.
pub fn run(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let output = Command::new(words[0]).args(&words[1..]).output();
    let output = output.unwrap_or_else(|error| panic!("{line}: {error}"));
    checked(line, output)
}

/// As [`run`], inside a network namespace.
pub fn run_in(netns: &str, line: &str) -> String {
    run(&format!("ip netns exec {netns} {line}"))
}

fn checked(line: &str, output: Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{line}: {}\n{}{}", output.status, text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}
