//! The command line as people and scripts meet it: help, wrong usage, pipes, signals, and the shape of each format.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use nbw_tests::lab::{
    Cgroup, Ended, KernelObjects, Nbw, Netns, assert_golden, interface, masked, open, snapshot_where, until,
};
use nix::sys::signal::Signal;

#[test]
fn help_is_as_documented() {
    for (options, golden) in [
        ("--help", "help.txt"),
        ("-h", "help-short.txt"),
        ("watch --help", "help-watch.txt"),
        ("top --help", "help-top.txt"),
        ("agent --help", "help-agent.txt"),
        ("status --help", "help-status.txt"),
        ("report --help", "help-report.txt"),
        ("import vnstat --help", "help-import-vnstat.txt"),
    ] {
        let ended = Ended::run("", options);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert_golden(golden, &ended.stdout);
    }
}

#[test]
fn the_version_is_the_package_s() {
    let ended = Ended::run("", "--version");
    assert_eq!((ended.code, ended.stdout), (Some(0), format!("nbw {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn wrong_values_are_told_one_by_one() {
    for (options, words) in [
        ("-n 0", ["--interval", "time with its unit"]),
        ("-n 0s", ["--interval", "between 10ms and 24h"]),
        ("-n -1s", ["--interval", "between 10ms and 24h"]),
        ("--interval=-500ms", ["--interval", "between 10ms and 24h"]),
        ("-n abc", ["'abc'", "time with its unit"]),
        ("-n 9ms", ["--interval", "between 10ms and 24h"]),
        ("--count 0", ["--count", "0 is not in"]),
        ("--count -1", ["--count", "'-1'"]),
        ("--top 0", ["--top", "0 is not in"]),
        ("--slots 1", ["--slots", "1 is not in"]),
        ("--units furlongs", ["furlongs", "bits, bytes"]),
        ("--format xml", ["xml", "bars, plain, json, csv"]),
        ("--by host", ["host", "interface, group, container"]),
        ("--sort size", ["size", "rx, tx, total, name"]),
        ("top --by planet", ["planet", "interface, group, container"]),
        ("top --count 3", ["--count", "--help"]),
        ("--frobnicate", ["--frobnicate", "--help"]),
        ("wacth", ["wacth", "'watch'"]),
    ] {
        let ended = Ended::run("", options);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{options}: {ended:?}");
        assert!(ended.stderr.starts_with("error: "), "{options}: {ended:?}");
        ended.assert_says(&words);
    }
}

#[test]
fn wrong_names_and_globs_are_told_in_a_sentence() {
    let netns = Netns::new();
    netns.run("ip link add wan0 type veth peer name lan0");
    let inside = format!("ip netns exec {}", netns.name);
    for (options, words) in [
        ("-i wna0", ["\"wna0\"", "did you mean \"wan0\"?", "lo, lan0, wan0"]),
        ("-i completely-else", ["no interface \"completely-else\".", "There are:", "wan0"]),
        ("-i lo -i lan1", ["\"lan1\"", "did you mean \"lan0\"?", "There are:"]),
        ("-i [a", ["--interface", "\"[a\"", "no valid glob"]),
        ("-g {a", ["--cgroup", "\"{a\"", "no valid glob"]),
        ("-c [", ["--container", "\"[\"", "no valid glob"]),
        ("-u a[", ["--unit", "a[", "no valid glob"]),
    ] {
        Ended::run(&inside, options).assert_one_sentence(2, &words);
    }
    Ended::shell(&inside, "exec $NBW -g ''").assert_one_sentence(2, &["--cgroup needs a name or a glob"]);
}

/// nbw in a namespace in which nothing happens. `-i` leaves out what happens in the machine's others.
fn quiet(format: &str) -> String {
    let netns = Netns::new();
    let options = format!("watch -i lo --format {format} --count 2 --interval 100ms");
    let ended = Ended::run(&format!("ip netns exec {} env TZ=UTC", netns.name), &options);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    ended.stdout
}

#[test]
fn json_has_the_keys_of_the_contract_in_their_order() {
    let text = masked(&quiet("json"), "\"time\":\"", &['"'], "TIME");
    assert_golden("quiet.jsonl", &masked(&text, "\"elapsed_seconds\":", &[','], "SECONDS"));
}

#[test]
fn csv_has_a_header_and_full_rows() {
    let mut text = quiet("csv");
    for (row, line) in text.clone().lines().enumerate().skip(1) {
        let (time, rest) = line.split_once(',').expect("a time");
        let (elapsed, rest) = rest.split_once(',').expect("a duration");
        assert!(time.ends_with('Z') && elapsed.parse::<f64>().expect("seconds") > 0.05, "{row}: {line}");
        text = text.replace(line, &format!("TIME,SECONDS,{rest}"));
    }
    assert_golden("quiet.csv", &text);
}

#[test]
fn plain_is_a_line_for_each_interface() {
    let text: String = quiet("plain").lines().map(|line| format!("TIME {}\n", &line["00:00:00 ".len()..])).collect();
    assert_golden("quiet.txt", &text);
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let netns = Netns::new();
    for format in ["json", "plain", "csv"] {
        let line = format!("$NBW watch --format {format} -n 20ms | head -1 >/dev/null; exit ${{PIPESTATUS[0]}}");
        let ended = Ended::shell(&format!("ip netns exec {}", netns.name), &line);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{format}: {ended:?}");
    }
}

#[test]
fn a_full_disk_is_told() {
    let netns = Netns::new();
    for format in ["json", "plain", "csv", "bars"] {
        let line = format!("exec $NBW watch --format {format} -n 20ms >/dev/full");
        let ended = Ended::shell(&format!("ip netns exec {}", netns.name), &line);
        ended.assert_one_sentence(1, &["cannot write to standard output", "No space left"]);
    }
}

#[test]
fn signals_end_it_with_nothing_left_attached() {
    let netns = Netns::new();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let mut nbw = Nbw::watch(&netns, "--interval 50ms");
        let held = held_by(&nbw);
        nbw.signal(signal);
        let (status, _) = nbw.wait();
        assert_eq!(status.code(), Some(0), "{signal}");
        until("the kernel to let go", || held.remaining().is_empty().then_some(()));
    }
}

#[test]
fn a_kill_leaves_nothing_attached_either() {
    let netns = Netns::new();
    let mut nbw = Nbw::watch(&netns, "--interval 50ms");
    let held = held_by(&nbw);
    nbw.signal(Signal::SIGKILL);
    nbw.wait();
    until("the kernel to let go", || held.remaining().is_empty().then_some(()));
}

/// Four links: both directions of `lo` and of the cgroup root.
fn held_by(nbw: &Nbw) -> KernelObjects {
    let held = KernelObjects::of(nbw.pid());
    assert!(held.links.len() >= 4 && held.programs.len() >= 4, "{held:?}");
    assert_eq!(held.remaining(), held);
    held
}

#[test]
fn two_at_a_time_count_the_same() {
    let netns = Netns::new();
    let cgroup = Cgroup::new();
    let [mut first, mut second] = [(); 2].map(|()| Nbw::watch(&netns, "--interval 50ms"));
    let [sender, sink] = [(); 2].map(|()| open(&netns, &cgroup, || std::net::UdpSocket::bind("127.0.0.1:0")));
    let to = sink.local_addr().expect("its address");
    for _ in 0..500 {
        sender.send_to(&[7; 100], to).expect("a datagram");
    }
    let (one, other) = (first.settled(), second.settled());
    assert_eq!(interface(&one, "lo")["rx"]["total_bytes"], 500 * (14 + 20 + 8 + 100));
    for side in ["rx", "tx"] {
        for total in ["total_bytes", "total_packets"] {
            assert_eq!(interface(&one, "lo")[side][total], interface(&other, "lo")[side][total]);
            let group = |snapshot| nbw_tests::lab::group(snapshot, &cgroup, "lo", "host")[side][total].clone();
            assert_eq!(group(&one), group(&other));
        }
    }
}

#[test]
fn the_first_packets_are_counted_soon_after_the_start() {
    let netns = Netns::new();
    let cgroup = Cgroup::new();
    let [sender, sink] = [(); 2].map(|()| open(&netns, &cgroup, || std::net::UdpSocket::bind("127.0.0.1:0")));
    let to = sink.local_addr().expect("its address");
    let start = Instant::now();
    let mut command = netns.command(Nbw::binary().to_str().expect("UTF-8"));
    let line = command.args(["-i", "lo", "--format", "json", "-n", "10ms"]).stdout(Stdio::piped());
    let mut child = line.spawn().expect("nbw starts");
    let pid = child.id();
    let sent = until("the links", || {
        sender.send_to(&[1], to).expect("a datagram");
        (KernelObjects::of(pid).links.len() >= 4).then(|| start.elapsed())
    });
    let mut lines = std::io::BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut lines, &mut line).expect("a line");
    let shown = start.elapsed();
    println!("attached within {sent:?} of the start, first line after {shown:?}");
    drop(lines);
    assert_eq!(child.wait().expect("its end").code(), Some(0));
    assert!(shown < Duration::from_secs(5));
}

#[test]
fn a_filter_that_matches_nothing_yet_is_a_warning() {
    let netns = Netns::new();
    let inside = format!("ip netns exec {}", netns.name);
    for (options, words) in [
        ("-i nosuch* --count 2 -n 50ms --format plain", ["WARN", "no interface matches yet"]),
        ("-g /no/such --count 2 -n 50ms", ["WARN", "no group matches the filter yet"]),
        ("-c nosuch --count 2 -n 50ms", ["WARN", "no group matches the filter yet"]),
        ("-u nosuch --count 2 -n 50ms", ["WARN", "no group matches the filter yet"]),
    ] {
        let ended = Ended::run(&inside, options);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        ended.assert_says(&words);
    }
}

#[test]
fn a_group_that_comes_later_is_shown() {
    let netns = Netns::new();
    let cgroup = Cgroup::new();
    let mut nbw = Nbw::watch(&netns, &format!("--interval 50ms -g {}", cgroup.path));
    assert_eq!(nbw.next()["groups"].as_array().expect("groups").len(), 0);
    let socket = open(&netns, &cgroup, || std::net::UdpSocket::bind("127.0.0.1:0"));
    socket.send_to(&[1; 58], socket.local_addr().expect("its address")).expect("a datagram");
    let snapshot = snapshot_where(&mut nbw, "the group", |snapshot| !snapshot["groups"][0].is_null());
    assert_eq!(snapshot["groups"].as_array().expect("groups").len(), 1);
    assert_eq!(snapshot["groups"][0]["path"], cgroup.path.as_str());
    assert_eq!(snapshot["groups"][0]["tx"]["total_bytes"], 100);
    assert_eq!(snapshot["groups"][0]["rx"]["total_bytes"], 100);
}
