//! The agent without systemd.

use std::process::Stdio;

use nbw_tests::lab::{Ended, KernelObjects, Nbw, Netns, until};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

/// A running agent; killed on drop.
struct Agent {
    child: std::process::Child,
    directory: TempDir,
}

impl Agent {
    fn start(netns: &Netns, config: &str) -> Self {
        let directory = TempDir::new().expect("a directory");
        std::fs::write(directory.path().join("nbw.toml"), config).expect("its configuration");
        let mut agent = Self::in_directory(netns, directory);
        agent.wait_for_answer();
        agent
    }

    fn in_directory(netns: &Netns, directory: TempDir) -> Self {
        let mut command = netns.command(Nbw::binary().to_str().expect("a path in UTF-8"));
        let log = std::fs::File::create(directory.path().join("log")).expect("a log");
        command.args(Self::options(&directory)).stdout(Stdio::null()).stderr(log);
        Self { child: command.spawn().expect("nbw starts"), directory }
    }

    fn options(directory: &TempDir) -> [String; 7] {
        let at = |name: &str| directory.path().join(name).to_str().expect("a path in UTF-8").to_owned();
        let words = ["agent", "--config", &at("nbw.toml"), "--data-dir", &at("data"), "--socket", &at("run/sock")];
        words.map(str::to_owned)
    }

    fn status(&self) -> Ended {
        Ended::run("", &format!("status --socket {}/run/sock", self.directory.path().display()))
    }

    fn wait_for_answer(&mut self) {
        until("the agent to answer", || {
            assert!(self.child.try_wait().expect("its state").is_none(), "it has ended: {}", self.log());
            (self.status().code == Some(0)).then_some(())
        });
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("a signal to the agent");
    }

    fn ended(&mut self) -> Option<i32> {
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

#[test]
fn it_ends_cleanly_by_either_signal() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let netns = Netns::new();
        let mut agent = Agent::start(&netns, "interval = \"50ms\"\n");
        let objects = KernelObjects::of(agent.child.id());
        agent.signal(signal);
        assert_eq!(agent.ended(), Some(0), "{signal}: {}", agent.log());
        assert!(!agent.directory.path().join("run/sock").exists());
        assert!(agent.log().lines().all(|line| line.contains(" INFO ")), "{}", agent.log());
        until("nothing to be left in the kernel", || objects.remaining().is_empty().then_some(()));
    }
}

#[test]
fn what_a_killed_one_has_left_is_no_hindrance() {
    let netns = Netns::new();
    let mut agent = Agent::start(&netns, "");
    agent.signal(Signal::SIGKILL);
    assert_eq!(agent.ended(), None);
    assert!(agent.directory.path().join("run/sock").exists(), "there is a stale socket");
    let status = agent.status();
    assert_eq!(status.code, Some(1), "{status:?}");
    let directory = std::mem::replace(&mut agent.directory, TempDir::new().expect("a directory"));
    let mut next = Agent::in_directory(&netns, directory);
    next.wait_for_answer();
}

#[test]
fn two_in_different_places_do_not_meet() {
    let netns = Netns::new();
    let (one, other) = (Agent::start(&netns, ""), Agent::start(&netns, ""));
    let second = Ended::run(&format!("ip netns exec {}", netns.name), &Agent::options(&one.directory).join(" "));
    assert_eq!(second.code, Some(1), "{second:?}");
    second.assert_says(&[&format!("process {}", one.child.id()), "nbw.toml"]);
    assert_eq!(other.status().code, Some(0));
}

#[test]
fn whoever_may_not_is_told_what_is_lacking() {
    let ended = Ended::run("setpriv --reuid 65534 --clear-groups", "agent");
    assert_eq!(ended.code, Some(77), "{ended:?}");
    ended.assert_says(&["CAP_BPF"]);
    let checked = Ended::run("setpriv --reuid 65534 --clear-groups", "agent --check-config --config /nowhere/nbw.toml");
    assert_eq!(checked.code, Some(2), "{checked:?}");
    checked.assert_says(&["/nowhere/nbw.toml", "--print-config"]);
}
