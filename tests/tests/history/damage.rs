//! A byte of the file is not what it was: whatever it is, the recording goes on, and no figure of what comes is wrong.

use std::{fs, path::Path};

use nbw::history::{Database, FILE, Recorder, query::Every};
use nbw_tests::lab::received_by_all;

use super::{START, ask, received, record, tiers};

/// So many bytes are flipped, each in a copy of its own.
const FLIPS: usize = 60;
/// Ticks before, and all.
const BEFORE: i64 = 6_000;
const ALL: i64 = BEFORE + 40;

#[test]
fn any_flipped_byte_is_survived() {
    let whole = written();
    let file = fs::read(whole.path().join(FILE)).expect("the database");
    let (mut aside, mut unnoticed) = (0, 0);
    for flip in 0..FLIPS {
        let dir = tempfile::tempdir().expect("a directory");
        let mut bytes = file.clone();
        // The beginning, where the header is, and the rest evenly.
        let at = if flip < 20 { flip * 5 } else { (flip * 2_654_435 + 101) % bytes.len() };
        bytes[at] ^= 1 << (flip % 8);
        fs::write(dir.path().join(FILE), &bytes).expect("a copy");
        if goes_on(dir.path(), at) { aside += 1 } else { unnoticed += 1 }
    }
    println!("{aside} of {FLIPS} databases were set aside");
    assert!(aside > 0 && unnoticed > 0);
}

/// A database in which much is packed.
fn written() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let recorder = Recorder::start(dir.path(), &tiers()).expect("a recorder");
    record(&recorder, 0..BEFORE);
    assert!(recorder.finish());
    let mut database = Database::open(dir.path(), &tiers()).expect("the database");
    while database.pack_one(START + 86_400 * 30).expect("it is packed") {}
    dir
}

/// Records on; whether the damaged file was set aside.
fn goes_on(dir: &Path, at: usize) -> bool {
    let recorder = Recorder::start(dir, &tiers()).expect("a recorder");
    record(&recorder, BEFORE..ALL);
    super::status_where(&recorder, &format!("the writing after byte {at} was flipped"), |status| {
        status.last_written.is_some()
    });
    let status = recorder.status();
    assert!(recorder.finish(), "byte {at}: {status:?}");
    let answer = ask(dir, ALL + 60, Every::Seconds(10)).unwrap_or_else(|error| panic!("byte {at}: {error}"));
    let since = usize::try_from(BEFORE / 10).expect("a number");
    let new: u64 = answer.series.iter().flat_map(|series| &series.points[since..]).map(|point| point.rx.bytes).sum();
    assert_eq!(new, received_by_all(BEFORE..ALL), "byte {at}: {status:?}");
    for aside in &status.set_aside {
        assert!(aside.exists() && aside.to_string_lossy().contains("history.db.corrupt-20"), "{aside:?}");
        assert!(received(&answer) == new, "byte {at}");
    }
    !status.set_aside.is_empty()
}
