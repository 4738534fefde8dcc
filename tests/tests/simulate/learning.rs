//! `nbw detect --learn`: what is learnt from two captures finds the one and not the other.

use std::{fs, path::Path};

use nbw_tests::lab::Ended;
use tempfile::TempDir;

use super::{events, nbw, printed, write};

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn what_is_learnt_finds_the_attack_and_nothing_in_what_is_normal() {
    let directory = TempDir::new().expect("a directory");
    let [attack, normal, learnt] =
        ["the attack.pcap", "normal.pcap", "learnt.toml"].map(|name| directory.path().join(name));
    for (name, alike) in [("host-sweep-tcp", "crawler"), ("icmp-flood", "monitoring"), ("udp-flood", "video-call")] {
        write(name, &["--duration", "3s"], &attack);
        write(alike, &["--duration", "10s"], &normal);
        let words = ["detect", "--learn", text(&attack), "--normal", text(&normal), "--output", text(&learnt)];
        assert_eq!(printed(nbw(300, &words)), "", "{name}");
        let options = ["--signatures", text(&learnt)];
        let told = fs::read_to_string(&learnt).expect("the signature");
        let page = printed(nbw(30, &["detect", "--explain", "learnt-the-attack", "--signatures", text(&learnt)]));
        assert!(page.contains("the geometric middle"), "{page}");
        assert_ne!(events(&attack, &options), [], "{name}: {told}");
        assert_eq!(events(&normal, &options), [], "{name}: {told}");
    }
}

#[test]
fn what_is_mixed_up_is_asked_about() {
    let directory = TempDir::new().expect("a directory");
    let [attack, normal] = ["attack.pcap", "normal.pcap"].map(|name| directory.path().join(name));
    write("port-scan-syn", &["--duration", "3s"], &attack);
    write("web-server", &["--duration", "3s"], &normal);
    let learn = |attack: &Path, normal: &Path| {
        Ended::run("", &format!("detect --learn {} --normal {}", attack.display(), normal.display()))
    };
    let right = learn(&attack, &normal);
    assert!(right.code == Some(0) && !right.stderr.contains("mixed up"), "{right:?}");
    let wrong = learn(&normal, &attack);
    assert_eq!(wrong.code, Some(0), "{wrong:?}");
    wrong.assert_says(&["attack.pcap was taken for normal", "(port-scan-syn)", "mixed up?"]);
}

#[test]
fn what_cannot_be_learnt_is_said() {
    let directory = TempDir::new().expect("a directory");
    let normal = directory.path().join("normal.pcap");
    write("web-server", &["--duration", "3s"], &normal);
    let learn = |attack: &str| Ended::run("", &format!("detect --learn {attack} --normal {}", text(&normal)));
    learn(text(&normal)).assert_one_sentence(1, &["nothing sets normal.pcap apart from normal.pcap"]);
    learn("-").assert_one_sentence(2, &["standard input", "a file first"]);
    learn("/nonexistent/x.pcap").assert_one_sentence(1, &["/nonexistent/x.pcap"]);
}
