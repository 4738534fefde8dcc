//! Attacks that the agent sees: told, shown, remembered. And those that `nbw watch` shows.

#[path = "../agent/by_hand.rs"]
#[allow(dead_code, reason = "the agent's own tests use the rest")]
mod by_hand;
mod receiver;

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use jiff::Timestamp;
use nbw::history::{self, Bucket, Cell, Database, Subject, Tiers, Way};
use nbw_detect::{Kind, Signatures};
use nbw_tests::lab::{Ended, Iperf, KernelObjects, Nbw, TwoHosts, until};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use self::{by_hand::Agent, receiver::Receiver};
use crate::watcher::Killed;

fn config(url: &str, enabled: bool) -> String {
    format!(
        "[detect]\nenabled = {enabled}\nactions = [\"hook\", \"log\"]\n\n[action.hook]\ntype = \"webhook\"\nurl = \"{url}\"\n"
    )
}

/// A scan by a tool that we did not write.
fn scan(hosts: &TwoHosts) {
    let output =
        hosts.left.command("timeout").args(["60", "nmap", "-n", "-Pn", "-sS", "-p1-500", &hosts.cable.v4.1]).output();
    assert!(output.expect("nmap starts").status.success(), "nmap ends well");
}

/// A report of the last hour.
fn report(agent: &Agent, format: &str) -> String {
    let data = agent.directory.path().join("data");
    Ended::run("", &format!("report --last 1h --data-dir {} --format {format}", data.display())).stdout
}

/// The attack's event, as a report has it; null before there is a history that has one.
fn remembered(agent: &Agent) -> Value {
    serde_json::from_str(&report(agent, "json")).map_or(Value::Null, |json: Value| json["events"][0].clone())
}

#[test]
fn a_scan_is_told_shown_and_remembered() {
    let hosts = TwoHosts::new(91, true);
    let receiver = Receiver::start(&hosts.right);
    let mut agent = Agent::start(&hosts.right, &config(&receiver.url(), true));
    assert_eq!(agent.says()["attacks"]["now"].as_array().map(Vec::len), Some(0), "nothing so far");
    scan(&hosts);

    let begun = until("word of the scan", || receiver.alerts("firing").pop());
    let (source, target) = (&*hosts.cable.v4.0, &*hosts.cable.v4.1);
    let labels = [
        ("alertname", "port-scan"),
        ("signature", "port-scan-syn"),
        ("severity", "warning"),
        ("technique", "T1046"),
        ("sources", source),
        ("targets", target),
        ("subject", target),
    ];
    for (name, value) in labels {
        assert_eq!(begun["labels"][name], value, "{begun}");
    }

    let status = agent.says();
    let [event] = status["attacks"]["now"].as_array().expect("attacks").as_slice() else { panic!("{status}") };
    assert_eq!((&event["signature"], &event["id"]), (&"port-scan-syn".into(), &begun["fingerprint"]));
    assert_eq!(status["attacks"]["today"], 1);
    let shown = agent.status().stdout;
    assert!(shown.contains("Attacks: 1\n") && shown.contains(&format!("port-scan on {target}: ")), "{shown}");
    until("the scan in the log", || agent.log().contains(&format!("port-scan on {target}: ")).then_some(()));

    // Who is told of a beginning is told of the end, also where it is that nobody looks any more.
    agent.reload(&config(&receiver.url(), false));
    let ended = until("word of the end", || receiver.alerts("resolved").pop());
    assert_eq!((&ended["labels"], &ended["fingerprint"]), (&begun["labels"], &begun["fingerprint"]));
    // An answer that came late has it sent again.
    let told: HashSet<String> =
        receiver.alerts("firing").iter().map(|alert| alert["fingerprint"].to_string()).collect();
    assert_eq!(told.len(), 1, "one attack: {told:?}");
    until("nothing to be looked for", || agent.says().get("attacks").is_none().then_some(()));

    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.ended(), Some(0), "{}", agent.log());
    let (event, table) = (remembered(&agent), report(&agent, "table"));
    assert_eq!((&event["id"], &event["ongoing"]), (&begun["fingerprint"], &false.into()));
    assert!(table.contains("\nattacks: 1\n") && table.contains(&format!("port-scan on {target} ")), "{table}");
}

#[test]
fn the_end_of_what_a_killed_agent_saw_is_told_by_the_next() {
    let hosts = TwoHosts::new(98, true);
    let receiver = Receiver::start(&hosts.right);
    let agent = Agent::start(&hosts.right, &config(&receiver.url(), true));
    scan(&hosts);
    let begun = until("word of the scan", || receiver.alerts("firing").pop());
    until("the scan in the history", || (remembered(&agent)["id"] == begun["fingerprint"]).then_some(()));
    agent.signal(Signal::SIGKILL);
    let mut agent = agent.again(&hosts.right);
    let ended = until("word of the end", || receiver.alerts("resolved").pop());
    assert_eq!((&ended["labels"], &ended["fingerprint"]), (&begun["labels"], &begun["fingerprint"]));
    until("the end in the history", || (remembered(&agent)["ongoing"] == false).then_some(()));
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.ended(), Some(0), "{}", agent.log());
    assert_eq!(receiver.alerts("resolved").len(), 1, "it is told once");
}

