//! `kill -9` at any moment costs at most what was not written yet, and nothing is counted twice.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::Duration,
};

use nbw::history::query::Every;
use nbw_tests::lab::{received_by_all, until};

use super::{START, ask, received};

const KILLS: u64 = 100;
/// Ticks in the finest part of time.
const PART: i64 = 10;

#[test]
fn a_hundred_kills_lose_no_part_that_was_written_and_count_none_twice() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut there = 0;
    for kill in 0..KILLS {
        // Some are killed while they open the database, some in the middle of many writings, on a slow machine too.
        let at_work = kill % 2 == 1;
        let said = run_and_kill(dir.path(), there, at_work, Duration::from_millis(kill * 37 % 211 + 1));
        there = check(dir.path(), there.max(said));
    }
    assert!(there > 10 * PART, "only {there} ticks were written");
    println!("{there} ticks of {KILLS} lives");
}

/// Lets a recorder go on from a tick, and kills it after a while, or that long after it has written something; the last tick
/// that it said was written.
fn run_and_kill(dir: &Path, first: i64, at_work: bool, after: Duration) -> i64 {
    let arguments = [dir.to_str().expect("UTF-8").to_owned(), first.to_string(), START.to_string()];
    let mut command = Command::new(env!("CARGO_BIN_EXE_nbw-recorder"));
    let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().expect("the recorder starts");
    let said = Arc::new(AtomicI64::new(first));
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let listener = Arc::clone(&said);
    let listening = thread::spawn(move || {
        let numbers = lines.map_while(Result::ok).filter_map(|line| line.parse().ok());
        numbers.for_each(|number| listener.store(number, Ordering::SeqCst));
    });
    if at_work {
        until("its first writing", || (said.load(Ordering::SeqCst) > first).then_some(()));
    }
    thread::sleep(after);
    child.kill().expect("it can be killed");
    until("its end", || child.try_wait().expect("a child"));
    listening.join().expect("its last words");
    said.load(Ordering::SeqCst)
}

/// All tiers have the same ticks: those that were said to be written, and at most one part of time more. Tells how many.
fn check(dir: &Path, said: i64) -> i64 {
    let to = said + 2 * PART;
    let Ok(answer) = ask(dir, to, Every::Seconds(10)) else {
        assert_eq!(said, 0, "the history cannot be read");
        return 0;
    };
    let found = received(&answer);
    let there = [said, said + PART].into_iter().find(|there| received_by_all(0..*there) == found);
    let there = there.unwrap_or_else(|| panic!("{said} ticks are {}, found are {found}", received_by_all(0..said)));
    for every in [Every::Seconds(60), Every::Seconds(300), Every::Seconds(3_600), Every::Day] {
        let answer = ask(dir, 10 * 86_400, every).expect("an answer");
        assert_eq!(received(&answer), found, "{every:?} after {there} ticks");
    }
    there
}
