//! Prometheus' Alertmanager in a directory of its own, on loopback.

use std::{
    fs::{self, File},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{Netns, until};

/// Groups by name, and tells soon.
const CONFIG: &str = "\
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 50ms
  group_interval: 200ms
  repeat_interval: 1h
receivers:
  - name: hook
";

/// A running Alertmanager; ended on drop.
pub struct Alertmanager {
    directory: TempDir,
    port: u16,
    /// The name of the network namespace that it is in; the test's own if there is none.
    netns: Option<String>,
    process: Child,
}

impl Alertmanager {
    /// One that tells this webhook what it is told.
    ///
    /// # Panics
    /// When it does not start: a test cannot go on without it.
    pub fn telling(webhook: &str) -> Self {
        let hook = format!("    webhook_configs:\n      - url: {webhook}\n        send_resolved: true\n");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        Self::start(None, port, &format!("{CONFIG}{hook}"))
    }

    /// One in a network namespace, which tells nobody.
    ///
    /// # Panics
    /// As [`Self::telling`].
    pub fn within(netns: &Netns) -> Self {
        Self::start(Some(netns.name.clone()), 9093, CONFIG)
    }

    fn start(netns: Option<String>, port: u16, config: &str) -> Self {
        let directory = TempDir::new().expect("a directory");
        fs::write(directory.path().join("config.yml"), config).expect("its configuration");
        let process = spawn(netns.as_deref(), &directory, port);
        let mut started = Self { directory, port, netns, process };
        until("Alertmanager", || started.is_ready().then_some(()));
        started
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What fires, by its API.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn alerts(&self) -> Vec<Value> {
        self.get("/api/v2/alerts").expect("the alerts")
    }

    /// What fires, in its groups.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn groups(&self) -> Vec<Value> {
        self.get("/api/v2/alerts/groups").expect("the groups")
    }

    fn is_ready(&mut self) -> bool {
        if let Some(status) = self.process.try_wait().expect("its state") {
            let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
            panic!("prometheus-alertmanager has ended ({status}):\n{log}");
        }
        self.get("/api/v2/alerts").is_some()
    }

    fn get(&self, path: &str) -> Option<Vec<Value>> {
        let url = format!("{}{path}", self.url());
        let mut curl = command(self.netns.as_deref(), "curl");
        curl.args(["--silent", "--fail", "--max-time", "10", "--noproxy", "*", &url]);
        let output = curl.output().expect("curl");
        output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("JSON"))
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(netns: Option<&str>, program: &str) -> Command {
    let Some(netns) = netns else { return Command::new(program) };
    let mut command = Command::new("ip");
    command.args(["netns", "exec", netns, program]);
    command
}

fn spawn(netns: Option<&str>, directory: &TempDir, port: u16) -> Child {
    let log = File::create(directory.path().join("log")).expect("a log");
    command(netns, "prometheus-alertmanager")
        .current_dir(directory.path())
        .arg("--config.file=config.yml")
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(["--cluster.listen-address=", "--storage.path=data"])
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("the log"))
        .stderr(log)
        .spawn()
        .expect("prometheus-alertmanager (cargo xtask test installs it)")
}
