//! A running `nbw detect`, and what it says.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use nbw_detect::Event;
use nbw_tests::lab::{KernelObjects, Nbw, Netns, until};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// What the issue promises, from the attack's start to the event.
const WITHIN: Duration = Duration::from_secs(3);

/// Links of a host with a cable and `lo`: both directions of each, and of the cgroup root.
const LINKS: usize = 6;

/// Killed on drop.
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running `nbw detect --format json`.
pub(crate) struct Watcher {
    child: Killed,
    lines: Receiver<(Timestamp, String)>,
}

impl Watcher {
    /// Starts it in a namespace, and waits until it looks at everything there.
    pub(crate) fn start(netns: &Netns) -> Self {
        let mut command = netns.command(Nbw::binary().to_str().expect("a path in UTF-8"));
        command.args(["detect", "--format", "json"]).stdout(Stdio::piped());
        let mut child = Killed(command.spawn().expect("nbw starts"));
        let stdout = BufReader::new(child.0.stdout.take().expect("its standard output"));
        let (send, lines) = channel();
        // It ends with nbw, or when nobody listens any more.
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| send.send((Timestamp::now(), line)))
        });
        let pid = child.0.id();
        until("nbw to be attached", || (KernelObjects::of(pid).links.len() >= LINKS).then_some(()));
        Self { child, lines }
    }

    /// Memory that it has in use, in KiB.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.0.id())).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Runs an attack, and the events that came of it, until it is over and nbw was told to end. Each once, as it was told
    /// first, and how long after its first packet that was: tools take their time to start where much else runs.
    pub(crate) fn during(mut self, attack: &mut Command) -> Vec<(Duration, Event)> {
        let start = Instant::now();
        let output = attack.output().expect("the tool starts");
        // `timeout` ends floods, which do not end by themselves.
        let (code, error) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
        assert!(matches!(code, Some(0 | 124)), "{attack:?}: {code:?} {error}");
        thread::sleep(WITHIN.saturating_sub(start.elapsed()));
        kill(Pid::from_raw(self.child.0.id() as i32), Signal::SIGINT).expect("a signal to nbw");
        let mut events: Vec<(Duration, Event)> = Vec::new();
        for (at, line) in self.lines.iter() {
            let event: Event = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if events.iter().all(|(_, known)| known.id != event.id) {
                let after = at.duration_since(event.first_seen);
                events.push((after.try_into().unwrap_or_default(), event));
            }
        }
        assert!(self.child.0.wait().expect("its end").success(), "nbw ends well");
        events
    }
}

/// The event of that signature, which came in time.
///
/// # Panics
/// When there is none, or it came too late.
pub(crate) fn in_time<'a>(events: &'a [(Duration, Event)], signature: &str) -> &'a Event {
    let found = events.iter().find(|(_, event)| event.signature == signature);
    let (after, event) = found.unwrap_or_else(|| panic!("no {signature} among {events:#?}"));
    assert!(*after <= WITHIN, "{signature} after {after:?}");
    event
}

/// A tool's command line (split at spaces) at a host, ended after three seconds. Who floods has the processors that are left over: on a
/// real network that is another machine.
pub(crate) fn tool(netns: &Netns, line: &str) -> Command {
    let mut command = netns.command("nice");
    command.args(["-n", "19", "timeout", "3"]).args(line.split_whitespace());
    command
}
