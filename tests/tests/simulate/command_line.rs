//! How it is called, and what it refuses.

use std::collections::HashSet;

use nbw_tests::lab::Ended;

use super::{nbw, printed};

#[test]
fn other_interfaces_are_refused() {
    for options in ["simulate syn-flood --interface lo", "simulate -i eth0", "simulate --all --verify -i lo"] {
        Ended::run("", options).assert_one_sentence(2, &["never sends", "network namespaces"]);
    }
}

#[test]
fn unknown_names_are_corrected() {
    Ended::run("", "simulate syn-flod").assert_one_sentence(2, &["did you mean syn-flood?", "--list"]);
}

#[test]
fn without_privileges_it_ends_with_77_and_writes_files_all_the_same() {
    let nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all";
    for options in ["simulate syn-flood", "simulate --all --verify", "simulate beacon --verify"] {
        Ended::run(nobody, options).assert_one_sentence(77, &["CAP_SYS_ADMIN", "CAP_NET_ADMIN", "sudo"]);
    }
    let written = Ended::run(nobody, "simulate arp-spoof --write /dev/null");
    assert_eq!(written.code, Some(0), "{written:?}");
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    for (file, why) in [
        ("/nonexistent/x.pcap", "No such file or directory (os error 2)"),
        ("/proc/x.pcap", "No such file or directory (os error 2)"),
        ("/dev/full", "No space left on device (os error 28)"),
    ] {
        let ended = Ended::run("", &format!("simulate syn-flood --duration 1s --write {file}"));
        ended.assert_one_sentence(1, &[]);
        assert_eq!(ended.stderr, format!("nbw: cannot write {file}: {why}\n"));
    }
}

#[test]
fn rates_that_never_come_are_wrong_usage() {
    for rate in ["1e-300", "1e-20", "0", "-1", "nan", "inf"] {
        let ended = Ended::run("", &format!("simulate syn-flood --rate {rate} --write /dev/null"));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        ended.assert_says(&["from 0.0000116 (one a day) to 10000000"]);
    }
    let line = "$NBW simulate dns-tunnel --rate 0.0000116 --duration 10s --write - | $NBW detect --read -";
    let daily = Ended::shell("", line).stderr;
    let packets: Option<u64> = daily.split_whitespace().nth(3).and_then(|word| word.parse().ok());
    assert!(packets.is_some_and(|packets| packets > 0), "{daily}");
}

#[test]
fn the_list_has_every_signature_that_packets_can_show() {
    let first = |text: String| -> HashSet<String> {
        text.lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
    };
    let signatures = first(printed(nbw(30, &["detect", "--list"])));
    let listed = first(printed(nbw(30, &["simulate", "--list"])));
    let missing: Vec<&String> = signatures.difference(&listed).collect();
    // It is shown by five, one for each protocol.
    assert_eq!(missing, ["amplification-reflector"]);
    for protocol in ["dns", "ntp", "ssdp", "memcached", "cldap"] {
        assert!(listed.contains(&format!("{protocol}-reflector")), "{protocol}");
    }
}
