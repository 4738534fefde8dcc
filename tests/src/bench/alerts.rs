//! What 500 alerts that fire at once, with a webhook that is dead, do to the agent's ticks and memory, beside the same agent
//! without rules.

use std::{
    fs,
    net::{TcpListener, UdpSocket},
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::Value;
use tempfile::TempDir;

use super::table::Table;
use crate::lab::{Cgroup, Nbw, Netns, TwoHosts, open, until};

/// Each group sends this often, and so much: 20 kB/s and more, beyond any doubt about the rule's 5 kB/s.
const ROUND: Duration = Duration::from_millis(100);
const DATAGRAM: [u8; 2_000] = [7; 2_000];

/// What to measure, and how long.
#[derive(Debug, Args)]
pub struct Options {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Groups, each of which has an alert
    #[arg(long, default_value_t = 500)]
    alerts: usize,
    /// Seconds for each of the two agents
    #[arg(long, default_value_t = 30)]
    seconds: u64,
}

/// Measures, and prints the table.
///
/// # Errors
/// When something does not start, or alerts are missing.
pub fn run(options: &Options) -> Result<()> {
    let hosts = TwoHosts::new(1, true);
    let load = Groups::new(&hosts, options.alerts);
    let dead = Dead::new(&hosts.left)?;
    let mut table = Table::new("alerts");
    let without = load.during(options.seconds, || Agent::start(&hosts.left, ""))?;
    without.add_to(&mut table, "without");
    let with = load.during(options.seconds, || Agent::start(&hosts.left, &rules(&load.above, &dead)))?;
    with.add_to(&mut table, "alerts");
    let firing =
        with.status["alerts"].as_array().map_or(0, |alerts| alerts.iter().filter(|a| a["state"] == "firing").count());
    ensure!(firing == options.alerts, "{firing} alerts fire: {}", with.status);
    table.add("firing", firing as f64, "alerts");
    for action in with.status["actions"].as_array().into_iter().flatten().filter(|action| action["name"] == "hook") {
        for field in ["queued", "sent", "failed", "dropped"] {
            table.add(format!("webhook-{field}"), action[field].as_f64().context("a count")?, "notices");
        }
    }
    table.print(options.json)
}

fn rules(above: &str, dead: &Dead) -> String {
    format!(
        "[[alert]]\nrule = \"cgroup {above}/* tx > 5kB/s\"\nrepeat = \"2s\"\n\
         [action.hook]\ntype = \"webhook\"\nurl = \"http://{}/\"\ntimeout = \"5s\"\n",
        dead.address
    )
}

/// Groups that send.
struct Groups {
    above: String,
    sockets: Vec<UdpSocket>,
    /// Removed in this order.
    _cgroups: Vec<Cgroup>,
    _parent: Cgroup,
}

impl Groups {
    fn new(hosts: &TwoHosts, count: usize) -> Self {
        let parent = Cgroup::new();
        let cgroups: Vec<Cgroup> = (0..count).map(|number| Cgroup::at(&format!("{}/g{number}", parent.path))).collect();
        let to = hosts.cable.v4.1.as_str();
        let socket = |cgroup: &Cgroup| {
            open(&hosts.left, cgroup, || {
                let socket = UdpSocket::bind("0.0.0.0:0")?;
                socket.connect((to, 9))?;
                Ok(socket)
            })
        };
        let sockets = cgroups.iter().map(socket).collect();
        Self { above: parent.path.clone(), sockets, _cgroups: cgroups, _parent: parent }
    }

    /// Lets an agent run for so long while all groups send.
    fn during(&self, seconds: u64, start: impl FnOnce() -> Result<Agent>) -> Result<Measured> {
        let agent = start()?;
        let (begun, cpu) = (Instant::now(), super::clock::of(agent.child.id())?);
        while begun.elapsed() < Duration::from_secs(seconds) {
            for socket in &self.sockets {
                // Nobody listens at the other end, which the next call is told.
                let _ = socket.send(&DATAGRAM);
            }
            thread::sleep(ROUND);
        }
        let cpu = (super::clock::of(agent.child.id())? - cpu).as_secs_f64() / begun.elapsed().as_secs_f64();
        Ok(Measured { status: agent.status()?, cpu: 100.0 * cpu })
    }
}

/// A receiver that takes connections and never answers.
struct Dead {
    address: std::net::SocketAddr,
    _listener: TcpListener,
}

impl Dead {
    fn new(netns: &Netns) -> Result<Self> {
        let listener = netns.enter(|| TcpListener::bind("127.0.0.1:0"))?;
        Ok(Self { address: listener.local_addr()?, _listener: listener })
    }
}

struct Measured {
    status: Value,
    /// Percent of a core.
    cpu: f64,
}

impl Measured {
    fn add_to(&self, table: &mut Table, name: &str) {
        let number = |path: &str| self.status.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN);
        table.add(format!("{name}-ticks"), number("/ticks/count"), "ticks");
        table.add(format!("{name}-late"), number("/ticks/late"), "ticks");
        table.add(format!("{name}-latest"), 1e3 * number("/ticks/latest_seconds"), "ms");
        table.add(format!("{name}-longest"), 1e3 * number("/ticks/longest_seconds"), "ms");
        table.add(format!("{name}-cpu"), self.cpu, "% of a core");
        table.add(format!("{name}-memory"), number("/memory/peak_bytes") / f64::from(1 << 20), "MiB");
    }
}

/// A running agent; ended on drop.
struct Agent {
    child: Child,
    netns: String,
    directory: TempDir,
}

impl Agent {
    fn start(netns: &Netns, rules: &str) -> Result<Self> {
        let directory = TempDir::new()?;
        let config = directory.path().join("nbw.toml");
        fs::write(&config, rules)?;
        let mut command = netns.command(Nbw::binary().to_str().context("a path in UTF-8")?);
        command.arg("agent").arg("--config").arg(&config).arg("--data-dir").arg(directory.path());
        command.arg("--socket").arg(socket(directory.path()));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let agent = Self { child, netns: netns.name.clone(), directory };
        until("the agent to answer", || agent.status().ok());
        Ok(agent)
    }

    fn status(&self) -> Result<Value> {
        let mut command = std::process::Command::new("ip");
        command
            .args(["netns", "exec", &self.netns])
            .arg(Nbw::binary())
            .args(["status", "--format", "json", "--socket"]);
        let output = command.arg(socket(self.directory.path())).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn socket(directory: &Path) -> std::path::PathBuf {
    directory.join("agent.sock")
}
