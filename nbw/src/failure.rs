//! Everything that can end nbw, as one clear sentence and an exit code.

use std::{fmt, io, process::ExitCode};

/// Why nbw ends. The sentence names the thing and the remedy.
#[derive(Debug)]
pub enum Failure {
    /// Wrong usage or configuration: exit code 2.
    Usage(String),
    /// A privilege or kernel feature is missing: exit code 77.
    Lacking(String),
    /// Failed while running: exit code 1.
    Running(String),
    /// The reader of the output went away: a quiet, ordinary end.
    ClosedPipe,
    /// Failed while running, and the user was told already: exit code 1.
    Told,
}

impl Failure {
    /// A failure while running, with all of its causes in one line.
    pub fn running(error: &(impl std::error::Error + ?Sized)) -> Self {
        Self::Running(with_causes(error))
    }

    /// The same, of what has run well before: what is missing or wrong now may be there again after a restart.
    #[must_use]
    pub fn while_running(self) -> Self {
        match self {
            Self::Usage(sentence) | Self::Lacking(sentence) => Self::Running(sentence),
            other => other,
        }
    }

    /// Standard output cannot be written to; not even a failure where its reader has just gone away.
    pub fn output(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ClosedPipe;
        }
        Self::Running(format!("cannot write to standard output: {error}"))
    }

    /// The exit code of the contract (DESIGN.md, section 4).
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::ClosedPipe => 0,
            Self::Running(_) | Self::Told => 1,
            Self::Usage(_) => 2,
            Self::Lacking(_) => 77,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(sentence) | Self::Lacking(sentence) | Self::Running(sentence) => f.write_str(sentence),
            Self::ClosedPipe => f.write_str("the reader of the output went away"),
            Self::Told => f.write_str("nbw has ended by itself"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::running(&error)
    }
}

/// An error and its causes, as one line.
pub fn with_causes(error: &(impl std::error::Error + ?Sized)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    line
}

/// The operating system's code at the bottom of an error.
pub fn os_error(error: &(dyn std::error::Error + 'static)) -> Option<i32> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(code) = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error) {
            return Some(code);
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let closed = Failure::output(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(matches!(closed, Failure::ClosedPipe));
        assert_eq!(closed.exit_code(), ExitCode::SUCCESS);
    }

    #[test]
    fn what_fails_after_a_good_start_may_be_tried_again() {
        let codes = [Failure::Usage("x".into()), Failure::Lacking("x".into()), Failure::ClosedPipe]
            .map(|failure| failure.while_running().exit_code());
        assert_eq!(codes, [ExitCode::from(1), ExitCode::from(1), ExitCode::SUCCESS]);
    }

    #[test]
    fn causes_are_told_once() {
        let inner = io::Error::other("disk full");
        let outer = io::Error::other(inner);
        assert_eq!(with_causes(&outer), "disk full");
    }
}
