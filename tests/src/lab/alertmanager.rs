//! Prometheus' Alertmanager in a directory of its own, on loopback.

use std::{
    fs::{self, File},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use nbw_tests::lab::until;
use serde_json::Value;
use tempfile::TempDir;

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
    webhook_configs:
      - url: URL
        send_resolved: true
";

/// A running Alertmanager; ended on drop.
pub(super) struct Alertmanager {
    directory: TempDir,
    port: u16,
    process: Child,
}

impl Alertmanager {
    /// One that tells this webhook.
    pub(super) fn start(webhook: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("config.yml"), CONFIG.replace("URL", webhook)).unwrap();
        let port = free_port();
        let process = spawn(&directory, port);
        let mut started = Self { directory, port, process };
        until("Alertmanager", || started.is_ready().then_some(()));
        started
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What fires, by its API.
    pub(super) fn alerts(&self) -> Vec<Value> {
        self.get("/api/v2/alerts").unwrap()
    }

    /// What fires, in its groups.
    pub(super) fn groups(&self) -> Vec<Value> {
        self.get("/api/v2/alerts/groups").unwrap()
    }

    fn is_ready(&mut self) -> bool {
        if let Some(status) = self.process.try_wait().unwrap() {
            let log = fs::read_to_string(self.directory.path().join("log")).unwrap();
            panic!("prometheus-alertmanager has ended ({status}):\n{log}");
        }
        self.get("/api/v2/alerts").is_some()
    }

    fn get(&self, path: &str) -> Option<Vec<Value>> {
        let url = format!("{}{path}", self.url());
        let output =
            Command::new("curl").args(["--silent", "--fail", "--max-time", "10", "--noproxy", "*", &url]).output();
        let output = output.expect("curl");
        output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spawn(directory: &TempDir, port: u16) -> Child {
    let log = File::create(directory.path().join("log")).unwrap();
    Command::new("prometheus-alertmanager")
        .current_dir(directory.path())
        .arg("--config.file=config.yml")
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(["--cluster.listen-address=", "--storage.path=data"])
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .expect("prometheus-alertmanager (cargo xtask test installs it)")
}
