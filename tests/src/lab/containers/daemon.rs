//! The runtimes' daemons.

use std::process::{Child, Stdio};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{ContainerHost, until};

/// A running daemon; ended on drop.
pub(super) struct Daemon {
    child: Child,
}

impl Daemon {
    /// Starts it with a command line, and waits until another one succeeds.
    pub(super) fn start(host: &ContainerHost, line: &str, ready: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut command = host.command(words[0]);
        command.args(&words[1..]).stdout(Stdio::null()).stderr(Stdio::null());
        let daemon = Self { child: command.spawn().expect("nsenter starts") };
        until(line, || host.answers(ready).then_some(()));
        daemon
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM);
        let _ = self.child.wait();
    }
}
