use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use nix::{errno::Errno, sys::signal::kill, unistd::Pid};
use tempfile::TempDir;

use super::{LONG, firing, resolved, start, until, until_status};
use crate::alert::Notice;

/// A script of this body, by its path.
pub(super) fn script(directory: &TempDir, body: &str) -> String {
    let path = directory.path().join("script");
    fs::write(&path, format!("#!/bin/sh\ncd {}\n{body}\n", directory.path().display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

fn exec(directory: &TempDir, body: &str) -> String {
    format!("[run]\ntype = \"exec\"\ncommand = [\"{}\", \"two words\", \"$HOME;x\"]\n", script(directory, body))
}

fn read(directory: &TempDir, name: &str) -> String {
    fs::read_to_string(directory.path().join(name)).unwrap_or_default()
}

/// Whether there is no such process any more (one that nobody has waited for yet is none).
fn is_gone(pid: &str) -> bool {
    let Ok(number) = pid.trim().parse() else { return false };
    let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    kill(Pid::from_raw(number), None) == Err(Errno::ESRCH) || stat.contains(") Z ")
}

#[tokio::test]
async fn a_program_is_told_by_environment_and_standard_input() {
    let directory = tempfile::tempdir().unwrap();
    let dispatcher = start(&exec(&directory, "env > environment; printf '%s|' \"$@\" > arguments; cat > json"));
    let mut notice = resolved("busy", "web\n$(touch x)");
    notice.labels.insert("long".into(), "x".repeat(200_000));
    dispatcher.tell(&[notice]);
    until_status(&dispatcher, "run", |run| run.sent == 1).await;
    assert_eq!(read(&directory, "arguments"), "two words|$HOME;x|");
    let told: Notice = serde_json::from_str(&read(&directory, "json")).unwrap();
    assert_eq!((&*told.alert.id, told.labels["long"].len()), ("busy/web\n$(touch x)", 200_000));
    let environment = read(&directory, "environment");
    let mut names: Vec<&str> = environment.lines().filter_map(|line| line.split('=').next()).collect();
    names.retain(|name| !matches!(*name, "PWD" | "OLDPWD" | "SHLVL" | "_"));
    names.sort_unstable();
    assert_eq!(
        names.join(" "),
        "NBW_ALERT NBW_CHANGE NBW_FIRED NBW_ID NBW_METRIC NBW_RESOLVED NBW_RULE NBW_SCOPE \
         NBW_SEVERITY NBW_SINCE NBW_STATE NBW_SUBJECT NBW_SUBJECT_KEY NBW_SUMMARY NBW_THRESHOLD NBW_UNIT NBW_VALUE PATH"
    );
    for line in [
        "NBW_CHANGE=resolved",
        "NBW_ALERT=busy",
        "NBW_RULE=container * tx > busy",
        "NBW_STATE=resolved",
        "NBW_SEVERITY=warning",
        "NBW_SCOPE=container",
        "NBW_SUBJECT=web\u{FFFD}$(touch x)",
        "NBW_METRIC=tx",
        "NBW_VALUE=12500000",
        "NBW_THRESHOLD=6250000",
        "NBW_UNIT=bytes_per_second",
        "NBW_SINCE=2026-11-25T09:59:50Z",
        "NBW_FIRED=2026-11-25T10:00:00Z",
        "NBW_RESOLVED=2026-11-25T10:05:00Z",
    ] {
        assert!(environment.lines().any(|other| other == line), "{line} is not in {environment}");
    }
    assert!(!directory.path().join("x").exists());
}

#[tokio::test]
async fn a_program_that_reads_and_says_nothing_of_use_is_no_trouble() {
    let directory = tempfile::tempdir().unwrap();
    let dispatcher = start(&exec(&directory, "exec <&-; head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"));
    let mut notice = firing("busy", "web");
    notice.labels.insert("long".into(), "x".repeat(1_000_000));
    dispatcher.tell(&[notice]);
    until_status(&dispatcher, "run", |run| run.sent == 1).await;
}

#[tokio::test]
async fn failure_is_counted_with_its_code() {
    let directory = tempfile::tempdir().unwrap();
    let dispatcher = start(&exec(&directory, "exit 3"));
    dispatcher.tell(&[firing("busy", "web")]);
    let run = until_status(&dispatcher, "run", |run| run.failed == 1).await;
    assert!(run.last_error.unwrap().text.ends_with("ended with exit code 3"));
}

#[tokio::test]
async fn one_that_hangs_and_does_not_listen_is_ended_with_all_that_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let body = "trap '' TERM; sleep 1000 & echo $! > child; echo $$ > self; while :; do sleep 1000; done";
    let dispatcher = start(&format!("{}timeout = \"300ms\"", exec(&directory, body)));
    dispatcher.tell(&[firing("busy", "web")]);
    let run = until_status(&dispatcher, "run", |run| run.failed == 1).await;
    assert!(run.last_error.unwrap().text.ends_with("was ended after its 300ms"));
    for file in ["child", "self"] {
        until(file, || is_gone(&read(&directory, file))).await;
    }
}

#[tokio::test]
async fn what_it_leaves_behind_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let dispatcher = start(&exec(&directory, "sleep 1000 & echo $! > one; sleep 1000 >/dev/null 2>&1 & echo $! > two"));
    dispatcher.tell(&[firing("busy", "web")]);
    until_status(&dispatcher, "run", |run| run.sent == 1).await;
    for file in ["one", "two"] {
        until(file, || is_gone(&read(&directory, file))).await;
    }
}

#[tokio::test]
async fn one_at_a_time_for_a_rule_and_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let dispatcher = start(&exec(&directory, "mkdir lock || exit 9; echo $NBW_SUBJECT $NBW_CHANGE >> log; rmdir lock"));
    let subjects: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    dispatcher.tell(&subjects.iter().map(|subject| firing("busy", subject)).collect::<Vec<_>>());
    dispatcher.tell(&[resolved("busy", "0")]);
    let run = until_status(&dispatcher, "run", |run| run.sent + run.failed == 11).await;
    assert_eq!(run.failed, 0, "{run:?}");
    let expected: String = subjects.iter().map(|subject| format!("{subject} firing\n")).collect();
    assert_eq!(read(&directory, "log"), expected + "0 resolved\n");
}

