//! An agent that is run by hand, in a network namespace.

use std::process::{Child, Stdio};

use nbw_tests::lab::{Ended, Nbw, Netns, until};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tempfile::TempDir;

/// A running agent; killed on drop.
pub(super) struct Agent {
    pub(super) child: Child,
    pub(super) directory: TempDir,
}

impl Agent {
    /// Starts one in a namespace, and waits until it answers.
    pub(super) fn start(netns: &Netns, config: &str) -> Self {
        let directory = TempDir::new().expect("a directory");
        std::fs::write(directory.path().join("nbw.toml"), config).expect("its configuration");
        Self::in_directory(netns, directory)
    }

    /// As [`Self::start`], in a directory that has a past.
    pub(super) fn with_past(netns: &Netns, config: &str, directory: TempDir) -> Self {
        std::fs::write(directory.path().join("nbw.toml"), config).expect("its configuration");
        Self::in_directory(netns, directory)
    }

    /// As [`Self::start`], with the log to this, of which nobody here knows what becomes of it.
    pub(super) fn logging_to(netns: &Netns, config: &str, log: impl Into<Stdio>) -> Self {
        let directory = TempDir::new().expect("a directory");
        std::fs::write(directory.path().join("nbw.toml"), config).expect("its configuration");
        Self::spawn(netns, directory, log)
    }

    fn in_directory(netns: &Netns, directory: TempDir) -> Self {
        let log = std::fs::File::create(directory.path().join("log")).expect("a log");
        Self::spawn(netns, directory, log)
    }

    fn spawn(netns: &Netns, directory: TempDir, log: impl Into<Stdio>) -> Self {
        let mut command = netns.command(Nbw::binary().to_str().expect("a path in UTF-8"));
        command.args(options(&directory)).stdout(Stdio::null()).stderr(log);
        let mut agent = Self { child: command.spawn().expect("nbw starts"), directory };
        agent.wait_for_answer();
        agent
    }

    /// Another one in the same place, once this one has ended.
    pub(super) fn again(mut self, netns: &Netns) -> Self {
        let directory = std::mem::replace(&mut self.directory, TempDir::new().expect("a directory"));
        self.ended();
        Self::in_directory(netns, directory)
    }

    /// Has it take over another configuration.
    pub(super) fn reload(&self, config: &str) {
        std::fs::write(self.directory.path().join("nbw.toml"), config).expect("its configuration");
        self.signal(Signal::SIGHUP);
    }

    /// The words of its command line.
    pub(super) fn options(&self) -> [String; 7] {
        options(&self.directory)
    }

    /// What `nbw status` says of it in JSON.
    pub(super) fn says(&self) -> Value {
        let said =
            Ended::run("", &format!("status --format json --socket {}/run/sock", self.directory.path().display()));
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    pub(super) fn status(&self) -> Ended {
        Ended::run("", &format!("status --socket {}/run/sock", self.directory.path().display()))
    }

    fn wait_for_answer(&mut self) {
        until("the agent to answer", || {
            assert!(self.child.try_wait().expect("its state").is_none(), "it has ended: {}", self.log());
            (self.status().code == Some(0)).then_some(())
        });
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("a signal to the agent");
    }

    pub(super) fn ended(&mut self) -> Option<i32> {
        until("the agent to end", || self.child.try_wait().expect("its state")).code()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn options(directory: &TempDir) -> [String; 7] {
    let at = |name: &str| directory.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let words = ["agent", "--config", &at("nbw.toml"), "--data-dir", &at("data"), "--socket", &at("run/sock")];
    words.map(str::to_owned)
}
