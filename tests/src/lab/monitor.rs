//! nbw itself, run as its users run it.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use super::{Cgroup, Netns};

/// Bytes and packets in both directions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
}

impl Totals {
    /// The `total_*` fields of a row.
    pub fn of(row: &Value) -> Self {
        let field = |side: &str, name: &str| row[side][name].as_u64().unwrap_or_else(|| panic!("{side}.{name}: {row}"));
        Self {
            rx_bytes: field("rx", "total_bytes"),
            rx_packets: field("rx", "total_packets"),
            tx_bytes: field("tx", "total_bytes"),
            tx_packets: field("tx", "total_packets"),
        }
    }

    /// Adds another row up.
    pub fn plus(self, other: Self) -> Self {
        Self {
            rx_bytes: self.rx_bytes + other.rx_bytes,
            rx_packets: self.rx_packets + other.rx_packets,
            tx_bytes: self.tx_bytes + other.tx_bytes,
            tx_packets: self.tx_packets + other.tx_packets,
        }
    }

    /// What was moved since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            rx_bytes: self.rx_bytes - before.rx_bytes,
            rx_packets: self.rx_packets - before.rx_packets,
            tx_bytes: self.tx_bytes - before.tx_bytes,
            tx_packets: self.tx_packets - before.tx_packets,
        }
    }
}

/// A running `nbw watch --format json`; killed on drop.
pub struct Nbw {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Nbw {
    /// The binary under test.
    pub fn binary() -> PathBuf {
        env::var_os("NBW_BIN")
            .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/nbw")), PathBuf::from)
    }

    /// Starts `nbw watch --format json` with more options (split at spaces) in a namespace, and waits until it counts:
    /// its first line has been read when this returns.
    pub fn watch(netns: &Netns, options: &str) -> Self {
        Self::watch_by(netns.command(Self::binary().to_str().expect("a path in UTF-8")), options)
    }

    /// As [`Self::watch`], with rules (`--alert`).
    pub fn watch_for(netns: &Netns, rules: &[&str], options: &str) -> Self {
        let mut command = netns.command(Self::binary().to_str().expect("a path in UTF-8"));
        command.args(["watch", "--format", "json"]).args(options.split_whitespace());
        command.args(rules.iter().flat_map(|rule| ["--alert", rule]));
        Self::start(command)
    }

    /// As [`Self::watch`], in the test's own namespace.
    pub fn watch_here(options: &str) -> Self {
        Self::watch_by(Command::new(Self::binary()), options)
    }

    /// As [`Self::watch`], where `command` runs nbw in whichever surroundings.
    pub fn watch_by(mut command: Command, options: &str) -> Self {
        command.args(["watch", "--format", "json"]).args(options.split_whitespace());
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("nbw starts");
        let lines = BufReader::new(child.stdout.take().expect("its standard output"));
        let mut nbw = Self { child, lines };
        nbw.next();
        nbw
    }

    /// Its next snapshot.
    ///
    /// # Panics
    /// When it has ended or prints something else.
    #[expect(clippy::should_implement_trait, reason = "an iterator would end where this fails")]
    pub fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line from nbw");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// The first snapshot whose reading begins after this call: whatever happened before is in it.
    pub fn settled(&mut self) -> Value {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_millis();
        loop {
            let snapshot = self.next();
            if milliseconds(&snapshot) > now {
                return snapshot;
            }
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to nbw itself (`ip netns exec` becomes it).
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("a signal to nbw");
    }

    /// Waits for its end; its status, and what it still printed.
    pub fn wait(&mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).expect("the rest of its output");
        (self.child.wait().expect("its end"), rest)
    }
}

impl Drop for Nbw {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The row of an interface.
///
/// # Panics
/// When it has none.
pub fn interface<'a>(snapshot: &'a Value, name: &str) -> &'a Value {
    let rows = snapshot["interfaces"].as_array().expect("interfaces");
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no interface {name} in {snapshot}"))
}

/// The row of a cgroup on an interface of a namespace (`host` is nbw's own).
///
/// # Panics
/// When there is not exactly one.
pub fn group<'a>(snapshot: &'a Value, cgroup: &Cgroup, interface: &str, netns: &str) -> &'a Value {
    let rows = snapshot["groups"].as_array().expect("groups");
    let is_it = |row: &&Value| row["path"] == cgroup.path && row["interface"] == interface && row["netns"] == netns;
    let found: Vec<&Value> = rows.iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "rows of {} on {interface} in {netns}: {snapshot}", cgroup.path);
    found[0]
}

/// The totals of all groups for which `wanted` is true.
pub fn sum_of_groups(snapshot: &Value, wanted: impl Fn(&Value) -> bool) -> Totals {
    let rows = snapshot["groups"].as_array().expect("groups");
    rows.iter().filter(|row| wanted(row)).map(Totals::of).fold(Totals::default(), Totals::plus)
}

/// What no cgroup owns of an interface: the row `unattributed`, or `undelivered`.
pub fn no_cgroup(snapshot: &Value, interface: &str, name: &str) -> Totals {
    let is_it = |row: &Value| row["interface"] == interface && row["netns"] == "host" && row["kind"] == "unattributed";
    sum_of_groups(snapshot, |row| is_it(row) && row["name"] == name)
}

/// DESIGN.md's rule: the groups of an interface and what is unattributed add up to its total; what was sent but never
/// reached it is `undelivered`.
pub fn assert_sum_rule(snapshot: &Value, name: &str) {
    let here = |row: &Value| row["interface"] == name && row["netns"] == "host" && row["name"] != "undelivered";
    let total = Totals::of(interface(snapshot, name)).plus(no_cgroup(snapshot, name, "undelivered"));
    assert_eq!(sum_of_groups(snapshot, here), total, "the sum rule of {name} in {snapshot}");
}

/// Nothing went wrong in the kernel.
pub fn assert_healthy(snapshot: &Value) {
    let health = snapshot["health"].as_object().expect("health");
    assert!(health.values().all(|count| count == 0), "health: {}", snapshot["health"]);
}

fn milliseconds(snapshot: &Value) -> u128 {
    let text = snapshot["time"].as_str().expect("a time");
    let time: jiff::Timestamp = text.parse().expect("RFC 3339");
    time.as_millisecond() as u128
}
