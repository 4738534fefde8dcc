//! How reading ends, and what is told before it does: signals, pipes that stay open.

use std::path::Path;

use nbw_tests::lab::Ended;
use tempfile::TempDir;

use super::{capture, capture_from, ordinary, scan};

/// Runs a line in a directory that has a scan and what comes an hour later.
fn shell(line: &str) -> (TempDir, Ended) {
    let directory = tempfile::tempdir().expect("a directory");
    capture(directory.path(), "scan.pcap", &scan(200));
    capture_from(3_600, directory.path(), "later.pcap", &ordinary());
    let ended = Ended::shell("", &format!("cd {}; {line}", directory.path().display()));
    (directory, ended)
}

/// What nobody knows the name of.
fn remains(directory: &Path) -> Vec<String> {
    let names = std::fs::read_dir(directory).expect("a directory");
    let names = names.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with('.')).collect()
}

#[test]
fn a_signal_tells_what_was_found_until_then() {
    for signal in ["INT", "TERM", "HUP"] {
        let (_directory, ended) = shell(&format!(
            "mkfifo pipe; exec 3<>pipe; timeout 20 $NBW detect --read pipe --format json & P=$!; cat scan.pcap >&3; sleep 2; \
             kill -{signal} $P; wait $P; echo $?"
        ));
        let lines: Vec<&str> = ended.stdout.lines().collect();
        assert!(matches!(lines[..], [event, "1"] if event.contains("port-scan-syn")), "{ended:?}");
        ended.assert_says(&["stopped after 400 packets; what was found in them is told"]);
    }
}

#[test]
fn a_signal_ends_what_nothing_comes_from() {
    for options in ["--read pipe", "--read - <&3", "--read scan.pcap --write pipe"] {
        let (_directory, ended) = shell(&format!(
            "mkfifo pipe other; exec 3<>other; timeout 20 $NBW detect {options} & P=$!; sleep 2; kill -TERM $P; wait $P; echo $?"
        ));
        assert_eq!(ended.stdout, "1\n", "{options}: {ended:?}");
        ended.assert_says(&["stopped"]);
    }
}

#[test]
fn what_is_over_is_told_while_the_pipe_is_open() {
    let (_directory, ended) = shell(
        "mkfifo pipe; exec 3<>pipe; timeout 20 $NBW detect --read pipe --format json > told & P=$!; cat scan.pcap >&3; sleep 1; \
         wc -l < told; tail -c +25 later.pcap >&3; for i in $(seq 100); do test -s told && break; sleep 0.1; done; wc -l < told; \
         kill -TERM $P; wait $P; wc -l < told",
    );
    assert_eq!(ended.stdout, "0\n1\n1\n", "{ended:?}");
    ended.assert_says(&["stopped after 420 packets"]);
}

#[test]
fn a_signal_leaves_nothing_half_written() {
    for command in [
        "simulate syn-flood --duration 24h --write written",
        "detect --learn flood.pcap --normal later.pcap --output written",
        "detect --read flood.pcap --write written",
    ] {
        let (directory, ended) = shell(&format!(
            "$NBW simulate syn-flood --duration 60s --write flood.pcap; echo before > written; timeout 20 $NBW {command} > /dev/null & P=$!; \
             for i in $(seq 100); do ls -A | grep -q '^[.]nbw-' && break; sleep 0.02; done; ls -A | grep -c '^[.]nbw-'; \
             sleep 0.3; kill -TERM $P; wait $P; echo $?; cat written"
        ));
        assert_eq!(ended.stdout, "1\n1\nbefore\n", "{command}: {ended:?}");
        ended.assert_says(&["stopped "]);
        assert_eq!(remains(directory.path()), [""; 0], "{command}");
    }
}

#[test]
fn standard_output_takes_a_generated_capture() {
    let (_directory, ended) = shell(
        "$NBW simulate port-scan-syn --duration 2s --write - | $NBW detect --read - --format json | grep -c port-scan-syn; \
         ls; $NBW simulate syn-flood --duration 24h --write - | head -c 100 | wc -c; echo ${PIPESTATUS[0]}; \
         $NBW simulate syn-flood --duration 24h --write /dev/stdout | head -c 100 | wc -c; echo ${PIPESTATUS[0]}",
    );
    assert_eq!(ended.stdout, "1\nlater.pcap\nscan.pcap\n100\n0\n100\n0\n", "{ended:?}");
    assert_eq!(ended.stderr, "", "{ended:?}");
}
