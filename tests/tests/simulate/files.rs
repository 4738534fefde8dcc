//! What is generated into files, by those who know packets, and by `nbw detect --read`.

use std::{fs, path::Path, process::Command};

use nbw_detect::simulate::{attacks, look_alikes};
use tempfile::TempDir;

use super::{events, is_right, write};

/// Files hold so much of a scenario at most: a tenth of the floods' packets says all.
const SHORT: &[&str] = &["--duration", "2s"];

#[test]
fn each_attack_is_recognised_from_a_file_and_nothing_else_is() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("attack.pcap");
    for attack in attacks().filter(|attack| !attack.needs_history) {
        let name = attack.scenario.name;
        let seconds = format!("{}s", attack.within.as_secs());
        write(name, &["--duration", &seconds], &file);
        let events = events(&file, &[]);
        assert!(is_right(attack, &events), "{name}: {events:#?}");
    }
}

#[test]
fn look_alikes_are_not_reported() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("harmless.pcap");
    for alike in look_alikes() {
        write(alike.scenario.name, &[], &file);
        assert_eq!(events(&file, &[]), [], "{}", alike.scenario.name);
    }
}

#[test]
fn the_same_seed_gives_the_same_file() {
    let directory = TempDir::new().expect("a directory");
    let [first, again, other] = ["first", "again", "other"].map(|name| directory.path().join(name));
    for name in ["syn-flood-spoofed", "brute-force", "dns-tunnel", "web-server"] {
        for (file, seed) in [(&first, "7"), (&again, "7"), (&other, "8")] {
            write(name, &[SHORT, &["--seed", seed]].concat(), file);
        }
        let read = |file: &Path| fs::read(file).expect("the file");
        assert!(read(&first) == read(&again), "{name}");
        assert!(read(&first) != read(&other), "{name}");
    }
}

#[test]
fn tshark_finds_nothing_malformed() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("scenario.pcap");
    let all = attacks().map(|attack| attack.scenario).chain(look_alikes().map(|alike| alike.scenario));
    let checksums = "ip.checksum.status == 0 || tcp.checksum.status == 0";
    for scenario in all {
        write(scenario.name, SHORT, &file);
        // Of most protocols, a scan of all of them sends no header: that is what nmap does, and it is malformed. So is what a flood
        // sends to ports at random, whatever they are for.
        let filter = match scenario.name {
            "port-scan-protocol" | "udp-flood-random-ports" => checksums.to_owned(),
            _ => format!("_ws.malformed || _ws.expert.severity == error || {checksums}"),
        };
        let found = tshark(&file, &filter);
        assert_eq!(found, "", "{}", scenario.name);
        assert_ne!(tshark(&file, "frame.number == 1"), "", "{}: there is nothing in it", scenario.name);
    }
}

/// The packets that a display filter shows, with all checksums looked at.
fn tshark(file: &Path, filter: &str) -> String {
    let mut command = Command::new("tshark");
    for option in ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE"] {
        command.args(["-o", option]);
    }
    let output =
        command.arg("-r").arg(file).args(["-Y", filter]).output().expect("tshark (cargo xtask test installs it)");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
