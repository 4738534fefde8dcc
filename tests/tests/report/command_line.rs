//! What is wrong is told in one sentence; files are whole or not there.

use std::fs;

use nbw_tests::lab::{Ended, Nbw, Terminal};

use crate::past::Past;

#[test]
fn without_a_history_it_says_what_to_start() {
    let ended = Ended::run("", "report --data-dir /no/such/directory");
    ended.assert_one_sentence(1, &["/no/such/directory", "`nbw agent`", "--data-dir"]);
}

#[test]
fn a_span_without_traffic_says_what_there_is() {
    let past = Past::known();
    let begin = past.begin.strftime("%F %H:%M").to_string();
    past.report("--by container --from 2001-01-01 --to 2001-01-31").assert_one_sentence(1, &["2001-01-01", &begin]);
    past.report("--by pod").assert_one_sentence(1, &["pods", &begin]);
}

#[test]
fn wrong_usage_is_told() {
    let past = Past::known();
    for (options, words) in [
        ("--from soon", &["\"soon\"", "yesterday"][..]),
        ("--from tomorrow", &["no time between"]),
        ("--last 0h", &["24h"]),
        ("--by container -i eth0", &["--interface", "containers"]),
        ("--last 7d --every 10s", &["parts", "--every"]),
        ("--chart heatmap", &["--chart", "svg and png"]),
        ("--advice --format csv", &["--advice", "json"]),
        ("--output /tmp/report.pdf", &["/tmp/report.pdf", "--format"]),
    ] {
        past.report(options).assert_one_sentence(2, words);
    }
    for (options, words) in [
        ("--every 7m", &["--every", "7m"][..]),
        ("--zone Middle/Earth", &["--zone", "Europe/Berlin"]),
        ("--month-begins 29", &["--month-begins", "29"]),
        ("--quota 500", &["--quota", "500GB"]),
        ("--from monday --last 24h", &["--last"]),
        ("decades", &["decades", "hours"]),
    ] {
        let ended = past.report(options);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{options}: {ended:?}");
        ended.assert_says(words);
    }
}

#[test]
fn a_file_has_the_format_of_its_ending_and_is_whole() {
    let (past, directory) = (Past::known(), tempfile::tempdir().expect("a directory"));
    for (name, begin) in [
        ("report.json", "{\"schema\":1,"),
        ("report.csv", "start,end,kind"),
        ("report.html", "<!doctype html>"),
        ("report.svg", "<svg "),
        ("report.txt", ""),
    ] {
        let path = directory.path().join(name);
        let ended = past.report(&format!("hours --by container --output {}", path.display()));
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "", ""), "{name}");
        let text = fs::read_to_string(&path).expect("the file");
        assert!(text.starts_with(begin) && text.len() > 500, "{name}: {text}");
    }
    assert_eq!(fs::read_dir(&directory).expect("a directory").count(), 5);
}

#[test]
fn what_fails_leaves_the_file_as_it_was() {
    let (past, directory) = (Past::known(), tempfile::tempdir().expect("a directory"));
    let path = directory.path().join("report.json");
    fs::write(&path, "before").expect("a file");
    past.report(&format!("--by pod --output {}", path.display())).assert_one_sentence(1, &["pods"]);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "before");
    assert_eq!(fs::read_dir(&directory).expect("a directory").count(), 1);
    let nowhere = directory.path().join("no/report.json");
    past.report(&format!("hours --by container --output {}", nowhere.display()))
        .assert_one_sentence(1, &["cannot write", "no/report.json"]);
}

#[test]
fn a_file_is_whole_or_not_there_whenever_nbw_is_stopped() {
    let (past, directory) = (Past::known(), tempfile::tempdir().expect("a directory"));
    let path = directory.path().join("report.html");
    for delay in (0..16).map(|at| f64::from(at) * 0.02) {
        let run =
            format!("$NBW report --data-dir $DATA --by container --last 9d --every 1h --output {}", path.display());
        let ended = past.shell(&format!("{run} 2> /dev/null & sleep {delay}; kill -TERM $!; wait $!; true"));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let files: Vec<_> =
            fs::read_dir(&directory).expect("a directory").map(|file| file.expect("a file").path()).collect();
        assert!(files.iter().all(|file| *file == path), "after {delay} s: {files:?}");
        if path.exists() {
            let text = fs::read_to_string(&path).expect("the file");
            assert!(text.trim_end().ends_with("</html>"), "after {delay} s: {} bytes", text.len());
            fs::remove_file(&path).expect("removed");
        }
    }
}

#[test]
fn a_signal_ends_it_while_nobody_reads() {
    let past = Past::known();
    // A page is more than a pipe holds; the reader sleeps, and holds nobody's output.
    let ended = past.shell(
        "exec 3> >(exec sleep 25 > /dev/null 2>&1); R=$!; $NBW report --data-dir $DATA --by container --last 9d --every 1h --format html >&3 & P=$!; \
         sleep 3; for i in $(seq 50); do sleep 0.1; kill -TERM $P 2> /dev/null || break; done; exec 3>&-; wait $P; echo $?; kill $R",
    );
    assert_eq!(ended.stdout, "1\n", "{ended:?}");
    ended.assert_says(&["stopped before the report was"]);
}

#[test]
fn a_signal_ends_it_while_nobody_opens_its_pipe() {
    let (past, directory) = (Past::known(), tempfile::tempdir().expect("a directory"));
    let pipe = directory.path().join("pipe");
    let ended = past.shell(&format!(
        "mkfifo {pipe}; timeout --kill-after 1 20 $NBW report --data-dir $DATA --by container --output {pipe} & P=$!; sleep 3; \
         kill -TERM $P; wait $P; echo $?; test -p {pipe} && echo still",
        pipe = pipe.display()
    ));
    // `timeout` passes the signal on, and what nbw said to it.
    assert_eq!(ended.stdout, "1\nstill\n", "{ended:?}");
    ended.assert_says(&["nobody reads --output"]);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let past = Past::known();
    for format in ["table", "json", "csv", "html", "svg", "png"] {
        let ended = past.shell(&format!(
            "$NBW report --data-dir $DATA --by container --last 9d --every 1h --format {format} | head -c 1 > /dev/null; exit ${{PIPESTATUS[0]}}"
        ));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{format}: {ended:?}");
    }
    let ended = past.shell("$NBW report --data-dir $DATA --by container > /dev/full");
    ended.assert_one_sentence(1, &["cannot write to standard output"]);
}

#[test]
fn a_png_is_not_for_a_terminal() {
    let terminal = Terminal::open(120, 20);
    terminal.type_line(&format!("{} report --format png", Nbw::binary().display()));
    terminal.shows("why not", |screen| screen.contains("a png is not for a terminal"));
}
