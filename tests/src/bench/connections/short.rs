//! Short connections with and without nbw beside them.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use super::{
    load::{Done, Protocol},
    series::Series,
    watched::{Seen, Watched, Watcher},
};
use crate::{bench::clock, lab::Netns};

/// The server's port.
const PORT: u16 = 700;
/// `TIME_WAIT` of all connections of a run, so that each ends as it would anywhere.
const TIME_WAIT: &str = "net.ipv4.tcp_max_tw_buckets=1000000";

/// A load that has run.
struct Outcome {
    done: Done,
    /// CPU time of both sides, in seconds.
    cpu: f64,
    watched: Watched,
}

/// As many connections as there can be.
pub(super) fn full_speed(protocol: Protocol, watcher: Watcher, seconds: f64, series: &mut Series) -> Result<()> {
    let Outcome { done, cpu, .. } = run(protocol, watcher, None, seconds)?;
    let name = name(protocol);
    series.most(&format!("{name}-rate"), watcher, done.connections as f64 / done.seconds, "1/s");
    series.least(&format!("{name}-cpu"), watcher, 1e6 * cpu / done.connections as f64, "us");
    Ok(())
}

/// So many connections a second: what nbw takes for them.
pub(super) fn at_rate(
    protocol: Protocol,
    watcher: Watcher,
    rate: f64,
    seconds: f64,
    series: &mut Series,
) -> Result<()> {
    let Outcome { done, watched, .. } = run(protocol, watcher, Some(rate), seconds)?;
    let name = name(protocol);
    let reached = done.connections as f64 / done.seconds;
    // A busy machine may not have reached the rate.
    series.least(&format!("{name}-nbw-cpu"), watcher, watched.cpu * rate / reached, "% of a core");
    series.most(&format!("{name}-nbw-memory"), watcher, watched.memory, "MiB");
    series.most(&format!("{name}-paced"), watcher, reached, "1/s");
    series.most(&format!("{name}-no-slot"), watcher, watched.seen.trouble("no_connection") as f64, "packets");
    if watcher == Watcher::Connection {
        let (missing, twice) = missing(protocol, &done, &watched.seen);
        series.most(&format!("{name}-unreported"), watcher, missing as f64, "connections");
        series.most(&format!("{name}-reported-twice"), watcher, twice as f64, "connections");
    }
    Ok(())
}

/// Ends that were not reported closed, and such that were reported more than once. A TCP connection has both of its ends
/// here; of UDP only the client's is closed, for the server's socket stays.
fn missing(protocol: Protocol, done: &Done, seen: &Seen) -> (u64, u64) {
    let clients = seen.closed.iter().filter(|ports| ports.remote == PORT).count() as u64;
    let servers = seen.closed.iter().filter(|ports| ports.local == PORT && ports.remote != 0).count() as u64;
    let missing = match protocol {
        Protocol::Tcp => done.connections.abs_diff(clients) + done.connections.abs_diff(servers),
        Protocol::Udp => done.connections.abs_diff(clients),
    };
    (missing, seen.twice)
}

fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "tcp-short",
        Protocol::Udp => "udp-short",
    }
}

fn run(protocol: Protocol, watcher: Watcher, rate: Option<f64>, seconds: f64) -> Result<Outcome> {
    let netns = Netns::new();
    netns.run(&format!("sysctl -q -w {TIME_WAIT}"));
    let mut watching = watcher.start(&netns);
    let server = Server::start(&netns, protocol)?;
    watching.begin()?;
    let before = clock::of(server.0.id())?;
    let done = client(&netns, protocol, rate, seconds)?;
    let served = clock::of(server.0.id())? - before;
    let watched = watching.end()?;
    Ok(Outcome { cpu: done.cpu + served.as_secs_f64(), done, watched })
}

fn client(netns: &Netns, protocol: Protocol, rate: Option<f64>, seconds: f64) -> Result<Done> {
    let mut command = side(netns, "client", protocol)?;
    command.args(["--seconds", &seconds.to_string()]);
    command.args(rate.map(|rate| format!("--rate={rate}")));
    let output = command.stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the client: {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// This very program, as one side of the load.
fn side(netns: &Netns, side: &str, protocol: Protocol) -> Result<Command> {
    let own = std::env::current_exe()?;
    let mut command = netns.command(own.to_str().context("a path in UTF-8")?);
    let protocol = if protocol == Protocol::Tcp { "tcp" } else { "udp" };
    command.args(["load", side, "--protocol", protocol, "--port", &PORT.to_string()]);
    Ok(command)
}

/// The server; killed on drop.
struct Server(Child);

impl Server {
    fn start(netns: &Netns, protocol: Protocol) -> Result<Self> {
        let mut child = side(netns, "server", protocol)?.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take();
        let server = Self(child);
        let mut line = String::new();
        BufReader::new(stdout.context("its standard output")?).read_line(&mut line)?;
        ensure!(line == "ready\n", "the server did not start");
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