/// The usual is by the history; who sends is known though nobody shows, or names, a connection.
#[test]
fn what_leaves_is_held_against_the_past() {
    let hosts = TwoHosts::new(99, true);
    // 203.0.113.0/24 is for documentation, and outside.
    hosts.left.run("ip address add 203.0.113.9/32 dev lo");
    hosts.right.run(&format!("ip route add 203.0.113.9/32 via {}", hosts.cable.v4.0));
    let _server = Iperf::server(&hosts.left, None);
    let directory = tempfile::tempdir().expect("a directory");
    past(&directory.path().join("data"));
    let config = "time_zone = \"UTC\"\n[detect]\nenabled = true\n[history]\nprocesses = true\n";
    let agent = Agent::with_past(&hosts.right, config, directory);
    // An hour of 1 kB/s is usual, and less than 100 MB is never too much.
    until("an attack", || {
        Iperf::client(&hosts.right, None, "203.0.113.9", "-n 120M");
        let now = agent.says()["attacks"]["now"].as_array().expect("attacks").clone();
        // A quick machine sends twenty times a second: guessing is as hasty.
        let event = now.iter().find(|event| event["signature"] == "exfiltration-volume")?;
        assert_eq!(event["sources"], serde_json::json!([hosts.cable.v4.1]), "{event}");
        assert_eq!(event["targets"][0].as_str().map(|target| target.starts_with("203.0.113.9")), Some(true), "{event}");
        Some(())
    });
}

/// Two weeks of a host that sends next to nothing, in each hour.
fn past(directory: &std::path::Path) {
    std::fs::create_dir_all(directory).expect("a directory");
    let mut database = Database::open(directory, &Tiers::default()).expect("a history");
    let this_hour = Timestamp::now().as_second().div_euclid(3_600) * 3_600;
    let hours = (1..=14 * 24).rev().map(|hour| this_hour - hour * 3_600);
    let bucket = |start: i64| {
        let cell = Cell { tx: Way { bytes: 300_000, packets: 300, peak: 0 }, ..Cell::default() };
        let subject = Subject { kind: history::Kind::Host, key: "host".into(), name: "host".into() };
        let covered = vec![(start * 1_000, (start + 300) * 1_000)];
        Bucket { start, seconds: 300, covered, cells: vec![(subject, cell)], counters: Vec::new() }
    };
    database.write(&hours.map(bucket).collect::<Vec<_>>()).expect("a past");
}

#[test]
fn what_is_disabled_is_not_told() {
    let hosts = TwoHosts::new(92, true);
    let own = "[[signature]]\nname = \"my-scan\"\nkind = \"port-scan\"\ntitle = \"mine\"\nabout = \"mine\"\nseverity = \"critical\"\n\
               confidence = 0.5\nadvice = \"look\"\nkey = \"source\"\nwindow = 60\nevent = \"source\"\n\
               count = [{ name = \"ports\", on = [\"tcp-syn\"], measure = \"distinct\", of = \"target-port\" }]\n\
               when = [{ value = \"ports\", at-least = 100, because = \"a test\" }]\n";
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("mine.toml");
    std::fs::write(&file, own).expect("a file of signatures");
    let built_in = Signatures::built_in();
    let scans = built_in.iter().filter(|signature| signature.kind == Kind::PortScan);
    let disable: Vec<&str> = scans.map(|signature| signature.name.as_str()).collect();
    let config = format!("[detect]\nenabled = true\ndisable = {disable:?}\nsignatures = [\"{}\"]\n", file.display());
    let agent = Agent::start(&hosts.right, &config);
    scan(&hosts);
    let found = until("an attack", || {
        let now = agent.says()["attacks"]["now"].as_array().expect("attacks").clone();
        (!now.is_empty()).then_some(now)
    });
    let names: Vec<&str> = found.iter().filter_map(|event| event["signature"].as_str()).collect();
    assert_eq!(names, ["my-scan"], "{found:?}");
}

#[test]
fn watch_shows_a_scan_in_its_snapshots() {
    let hosts = TwoHosts::new(93, true);
    let mut command = hosts.right.command(Nbw::binary().to_str().expect("a path in UTF-8"));
    // So many at the most.
    command.args(["watch", "--detect", "--format", "json", "--interval", "500ms", "--count", "120"]);
    let mut child = Killed(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("nbw starts"));
    let pid = child.0.id();
    until("nbw to be attached", || (KernelObjects::of(pid).links.len() >= 6).then_some(()));
    scan(&hosts);
    let stdout = BufReader::new(child.0.stdout.take().expect("its standard output"));
    let snapshots = stdout.lines().map(|line| serde_json::from_str::<Value>(&line.expect("text")).expect("JSON"));
    let mut events = snapshots.map(|snapshot| snapshot["events"].as_array().expect("a list in each snapshot").clone());
    let found = events.find(|events| !events.is_empty()).expect("a snapshot with the scan");
    assert_eq!((found.len(), &found[0]["signature"]), (1, &"port-scan-syn".into()), "{found:?}");
    let next = events.next().expect("another snapshot");
    assert_eq!(next[0]["id"], found[0]["id"], "it goes on");
    kill(Pid::from_raw(pid as i32), Signal::SIGINT).expect("a signal to nbw");
    let mut stderr = String::new();
    child.0.stderr.take().expect("its standard error").read_to_string(&mut stderr).expect("text");
    assert!(stderr.contains("nbw: alert firing: warning: port-scan on "), "{stderr}");
}
