//! Disks and files that fail: the recording goes on, says so, and loses nothing.

use std::{fs, path::Path, thread, time::Duration};

use rusqlite::Connection;

use super::{Kind, Reader, Recorder, asked, at, second, snapshot, tiers, until};
use crate::history::{Database, FILE, recorder::batch::Batch, recorder::pending::Pending};

/// Takes ticks of a second, from one second to another.
fn record(recorder: &Recorder, seconds: std::ops::Range<i64>) {
    for number in seconds {
        let time = second(at("2026-11-25T12:00:00Z"), number + 1);
        recorder.take(&snapshot(time, Duration::from_secs(1), 1_000, 0));
    }
}

fn recorded(dir: &Path) -> u64 {
    let reader = Reader::open(dir).unwrap();
    let start = at("2026-11-25T12:00:00Z");
    let answer = reader.ask(&asked(Kind::Interface, start, second(start, 3_600), 60)).unwrap();
    answer.whole.iter().map(|whole| whole.rx.bytes).sum()
}

#[test]
fn another_process_s_lock_is_waited_out() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(dir.path(), &tiers()).unwrap();
    record(&recorder, 0..25);
    until(&recorder, "the first writing", |status| status.last_written.is_some());
    let other = Connection::open(dir.path().join(FILE)).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    record(&recorder, 25..45);
    let status = until(&recorder, "the fault", |status| status.fault.is_some());
    assert!(status.fault.unwrap().message.contains("locked") && status.pending.parts > 1);
    other.execute_batch("COMMIT").unwrap();
    until(&recorder, "what was pending", |status| status.fault.is_none() && status.pending.parts == 1);
    assert!(recorder.finish());
    assert_eq!(recorded(dir.path()), 45_000);
}

#[test]
fn a_lock_at_the_end_is_waited_out_too() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(dir.path(), &tiers()).unwrap();
    record(&recorder, 0..25);
    until(&recorder, "the first writing", |status| status.last_written.is_some());
    let other = Connection::open(dir.path().join(FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let unlocking = thread::spawn(move || {
        // Longer than one attempt waits.
        thread::sleep(Duration::from_millis(900));
        other.execute_batch("COMMIT").unwrap();
    });
    assert!(recorder.finish());
    unlocking.join().unwrap();
    assert_eq!(recorded(dir.path()), 25_000);
}

#[test]
fn a_file_that_is_no_database_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE), "years of work".repeat(1_000)).unwrap();
    let recorder = Recorder::start(dir.path(), &tiers()).unwrap();
    record(&recorder, 0..30);
    let status = until(&recorder, "a new database", |status| !status.set_aside.is_empty());
    let name = status.set_aside[0].file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("history.db.corrupt-20"), "{name}");
    assert_eq!(fs::read(&status.set_aside[0]).unwrap().len(), 13_000);
    assert!(recorder.finish());
    assert_eq!(recorded(dir.path()), 30_000);
}

#[test]
fn a_database_that_is_damaged_while_it_is_used_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(dir.path(), &tiers()).unwrap();
    record(&recorder, 0..25);
    until(&recorder, "the first writing", |status| status.last_written.is_some());
    let other = Connection::open(dir.path().join(FILE)).unwrap();
    let vandalise = "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage = 4711 WHERE name = 'recent';
        PRAGMA schema_version = 99;";
    other.execute_batch(vandalise).unwrap();
    drop(other);
    record(&recorder, 25..60);
    let status = until(&recorder, "a new database", |status| !status.set_aside.is_empty());
    assert!(status.set_aside[0].exists());
    assert!(recorder.finish());
    // What was written before is in the other file.
    assert!((35_000..=60_000).contains(&recorded(dir.path())), "{}", recorded(dir.path()));
}

#[test]
fn a_directory_that_goes_and_comes_costs_nothing_of_what_comes_after() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("nbw");
    let recorder = Recorder::start(&dir, &tiers()).unwrap();
    record(&recorder, 0..25);
    until(&recorder, "the first writing", |status| status.pending.parts == 1 && status.last_written.is_some());
    fs::remove_dir_all(&dir).unwrap();
    // Where the directory was there is something else now.
    fs::write(&dir, "").unwrap();
    record(&recorder, 25..55);
    let status = until(&recorder, "the fault", |status| status.fault.is_some());
    assert!(status.fault.unwrap().message.contains(&*dir.to_string_lossy()));
    fs::remove_file(&dir).unwrap();
    until(&recorder, "the new directory", |status| status.fault.is_none());
    assert!(recorder.finish());
    assert_eq!(recorded(&dir), 55_000 - 20_000);
}

#[test]
fn a_commit_that_is_told_to_have_failed_and_has_not_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers()).unwrap();
    let mut pending = Pending::new(&tiers());
    let mut batch = |seconds: std::ops::Range<i64>| {
        for number in seconds {
            let time = second(at("2026-11-25T12:00:00Z"), number + 1);
            pending.take(super::Tick::of(&snapshot(time, Duration::from_secs(1), 1_000, 0)));
        }
        Batch::of(&pending.due()).unwrap()
    };
    let (mut first, mut next) = (batch(0..10), batch(10..20));
    database.fail_after_the_next_commit();
    let said = first.write(&mut database).unwrap_err().to_string();
    assert!(said.contains(FILE), "{said}");
    assert_eq!(recorded(dir.path()), 10_000, "the commit was to be there all the same");
    // As the writer does it.
    drop(database);
    let mut database = Database::open(dir.path(), &tiers()).unwrap();
    first.write(&mut database).unwrap();
    next.write(&mut database).unwrap();
    assert_eq!(recorded(dir.path()), 20_000);
}

#[test]
fn a_batch_that_really_failed_is_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(dir.path(), &tiers()).unwrap();
    until(&recorder, "the database", |_| dir.path().join(FILE).exists());
    let other = Connection::open(dir.path().join(FILE)).unwrap();
    other.busy_timeout(Duration::from_secs(60)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    record(&recorder, 0..25);
    let status = until(&recorder, "the fault", |status| status.fault.is_some());
    assert_eq!((status.pending.parts, status.last_written), (3, None), "what is in hand is not written");
    other.execute_batch("COMMIT").unwrap();
    until(&recorder, "what was in hand", |status| status.fault.is_none() && status.pending.parts == 1);
    assert!(recorder.finish());
    assert_eq!(recorded(dir.path()), 25_000);
}
