//! `nbw insight` from a history, and where there is none.

use std::path::Path;

use jiff::Timestamp;
use nbw::history::{Bucket, Cell, Database, Kind, Subject, Tiers, Way};
use nbw_tests::lab::{Ended, assert_golden};
use serde_json::Value;

use crate::advice::number;

/// Parts of five minutes, and how many of them: two days.
const SECONDS: u32 = 300;
const PARTS: i64 = 576;

/// A history in which a service moved so many packets of 100 bytes a second all the time.
fn history(dir: &Path, packets_per_second: u64) {
    let end = Timestamp::now().as_second() / i64::from(SECONDS) * i64::from(SECONDS);
    let bucket = |part: i64| {
        let start = end - (PARTS - part) * i64::from(SECONDS);
        let packets = packets_per_second * u64::from(SECONDS);
        let tx = Way { bytes: packets * 100, packets, peak: packets_per_second * 100 };
        let (key, name) = ("/system.slice/poller.service".into(), "poller.service".into());
        Bucket {
            start,
            seconds: SECONDS,
            cells: vec![(Subject { kind: Kind::Group, key, name }, Cell { tx, ..Cell::default() })],
            counters: vec![("tcp out_segs".into(), 100_000), ("tcp retrans_segs".into(), 10)],
            covered: vec![(start * 1_000, (start + i64::from(SECONDS)) * 1_000)],
        }
    };
    let mut database = Database::open(dir, &Tiers::default()).expect("a database");
    database.write(&(0..PARTS).map(bucket).collect::<Vec<_>>()).expect("written");
}

fn advise(dir: &Path, format: &str) -> String {
    // In a namespace of its own the machine's settings are not in it.
    let options = format!("insight --last 2d --format {format} --data-dir {}", dir.display());
    let ended = Ended::run("unshare --net", &options);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    ended.stdout
}

#[test]
fn a_service_that_never_rests() {
    let dir = tempfile::tempdir().expect("a directory");
    history(dir.path(), 3);
    let json: Value = serde_json::from_str(&advise(dir.path(), "json")).expect("JSON");
    assert_eq!(json["source"], "history");
    let findings = json["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{json}");
    assert_eq!((&findings[0]["rule"], &findings[0]["subject"]), (&"chatty-idle".into(), &"poller.service".into()));
    assert!((number(&findings[0], "packet_rate") - 3.0).abs() < 0.1, "{json}");
}

#[test]
fn a_history_in_which_nothing_is_wrong() {
    let dir = tempfile::tempdir().expect("a directory");
    history(dir.path(), 0);
    let text = advise(dir.path(), "text");
    assert!(text.starts_with("Nothing to advise: from "), "{text}");
}

#[test]
fn where_there_is_no_history_it_says_how_to_get_one() {
    let ended = Ended::run("", "insight --last 1d --data-dir /nonexistent");
    ended.assert_one_sentence(1, &["no history in /nonexistent", "nbw agent", "--data-dir"]);
}

#[test]
fn watching_needs_root() {
    let ended = Ended::run("setpriv --reuid 65534 --clear-groups", "insight --live 2s");
    ended.assert_one_sentence(77, &["root", "CAP_BPF", "sudo nbw"]);
}

#[test]
fn help_is_as_documented() {
    let ended = Ended::run("", "insight --help");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_golden("help-insight.txt", &ended.stdout);
}
