//! nbw run to its end, as scripts run it.

use std::process::{Command, Output, Stdio};

use super::Nbw;

/// What became of a run.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; 137 if it had to be killed because it did not end.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ended {
    /// Runs `PREFIX nbw OPTIONS` (both split at spaces), for ten seconds at most.
    pub fn run(prefix: &str, options: &str) -> Self {
        let binary = Nbw::binary();
        let binary = binary.to_str().expect("a path in UTF-8");
        let words = prefix.split_whitespace().chain([binary]).chain(options.split_whitespace());
        Self::limited("10", words)
    }

    /// Runs a line of bash in which `$NBW` is the binary, for half a minute at most: lines have sleeps of their own, and machines
    /// their slow days.
    pub fn shell(prefix: &str, line: &str) -> Self {
        Self::limited("30", prefix.split_whitespace().chain(["bash", "-c", line]))
    }

    fn limited<'a>(seconds: &str, words: impl Iterator<Item = &'a str>) -> Self {
        let mut command = Command::new("timeout");
        command.args(["--signal", "KILL", seconds]).args(words);
        command.env("NBW", Nbw::binary()).env("COLUMNS", "100").env_remove("RUST_BACKTRACE").stdin(Stdio::null());
        Self::of(command.output().expect("timeout starts"))
    }

    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// It ended with this code and one sentence of nbw's on standard error that has all `words`, and printed nothing.
    pub fn assert_one_sentence(&self, code: i32, words: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{self:?}");
        assert!(self.stderr.starts_with("nbw: ") && self.stderr.lines().count() == 1, "{self:?}");
        self.assert_says(words);
    }

    /// Its standard error has all `words`, and no word of a panic.
    pub fn assert_says(&self, words: &[&str]) {
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in {self:?}");
        }
        let panicked = ["panicked", "RUST_BACKTRACE", "stack backtrace"].iter().any(|word| self.stderr.contains(word));
        assert!(!panicked, "{self:?}");
    }
}
