//! nbw beside the load, or not.

use std::{
    collections::HashSet,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::bench::clock;
use crate::lab::{Nbw, Netns};

/// Who is watching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Watcher {
    /// Nobody.
    None,
    /// nbw, which counts groups only.
    Groups,
    /// nbw with processes and connections counted, shown by process.
    Process,
    /// The same, with every connection shown.
    Connection,
}

impl Watcher {
    /// Its part of a row's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "without",
            Self::Groups => "groups",
            Self::Process => "process",
            Self::Connection => "connection",
        }
    }

    fn options(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Groups => Some("--by group"),
            Self::Process => Some("--by process --no-dns"),
            Self::Connection => Some("--by connection --no-dns"),
        }
    }

    /// Begins to watch in a namespace.
    pub(super) fn start(self, netns: &Netns) -> Watching {
        let Some(options) = self.options() else { return Watching::default() };
        let nbw = Nbw::watch(netns, options);
        let (pid, ended) = (nbw.pid(), Arc::new(AtomicBool::new(false)));
        let reader = thread::spawn({
            let ended = Arc::clone(&ended);
            move || follow(nbw, &ended)
        });
        Watching { of: Some(Running { pid, ended, reader }), begun: Mark::default() }
    }
}

/// A moment in nbw's life.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    at: Option<Instant>,
    cpu: Duration,
}

struct Running {
    pid: u32,
    ended: Arc<AtomicBool>,
    reader: JoinHandle<Seen>,
}

/// A watch that goes on.
#[derive(Default)]
pub(super) struct Watching {
    of: Option<Running>,
    begun: Mark,
}

/// The ports of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    /// Of this end.
    pub(super) local: u16,
    /// Of the other end.
    pub(super) remote: u16,
}

/// What nbw has printed.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Connections that were reported closed.
    pub(super) closed: Vec<Ports>,
    /// Connections that were reported closed more than once.
    pub(super) twice: u64,
    /// What the kernel side failed at, in all.
    pub(super) troubles: Vec<(String, u64)>,
}

/// What a watch has cost, and seen.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// Share of one core in percent, from [`Watching::begin`] to [`Watching::end`].
    pub(super) cpu: f64,
    /// Most memory that it had resident, in MiB.
    pub(super) memory: f64,
    /// What it printed.
    pub(super) seen: Seen,
}

impl Watching {
    /// The load begins.
    pub(super) fn begin(&mut self) -> Result<()> {
        if let Some(running) = &self.of {
            self.begun = Mark { at: Some(Instant::now()), cpu: clock::of(running.pid)? };
        }
        Ok(())
    }

    /// The load has ended: what it has cost, after a tick that has all of it.
    pub(super) fn end(self) -> Result<Watched> {
        let Some(running) = self.of else { return Ok(Watched::default()) };
        let spent = clock::of(running.pid)? - self.begun.cpu;
        let elapsed = self.begun.at.context("begin was not called")?.elapsed();
        let cpu = 100.0 * spent.as_secs_f64() / elapsed.as_secs_f64();
        running.ended.store(true, Ordering::Release);
        let memory = peak(running.pid)?;
        let seen = running.reader.join().map_err(|_| anyhow!("nbw's output could not be read"))?;
        Ok(Watched { cpu, memory, seen })
    }
}

/// Peak of resident memory in MiB.
fn peak(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes / 1024.0)
}

/// Reads what nbw prints until the load has ended and two more snapshots are there: the first may have been under way.
fn follow(mut nbw: Nbw, ended: &AtomicBool) -> Seen {
    let (mut seen, mut ids, mut last) = (Seen::default(), HashSet::new(), 3);
    while last > 0 {
        if ended.load(Ordering::Acquire) {
            last -= 1;
        }
        let snapshot = nbw.next();
        for row in snapshot["connections"].as_array().into_iter().flatten().filter(|row| row["state"] == "closed") {
            seen.close(row, &mut ids);
        }
        let health = snapshot["health"].as_object().into_iter().flatten();
        seen.troubles = health.map(|(name, count)| (name.clone(), count.as_u64().unwrap_or(u64::MAX))).collect();
    }
    nbw.signal(Signal::SIGTERM);
    nbw.wait();
    seen
}

impl Seen {
    fn close(&mut self, row: &Value, ids: &mut HashSet<u64>) {
        if !ids.insert(row["id"].as_u64().unwrap_or(0)) {
            self.twice += 1;
        }
        let port = |end: &str| row[end]["port"].as_u64().unwrap_or(0) as u16;
        self.closed.push(Ports { local: port("local"), remote: port("remote") });
    }

    /// How often the kernel side failed in this way.
    pub(super) fn trouble(&self, name: &str) -> u64 {
        self.troubles.iter().filter(|(other, _)| other == name).map(|(_, count)| count).sum()
    }
}
