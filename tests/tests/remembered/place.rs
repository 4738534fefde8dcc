//! Where agents remember, one after the other, and what is told of it.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use nbw_tests::lab::{Ended, Nbw, Netns, Totals, until};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tempfile::TempDir;

const CONFIG: &str = "interval = \"100ms\"\n";

/// A directory that outlives agents.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().expect("a directory");
        std::fs::write(directory.path().join("nbw.toml"), CONFIG).expect("a configuration");
        Self(directory)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What `nbw report OPTIONS` says of what is remembered here.
    pub(crate) fn report(&self, options: &str) -> Ended {
        let ended = Ended::run("", &format!("report {options} --data-dir {}", self.path("data").display()));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{options}: {ended:?}");
        ended
    }

    /// The rows of a report in JSON.
    pub(crate) fn rows(&self, options: &str) -> Vec<Value> {
        let ended = self.report(&format!("{options} --format json"));
        let mut document: Value = serde_json::from_str(&ended.stdout).expect("one object");
        let Value::Array(rows) = document["rows"].take() else { panic!("no rows: {document}") };
        rows
    }

    /// What a subject has moved over all hours (or days) of a report.
    pub(crate) fn moved(&self, options: &str, key: &str) -> Totals {
        let rows = self.rows(options);
        assert!(rows.iter().any(|row| row["key"] == key), "{options} has no {key}: {rows:?}");
        rows.iter().filter(|row| row["key"] == key).map(totals).fold(Totals::default(), Totals::plus)
    }
}

/// What a row of a report says that was moved.
pub(crate) fn totals(row: &Value) -> Totals {
    let count = |name: &str| row[name].as_u64().unwrap_or_else(|| panic!("{name}: {row}"));
    Totals {
        rx_bytes: count("rx_bytes"),
        rx_packets: count("rx_packets"),
        tx_bytes: count("tx_bytes"),
        tx_packets: count("tx_packets"),
    }
}

/// A running agent; killed on drop.
pub(crate) struct Agent<'a> {
    child: Child,
    place: &'a Place,
}

impl<'a> Agent<'a> {
    /// Starts it inside of a namespace; it counts when this returns.
    pub(crate) fn start(netns: &Netns, place: &'a Place) -> Self {
        Self::by(netns.command(Nbw::binary().to_str().expect("a path in UTF-8")), place)
    }

    /// As [`Self::start`], where `command` runs nbw in whichever surroundings.
    pub(crate) fn by(mut command: Command, place: &'a Place) -> Self {
        command.arg("agent").arg("--config").arg(place.path("nbw.toml"));
        command.arg("--data-dir").arg(place.path("data")).arg("--socket").arg(place.path("run/sock"));
        let log = std::fs::File::create(place.path("log")).expect("a log");
        let mut agent = Self { child: command.stdout(Stdio::null()).stderr(log).spawn().expect("nbw starts"), place };
        until("the agent to count", || {
            assert!(agent.child.try_wait().expect("its state").is_none(), "it has ended: {}", agent.log());
            (agent.ticks()? > 0).then_some(())
        });
        agent
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.place.path("log")).unwrap_or_default()
    }

    /// What it says of itself; nothing where it does not answer.
    pub(crate) fn status(&self) -> Option<Value> {
        let socket = self.place.path("run/sock");
        let ended = Ended::run("", &format!("status --format json --socket {}", socket.display()));
        serde_json::from_str(&ended.stdout).ok()
    }

    fn ticks(&self) -> Option<u64> {
        self.status()?["ticks"]["count"].as_u64()
    }

    /// What an oracle says that the agent has taken wholly: it says the same two ticks later.
    pub(crate) fn settled<T: PartialEq>(&self, oracle: impl Fn() -> T) -> T {
        until("a moment without traffic", || {
            let (said, ticks) = (oracle(), self.ticks()?);
            until("two more ticks", || (self.ticks()? > ticks + 1).then_some(()));
            (oracle() == said).then_some(said)
        })
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("a signal to the agent");
    }

    /// Ends it as systemd does.
    pub(crate) fn end(mut self) {
        self.signal(Signal::SIGTERM);
        let status = until("the agent to end", || self.child.try_wait().expect("its state"));
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }

    /// Ends it as nothing should.
    pub(crate) fn kill(mut self) {
        self.signal(Signal::SIGKILL);
        until("the agent to be gone", || self.child.try_wait().expect("its state"));
    }
}

impl Drop for Agent<'_> {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the kernel has counted for an interface once it rests: hosts say something on their own when they come up.
pub(crate) fn at_rest(netns: &Netns, interface: &str) -> Totals {
    until("a link at rest", || {
        let counted = netns.kernel_counters(interface);
        thread::sleep(Duration::from_millis(200));
        (netns.kernel_counters(interface) == counted).then_some(counted)
    })
}
