//! `--write`: the packets of what was found, and what it refuses.

use std::{fs, os::unix::fs::symlink};

use nbw_detect::capture::LinkType;
use nbw_tests::lab::{Ended, run};

use super::{capture, capture_from, count, ordinary, read, scan};

#[test]
fn the_packets_of_an_event_are_written_and_no_others() {
    let directory = tempfile::tempdir().unwrap();
    let mut frames = scan(200);
    // In between, so that the time alone does not tell them apart.
    for (number, frame) in ordinary().into_iter().enumerate() {
        frames.insert(100 + 10 * number, frame);
    }
    let file = capture(directory.path(), "both.pcap", &frames);
    let found = directory.path().join("found.pcap");
    for (most, expected) in [("", 400), ("--most-packets 7", 7)] {
        let ended = read(&file, &format!("--write {} {most}", found.display()));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        // What went before its first refused port, and after its last, is not the event's.
        let written = count(&found);
        assert!(written <= expected && written + 3 >= expected, "{written}");
        let others = run(&format!("tshark -r {} -Y !(ip.addr==192.0.2.7&&ip.addr==198.51.100.9)", found.display()));
        assert_eq!(others, "");
    }
}

#[test]
fn the_capture_that_is_read_is_not_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let file = capture(directory.path(), "scan.pcap", &scan(200));
    let link = directory.path().join("link.pcap");
    symlink(&file, &link).unwrap();
    let before = fs::read(&file).unwrap();
    for (input, output) in [(&file, &file), (&file, &link), (&link, &file)] {
        let options = format!("--write {}", output.display());
        read(input, &options).assert_one_sentence(2, &["would replace", &output.display().to_string(), "another file"]);
    }
    let line = format!("report --read {0} --by host --format csv --output {0}", file.display());
    Ended::run("", &line).assert_one_sentence(2, &["would replace"]);
    let line = format!("detect --learn {0} --normal {1} --output {0}", file.display(), link.display());
    Ended::run("", &line).assert_one_sentence(2, &["would replace"]);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn what_can_be_read_only_once_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    run(&format!("mkfifo {}", pipe.display()));
    let scan = capture(directory.path(), "scan.pcap", &scan(3));
    for (name, said) in [("-", "standard input"), (pipe.to_str().unwrap(), pipe.to_str().unwrap())] {
        let told = ["--write", "more than once", said, "to a file first"];
        Ended::run("", &format!("detect --read {name} --write /dev/null")).assert_one_sentence(2, &told);
        for words in [format!("{name} --normal {}", scan.display()), format!("{} --normal {name}", scan.display())] {
            let told = ["--learn", "more than once", said, "to a file first"];
            Ended::run("", &format!("detect --learn {words}")).assert_one_sentence(2, &told);
        }
    }
}

#[test]
fn where_nothing_can_be_written_is_told_before_anything_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let file = capture(directory.path(), "scan.pcap", &scan(200));
    for (to, code, why) in [
        ("/nonexistent/x.pcap", 1, "cannot write /nonexistent/x.pcap: No such file or directory (os error 2)"),
        ("/", 1, "cannot write /: Is a directory (os error 21)"),
        ("-", 2, "give a file to --write"),
    ] {
        // No event: it was not begun.
        read(&file, &format!("--write {to}")).assert_one_sentence(code, &[why]);
    }
    let full = read(&file, "--write /dev/full --format json");
    assert_eq!((full.code, full.stdout.lines().count()), (Some(1), 1), "{full:?}");
    assert!(full.stderr.contains("cannot write /dev/full: No space left on device"), "{full:?}");
}

#[test]
fn packets_are_written_also_where_nobody_reads_the_events() {
    let directory = tempfile::tempdir().unwrap();
    // Two events: the first is told while the capture is read.
    capture(directory.path(), "first.pcap", &scan(200));
    capture_from(3_600, directory.path(), "second.pcap", &scan(200));
    let ended = Ended::shell(
        "",
        &format!(
            "cd {}; mergecap -a -F nsecpcap -w both.pcap first.pcap second.pcap; \
             ($NBW detect --read both.pcap --write found.pcap; echo $? >&2) | exec 0<&- sleep 1",
            directory.path().display()
        ),
    );
    assert_eq!(ended.stderr, "0\n", "{ended:?}");
    assert!(count(&directory.path().join("found.pcap")) > 780);
}

#[test]
fn packets_of_another_link_type_are_told_of() {
    let directory = tempfile::tempdir().unwrap();
    let frames = scan(200);
    capture(directory.path(), "frames.pcap", &frames);
    let raw: Vec<Vec<u8>> = frames.iter().map(|frame| frame[14..].to_vec()).collect();
    let path = directory.path().join("raw.pcap");
    let mut writer = nbw_detect::capture::Writer::create(&path, LinkType::RAW).unwrap();
    for (packet, number) in raw.iter().zip(0_u64..) {
        let time = nbw_detect::Time(1_795_638_601_000_000_000 + number * 1_000_000);
        writer.write(time, packet.len() as u32, packet).unwrap();
    }
    writer.finish().unwrap();
    let merged = directory.path().join("merged.pcapng");
    run(&format!("mergecap -F pcapng -w {0}/merged.pcapng {0}/frames.pcap {0}/raw.pcap", directory.path().display()));
    let found = directory.path().join("found.pcap");
    let ended = read(&merged, &format!("--write {}", found.display()));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let written = count(&found);
    assert!((390..=400).contains(&written), "{written}");
    let said = ended.stderr.split_whitespace().nth(1).and_then(|word| word.parse::<u64>().ok());
    assert!(said.is_some_and(|said| (390..=400).contains(&said)), "{}", ended.stderr);
    assert!(ended.stderr.contains("another link type"), "{}", ended.stderr);
}

#[test]
fn an_empty_capture_of_packets_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = capture(directory.path(), "ordinary.pcap", &ordinary());
    let found = directory.path().join("found.pcap");
    assert_eq!(read(&file, &format!("--write {}", found.display())).code, Some(0));
    assert_eq!(run(&format!("capinfos -Mcr {}", found.display())).split_whitespace().last(), Some("0"));
}
