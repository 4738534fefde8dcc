//! `nbw detect` without live traffic: signatures, captures, what is written of them, and how it ends.

mod ends;
mod files;
mod written;

use std::{
    fs,
    path::{Path, PathBuf},
};

use etherparse::PacketBuilder;
use nbw_detect::{
    Time,
    capture::{LinkType, Reader, Writer},
};
use nbw_tests::lab::Ended;
use serde_json::Value;

const SCANNER: [u8; 4] = [192, 0, 2, 7];
const SCANNED: [u8; 4] = [198, 51, 100, 9];

/// Packets of a SYN scan that is refused on each port, in Ethernet frames.
fn scan(ports: u16) -> Vec<Vec<u8>> {
    let frame = |from, to| PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4(from, to, 64);
    let mut frames = Vec::new();
    for port in 2_000..2_000 + ports {
        let (mut asked, mut refused) = (Vec::new(), Vec::new());
        frame(SCANNER, SCANNED).tcp(40_000, port, 1, 1_024).syn().write(&mut asked, &[]).expect("a packet");
        frame(SCANNED, SCANNER).tcp(port, 40_000, 0, 0).rst().ack(2).write(&mut refused, &[]).expect("a packet");
        frames.extend([asked, refused]);
    }
    frames
}

/// A datagram now and then, as everywhere.
fn ordinary() -> Vec<Vec<u8>> {
    let frame = |_| {
        let mut bytes = Vec::new();
        let step = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4(SCANNED, [10, 0, 0, 1], 64).udp(5_000, 5_001);
        step.write(&mut bytes, b"hello").expect("a packet");
        bytes
    };
    (0..20).map(frame).collect()
}

/// A packet a millisecond.
fn capture(directory: &Path, name: &str, frames: &[Vec<u8>]) -> PathBuf {
    capture_from(0, directory, name, frames)
}

/// The same, so many seconds later.
fn capture_from(second: u64, directory: &Path, name: &str, frames: &[Vec<u8>]) -> PathBuf {
    let file = directory.join(name);
    let mut writer = Writer::create(&file, LinkType(1)).expect("a file");
    for (frame, number) in frames.iter().zip(0_u64..) {
        let time = Time((1_795_638_600 + second) * 1_000_000_000 + number * 1_000_000);
        writer.write(time, frame.len() as u32, frame).expect("a packet is written");
    }
    writer.finish().expect("the file is there");
    file
}

/// How many packets a capture has.
fn count(file: &Path) -> u64 {
    let mut reader = Reader::open(file).expect("a capture");
    while reader.next_packet().expect("a packet").is_some() {}
    reader.packets()
}

fn read(file: &Path, options: &str) -> Ended {
    Ended::run("", &format!("detect --read {} {options}", file.display()))
}

#[test]
fn an_event_has_the_fields_of_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let ended = read(&capture(directory.path(), "scan.pcap", &scan(200)), "--format json");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let [line] = lines[..] else { panic!("{lines:?}") };
    let event: Value = serde_json::from_str(line).unwrap();
    let expected = r#"{"schema":1,"id":"#;
    assert!(line.starts_with(expected), "{line}");
    assert_eq!((&event["kind"], &event["signature"]), (&"port-scan".into(), &"port-scan-syn".into()));
    assert_eq!((&event["sources"][0], &event["source_count"]), (&"192.0.2.7".into(), &1.into()));
    assert_eq!((&event["targets"][0], &event["target_count"]), (&"198.51.100.9".into(), &1.into()));
    assert_eq!((&event["severity"], &event["technique"]), (&"warning".into(), &"T1046".into()));
    assert!(event["first_seen"].as_str().unwrap().starts_with("2026-11-25T20:30:00"));
    assert!(event["evidence"]["failed_ports"].as_f64().unwrap() > 150.0);
    assert!((0.5..1.0).contains(&event["confidence"].as_f64().unwrap()));
    assert_eq!(event["ongoing"], false);
}

#[test]
fn a_capture_without_findings_prints_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = capture(directory.path(), "ordinary.pcap", &ordinary());
    let ended = read(&file, "--format json");
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "", ""));
    let ended = read(&file, "");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""));
    assert!(ended.stderr.contains("nothing found in 20 packets"), "{}", ended.stderr);
}

#[test]
fn what_is_cut_off_is_read_up_to_there() {
    let directory = tempfile::tempdir().unwrap();
    let file = capture(directory.path(), "scan.pcap", &scan(200));
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 10]).unwrap();
    let ended = read(&file, "--format json");
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(1), 1));
    assert!(ended.stderr.contains("from packet 400 on") && ended.stderr.contains("cut off"), "{}", ended.stderr);
}

#[test]
fn signatures_are_listed_explained_and_replaced() {
    let listed = Ended::run("", "detect --list");
    assert!(listed.code == Some(0) && listed.stdout.lines().count() > 50, "{}", listed.stdout);
    let explained = Ended::run("", "detect --explain syn-flood");
    assert!(explained.code == Some(0) && explained.stdout.contains("RFC 4987"), "{}", explained.stdout);
    let unknown = Ended::run("", "detect --explain syn-flod");
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("did you mean `syn-flood`?"), "{}", unknown.stderr);

    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join("own.toml");
    let text = "[[signature]]\nname = \"port-scan-syn\"\nkind = \"port-scan\"\ntitle = \"Any\"\nabout = \"Any.\"\n\
                severity = \"critical\"\nconfidence = 1.0\nadvice = \"None.\"\nkey = \"pair\"\nwindow = 10\nevent = \"source\"\n\
                count = [{ name = \"n\", on = [\"tcp-refused\"] }]\nwhen = [{ value = \"n\", at-least = 2, because = \"test\" }]\n";
    fs::write(&own, text).unwrap();
    let file = capture(directory.path(), "scan.pcap", &scan(3));
    let signatures = format!("--format json --signatures {}", own.display());
    assert!(read(&file, &signatures).stdout.contains("\"severity\":\"critical\""));
    assert_eq!(read(&file, "--format json").stdout, "");
    fs::write(&own, text.replace("title", "titel")).unwrap();
    let wrong = read(&file, &signatures);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.stderr.contains("own.toml, line 4: ") && wrong.stderr.contains("did you mean `title`?"),
        "{}",
        wrong.stderr
    );
}
