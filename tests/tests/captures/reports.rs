//! `nbw report --read` comes to what capinfos and tshark come to.

use std::path::{Path, PathBuf};

use nbw_detect::capture::LinkType;
use nbw_tests::lab::{Ended, run};
use serde_json::Value;

use super::made;

/// So many times all packets, and an answer to one of them.
fn capture(directory: &Path, times: usize) -> PathBuf {
    let mut packets: Vec<Vec<u8>> = Vec::new();
    for _ in 0..times {
        packets.extend(made::packets().iter().map(made::Packet::frame));
        packets.push(answer(packets[0].clone()));
    }
    packets.push(made::framed(0x88cc, &[0; 46]));
    made::file(directory, "traffic.pcap", LinkType::ETHERNET, &packets)
}

/// The same frame with its IPv4 addresses the other way round.
fn answer(mut frame: Vec<u8>) -> Vec<u8> {
    let (source, destination) = frame[26..34].split_at_mut(4);
    source.swap_with_slice(destination);
    frame
}

fn report(path: &Path, options: &str) -> Ended {
    Ended::shell("", &format!("\"$NBW\" report --read {} {options}", path.display()))
}

/// The totals of a JSON report: names, with bytes and packets received and sent.
fn totals(path: &Path, by: &str) -> Vec<(String, [u64; 4])> {
    let ended = report(path, &format!("--format json --by {by}"));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let document: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let figure = |total: &Value, name: &str| total[name].as_u64().expect("a figure");
    let names = ["rx_bytes", "tx_bytes", "rx_packets", "tx_packets"];
    let total = |total: &Value| (total["name"].as_str().expect("a name").into(), names.map(|name| figure(total, name)));
    document["totals"].as_array().expect("totals").iter().map(total).collect()
}

/// A figure of capinfos.
fn capinfos(path: &Path, option: &str) -> u64 {
    let said = run(&format!("capinfos -rTm {option} {}", path.display()));
    said.trim().rsplit(',').next().expect("a figure").parse().expect("a number")
}

#[test]
fn all_packets_and_bytes_are_in_each_report() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = capture(directory.path(), 200);
    let (packets, bytes) = (capinfos(&path, "-c"), capinfos(&path, "-d"));
    for (by, times) in [("protocol", 1), ("pair", 1), ("port", 1)] {
        let totals = totals(&path, by);
        let sum = |from: usize| totals.iter().map(|(_, figures)| figures[from] + figures[from + 1]).sum::<u64>();
        assert_eq!((sum(2), sum(0)), (packets * times, bytes * times), "by {by}");
    }
}

/// A line of tshark's conversations, with `bytes` for units: ends, and frames and bytes to the left and to the right.
fn conversation(line: &str) -> Option<(String, [u64; 4])> {
    let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "bytes" && *word != "<->").collect();
    let figure = |at: usize| words.get(at)?.parse().ok();
    let [left, right] = [words.first()?, words.get(1)?];
    Some((format!("{left} <-> {right}"), [figure(3)?, figure(5)?, figure(2)?, figure(4)?]))
}

/// The same pair with its ends in nbw's order: the lower address first.
fn ordered((name, [left_bytes, right_bytes, left, right]): (String, [u64; 4])) -> (String, [u64; 4]) {
    let (one, other) = name.split_once(" <-> ").expect("a pair");
    let address = |text: &str| text.parse::<std::net::IpAddr>().expect("an address");
    if address(one) <= address(other) {
        return (name, [left_bytes, right_bytes, left, right]);
    }
    (format!("{other} <-> {one}"), [right_bytes, left_bytes, right, left])
}

#[test]
fn pairs_are_tsharks_conversations() {
    let directory = tempfile::tempdir().expect("a directory");
    // From 10 kB on tshark rounds.
    let path = capture(directory.path(), 9);
    let said = ["ip", "ipv6"].map(|kind| run(&format!("tshark -n -r {} -q -z conv,{kind}", path.display()))).concat();
    let theirs = said.lines().filter(|line| line.contains("<->")).filter_map(conversation).map(ordered);
    let mut theirs: Vec<_> = theirs.collect();
    let mut ours: Vec<_> = totals(&path, "pair").into_iter().filter(|(name, _)| name.contains("<->")).collect();
    theirs.sort();
    ours.sort();
    assert!(!theirs.is_empty(), "tshark told nothing that is understood here: {said}");
    assert_eq!(ours, theirs);
}

#[test]
fn every_format_is_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = capture(directory.path(), 200);
    let table = report(&path, "--by host --zone UTC");
    assert!(table.code == Some(0) && table.stdout.contains("traffic.pcap: hosts"), "{table:?}");
    assert!(table.stdout.contains("10.0.1.3") && !table.stdout.contains("this month"), "{table:?}");
    let by_time = report(&path, "--every 1s --zone UTC");
    assert!(
        by_time.stdout.contains("protocols by second") && by_time.stdout.contains("2026-11-25 20:30:02"),
        "{by_time:?}"
    );
    for (ending, begin) in
        [("csv", "start,end,kind,"), ("html", "<!doctype html>"), ("svg", "<svg "), ("png", "\u{fffd}PNG")]
    {
        let file = directory.path().join(format!("report.{ending}"));
        let ended = report(&path, &format!("--output {}", file.display()));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let written = std::fs::read(&file).expect("the report");
        let written = String::from_utf8_lossy(&written[..written.len().min(200)]).into_owned();
        assert!(written.starts_with(begin), "{ending}: {written}");
    }
}

#[test]
fn captures_come_from_a_pipe_and_what_is_broken_is_told_after_what_could_be_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = capture(directory.path(), 200);
    let whole = Ended::shell("", &format!("gzip -c {} | \"$NBW\" report --read - --format csv", path.display()));
    assert!(whole.code == Some(0) && whole.stderr.is_empty(), "{whole:?}");
    let cut = Ended::shell("", &format!("head -c 100000 {} | \"$NBW\" report --read - --format csv", path.display()));
    assert_eq!(cut.code, Some(1), "{cut:?}");
    assert!(cut.stdout.lines().count() > 3, "{cut:?}");
    assert!(
        cut.stderr.contains("cannot read standard input from packet ") && cut.stderr.contains("cut off"),
        "{cut:?}"
    );
    assert_eq!(cut.stderr.lines().count(), 1, "{cut:?}");
    let none = Ended::shell("", "\"$NBW\" report --read /etc/hostname");
    assert!(none.code == Some(1) && none.stderr.contains("it is no capture: give a pcap or pcapng file"), "{none:?}");
    let usage = Ended::shell("", "\"$NBW\" report --by port");
    assert!(usage.code == Some(2) && usage.stderr.contains("--read FILE"), "{usage:?}");
}

#[test]
fn a_signal_ends_a_report_of_a_pipe_that_stays_open() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = capture(directory.path(), 200);
    let ended = Ended::shell(
        "",
        &format!(
            "cd {}; mkfifo pipe; exec 3<>pipe; timeout 20 $NBW report --read pipe --output report.html & P=$!; \
             head -c 10000 {} >&3; sleep 2; ls -A | grep -c '^[.]nbw-'; kill -TERM $P; wait $P; echo $?; ls -A | grep -c -e nbw- -e html",
            directory.path().display(),
            path.display()
        ),
    );
    assert_eq!(ended.stdout, "1\n1\n0\n", "{ended:?}");
    ended.assert_says(&["stopped before the report was written"]);
}
