//! What is no capture, what was called strangely, and who does not listen.

use std::fs;

use nbw_tests::lab::{Ended, run};

use super::{capture, ordinary, read, scan};

#[test]
fn what_is_no_capture_is_named_with_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("empty"), "").unwrap();
    fs::write(path("text"), "no capture\n").unwrap();
    let scan = fs::read(capture(directory.path(), "scan.pcap", &scan(9))).unwrap();
    fs::write(path("twice"), zstd::encode_all(&*zstd::encode_all(&*scan, 3).unwrap(), 3).unwrap()).unwrap();
    for (name, why) in [
        ("empty", "it is empty"),
        ("text", "it is no capture: give a pcap or pcapng file"),
        ("twice", "it is no capture: give a pcap or pcapng file"),
        ("none", "No such file or directory"),
        ("", "is a directory"),
    ] {
        let (file, found) = (path(name), path("found"));
        for options in ["", "--format json", &format!("--write {}", found.display())] {
            read(&file, options).assert_one_sentence(1, &["cannot read ", &file.display().to_string(), why]);
        }
        let learn = format!("detect --learn {} --normal {}", file.display(), path("scan.pcap").display());
        Ended::run("", &learn).assert_one_sentence(1, &["cannot read ", why]);
        assert!(!found.exists());
    }
}

/// Escapes move no cursor and make no lines, whether they are the name's or a file's words.
#[test]
fn hostile_names_are_shown_harmless() {
    let directory = tempfile::tempdir().unwrap();
    let name = "a\u{1b}[31m\nb\u{202e}.pcap";
    for (file, frames) in [(name.to_owned(), scan(200)), (format!("normal{name}"), ordinary())] {
        capture(directory.path(), &file, &frames);
    }
    fs::write(directory.path().join(format!("broken{name}")), "no capture").unwrap();
    let ended = Ended::shell(
        "",
        &format!(
            "cd {}; N=$'a\\e[31m\\nb\\u202e.pcap'; $NBW detect --read \"broken$N\"; $NBW detect --read \"none$N\" --write x; \
             $NBW detect --read \"$N\" --write \"none/$N\"; $NBW detect --learn \"$N\" --normal \"$N\"; \
             $NBW detect --learn \"$N\" --normal \"normal$N\" && $NBW detect --explain $'x\\e[2J'; \
             $NBW detect --signatures \"none$N\" --list; $NBW simulate beacon --write \"none/$N\"; \
             $NBW report --read \"$N\" | cat",
            directory.path().display()
        ),
    );
    for out in [&ended.stdout, &ended.stderr] {
        assert!(!out.contains(['\u{1b}', '\u{202e}']), "{out}");
    }
    assert_eq!(ended.stderr.lines().filter(|line| line.starts_with("nbw: ")).count(), 7, "{ended:?}");
    assert!(ended.stdout.contains("name = \"learnt-a-31m-b\""), "{ended:?}");
    assert_eq!(ended.stderr.matches("a\u{fffd}[31m\u{fffd}b\u{fffd}.pcap").count(), 7, "{ended:?}");
}

#[test]
fn signatures_of_others_are_shown_harmless() {
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join("own.toml");
    let text = "[[signature]]\nname = \"port-scan-syn\"\nkind = \"port-scan\"\ntitle = \"Any\\u001b[2J\"\nabout = \"A\\u001b[2J\"\n\
                severity = \"critical\"\nconfidence = 1.0\nadvice = \"N\\u001b[2J\"\nkey = \"pair\"\nwindow = 10\nevent = \"source\"\n\
                count = [{ name = \"n\", on = [\"tcp-refused\"] }]\nwhen = [{ value = \"n\", at-least = 2, because = \"t\\u001b[2J\" }]\n";
    fs::write(&own, text).unwrap();
    let file = capture(directory.path(), "scan.pcap", &scan(9));
    let own = own.display();
    for line in [
        format!("--list --signatures {own}"),
        format!("--explain port-scan-syn --signatures {own}"),
        format!("--read {} --signatures {own}", file.display()),
    ] {
        let ended = Ended::run("", &format!("detect {line}"));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert!(ended.stdout.contains("\u{fffd}[2J") && !ended.stdout.contains('\u{1b}'), "{ended:?}");
    }
}

#[test]
fn nobody_who_listens_is_no_failure() {
    let directory = tempfile::tempdir().unwrap();
    let file = capture(directory.path(), "ordinary.pcap", &ordinary());
    let line = format!("$NBW detect --read {0} 2>&1 >&- | exec 0<&- sleep 1; echo ${{PIPESTATUS[0]}}", file.display());
    assert_eq!(Ended::shell("", &line).stdout, "0\n");
    let full = Ended::shell(
        "",
        &format!("$NBW detect --list > /dev/full; $NBW detect --read {} 2> /dev/full; echo $?", file.display()),
    );
    assert_eq!(full.stdout, "0\n", "{full:?}");
    assert!(full.stderr.starts_with("nbw: cannot write to standard output: No space left on device"), "{full:?}");
    run(&format!("gzip -k {}", file.display()));
}

#[test]
fn that_only_one_direction_is_there_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let line = |rest: &str| Ended::shell("", &format!("cd {}; {rest}", directory.path().display()));
    let made = line(
        "$NBW simulate web-server --duration 10s --write both.pcap && tshark -r both.pcap -Y 'ip.dst == 10.20.0.10' -w one.pcap",
    );
    assert_eq!(made.code, Some(0), "{made:?}");
    let (both, one) = (line("$NBW detect --read both.pcap"), line("$NBW detect --read one.pcap"));
    assert_eq!((both.code, both.stdout.as_str(), one.code, one.stdout.as_str()), (Some(0), "", Some(0), ""));
    let told = "of most connections only one direction is in the capture";
    assert!(!both.stderr.contains(told) && one.stderr.contains(told), "{both:?} {one:?}");
}