/// Each of the two waits for the other: one after the other, neither would end in time.
#[tokio::test]
async fn different_rules_run_beside_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let body = "touch $NBW_ALERT; until [ -e a ] && [ -e b ]; do sleep 0.01; done";
    let dispatcher = start(&format!("{}timeout = \"20s\"", exec(&directory, body)));
    dispatcher.tell(&[firing("a", "web"), firing("b", "web")]);
    until_status(&dispatcher, "run", |run| run.sent == 2).await;
}

#[tokio::test]
async fn at_the_end_programs_are_ended() {
    let directory = tempfile::tempdir().unwrap();
    let dispatcher = start(&format!("{}timeout = \"1h\"", exec(&directory, "echo $$ > self; exec sleep 1000")));
    dispatcher.tell(&[firing("busy", "web"), resolved("busy", "web")]);
    until("it runs", || !read(&directory, "self").is_empty()).await;
    let left = dispatcher.finish(Duration::from_millis(400)).await;
    assert_eq!((left[0].failed, left[0].queued), (1, 1));
    assert!(is_gone(&read(&directory, "self")));
}

#[tokio::test]
async fn dropping_the_dispatcher_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let dispatcher =
        start(&format!("{}timeout = \"{}s\"", exec(&directory, "echo $$ > self; sleep 1000"), LONG.as_secs()));
    dispatcher.tell(&[firing("busy", "web")]);
    until("it runs", || !read(&directory, "self").is_empty()).await;
    drop(dispatcher);
    until("it is gone", || is_gone(&read(&directory, "self"))).await;
}
