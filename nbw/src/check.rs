//! `nbw check`: one verdict on a rule, in the words of Nagios's plugins (docs/check.md).

mod judge;
mod limits;
mod line;
mod perfdata;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

pub use self::{judge::idle, limits::Limits, line::report};
use crate::text;

/// What is said of a rule, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// All is as it should be.
    Ok,
    /// Nobody knows.
    Unknown,
    /// It is beyond the limit of `--warn`.
    Warning,
    /// The rule is true.
    Critical,
}

impl Verdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Unknown => "UNKNOWN",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }

    /// The code that monitors know it by.
    pub fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        })
    }
}

/// The line for when there is no verdict, whatever `reason` looks like: monitors show only one line.
pub fn unknown(reason: &str) -> String {
    let words: Vec<&str> = reason.split_whitespace().collect();
    one_line(Verdict::Unknown, &words.join(" "))
}

/// A monitor takes what follows a `|` for numbers, and nothing after the end of the line.
fn one_line(verdict: Verdict, said: &str) -> String {
    let said = text::clean(said).replace('|', "¦");
    format!("NBW {} - {said}", verdict.word())
}
