//! A full disk and a read-only one: the recording goes on in memory, and nothing is missing afterwards.

use nbw::history::{FILE, Recorder, query::Every};
use nbw_tests::lab::{SmallDisk, received_by_all};

use super::{ask, received, record, status_where, tiers};

#[test]
fn a_full_disk_is_told_and_what_did_not_fit_comes_later() {
    let disk = SmallDisk::new(512);
    let recorder = Recorder::start(disk.path(), &tiers()).expect("a recorder");
    let mut ticks = 0;
    while recorder.status().fault.is_none() {
        record(&recorder, ticks..ticks + 50);
        ticks += 50;
        status_where(&recorder, "the writing", |status| status.fault.is_some() || status.pending.parts <= 1);
        assert!(ticks < 20_000, "{ticks} ticks fit: {:?}", recorder.status());
    }
    record(&recorder, ticks..ticks + 600);
    let status = recorder.status();
    assert!(status.fault.expect("a fault").message.contains("full"));
    assert!(status.pending.parts >= 60 && status.pending.lost_bytes == 0, "{:?}", status.pending);
    // What is there can be read.
    let before = received(&ask(disk.path(), ticks, Every::Day).expect("an answer"));
    assert!(before <= received_by_all(0..ticks) && before > 0);
    disk.change(64 << 10, false);
    status_where(&recorder, "what did not fit", |status| status.fault.is_none() && status.pending.parts <= 1);
    assert!(recorder.finish());
    let to = ticks + 700;
    for every in [Every::Seconds(10), Every::Seconds(300), Every::Day] {
        assert_eq!(received(&ask(disk.path(), to, every).expect("an answer")), received_by_all(0..ticks + 600));
    }
}

#[test]
fn a_disk_that_becomes_read_only_can_be_read_and_is_written_later() {
    let disk = SmallDisk::new(16 << 10);
    let begun = Recorder::start(disk.path(), &tiers()).expect("a recorder");
    record(&begun, 0..100);
    assert!(begun.finish());
    assert!(disk.path().join(FILE).exists());
    disk.change(16 << 10, true);
    let recorder = Recorder::start(disk.path(), &tiers()).expect("a recorder");
    record(&recorder, 100..200);
    let status = status_where(&recorder, "the fault", |status| status.fault.is_some());
    let message = status.fault.expect("a fault").message;
    assert!(message.contains(FILE), "{message}");
    assert!(status.set_aside.is_empty());
    assert_eq!(received(&ask(disk.path(), 200, Every::Day).expect("an answer")), received_by_all(0..100));
    disk.change(16 << 10, false);
    status_where(&recorder, "what was pending", |status| status.fault.is_none() && status.pending.parts <= 1);
    assert!(recorder.finish());
    assert_eq!(received(&ask(disk.path(), 200, Every::Day).expect("an answer")), received_by_all(0..200));
}
