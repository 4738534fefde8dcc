//! Sums stay, whatever clocks, disks and bounds do.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{Kind, at, second, snapshot, tiers};
use crate::history::{
    Bucket, Cell, Database, Reader, Tier, Tiers,
    query::Every,
    recorder::{
        moved::{Key, Tick},
        pending::Pending,
        shrink::MOST_CELLS,
    },
};

/// What is in the parts.
fn sum(pending: &Pending, kind: Kind) -> Cell {
    let cells = pending.gathered.values().flat_map(|gathering| &gathering.cells);
    cells.filter(|(key, _)| key.kind == kind).fold(Cell::default(), |mut sum, (_, (_, cell))| {
        sum += *cell;
        sum
    })
}

fn tick(start: i64, milliseconds: u64, bytes: i64) -> Tick {
    let time = second(at("2026-11-25T12:00:00Z"), start);
    Tick::of(&snapshot(time, Duration::from_millis(milliseconds), bytes, 0))
}

#[test]
fn a_long_tick_is_spread_and_makes_no_spike() {
    let mut pending = Pending::new(&tiers());
    pending.take(tick(7, 7_000, 7_000));
    // A suspended host: all of an hour in one tick.
    pending.take(tick(3_607, 3_600_000, 3_600_000));
    assert_eq!(sum(&pending, Kind::Host).rx.bytes, 3_607_000);
    assert_eq!(sum(&pending, Kind::Host).rx.peak, 1_000);
    for ((_, seconds), gathering) in &pending.gathered {
        for (_, cell) in gathering.cells.values() {
            assert!(cell.rx.bytes <= 1_000 * u64::from(*seconds) + 1, "{cell:?} in {seconds} s");
        }
    }
}

#[test]
fn a_clock_that_jumps_makes_neither_spike_nor_more() {
    let mut pending = Pending::new(&tiers());
    for start in [10, 11, 12, 9_000, 9_001, -50_000, -49_999, 13, 14] {
        pending.take(tick(start, 1_000, 500));
    }
    assert_eq!((sum(&pending, Kind::Host).rx.bytes, sum(&pending, Kind::Host).rx.peak), (9 * 500, 500));
    assert!(pending.steady_since.elapsed() < Duration::from_secs(60));
}

fn early(second: i64, bytes: i64) -> Tick {
    let time = at(&format!("1970-01-01T00:{:02}:{:02}Z", second / 60, second % 60));
    Tick::of(&snapshot(time, Duration::from_secs(1), bytes, 0))
}

#[test]
fn what_is_moved_before_the_clock_is_set_is_recorded_when_it_is() {
    let mut pending = Pending::new(&tiers());
    let counter = |value: u64| [(Arc::from("eth0 rx_dropped"), value)];
    for second in 1..=60 {
        pending.take(early(second, 1_000));
        pending.note_counters_at(second, &counter(second as u64));
    }
    assert!(pending.gathered.is_empty(), "{:?}", pending.gathered.keys());
    assert!(!pending.is_empty(), "it would end without a word");
    pending.take(tick(100, 1_000, 1_000));
    pending.note_counters(&counter(100));
    assert_eq!((sum(&pending, Kind::Host).rx.bytes, sum(&pending, Kind::Host).rx.peak), (61_000, 1_000));
    let first = pending.gathered.keys().next().unwrap().0;
    assert_eq!(first, second(at("2026-11-25T12:00:00Z"), 30).as_second(), "61 s before second 100");
    let dropped: u64 = pending.gathered.values().flat_map(|gathering| gathering.counters.values()).sum();
    assert_eq!((dropped, pending.lost), (99, 0));
}

#[test]
fn what_is_held_for_a_clock_has_a_bound_and_is_counted() {
    let mut pending = Pending::new(&tiers());
    for number in 0..30 {
        let mut tick = early(number, 0);
        for group in 0..1_000 {
            let key = Key { kind: Kind::Group, key: format!("/{number}/{group}").into() };
            tick.moved.insert(key, ("group".into(), [100, 1, 100, 1]));
        }
        pending.take(tick);
    }
    assert_eq!(pending.lost, 21_000 * 200);
    pending.take(tick(0, 1_000, 0));
    assert_eq!(sum(&pending, Kind::Group).total(), 9_000 * 200);
}

#[test]
fn a_burst_in_a_short_last_reading_is_no_peak() {
    let mut pending = Pending::new(&tiers());
    for number in 1..=3 {
        pending.take(tick(number * 10, 10_000, 10_000));
    }
    pending.take(tick(31, 20, 5_000));
    assert_eq!((sum(&pending, Kind::Host).rx.bytes, sum(&pending, Kind::Host).rx.peak), (35_000, 1_000));
    // A host that slept for an hour makes the next peak no lower.
    pending.take(tick(3_700, 3_600_000, 0));
    pending.take(tick(3_701, 1_000, 9_000));
    assert_eq!(sum(&pending, Kind::Host).rx.peak, 9_000);
}

#[test]
fn what_goes_back_is_taken_off_what_comes() {
    let mut pending = Pending::new(&tiers());
    let not_owned = [300, -200, 50, 0, 400];
    for (number, bytes) in (1..).zip(not_owned) {
        let time = second(at("2026-11-25T12:00:00Z"), number);
        pending.take(Tick::of(&snapshot(time, Duration::from_secs(1), 1_000, bytes)));
    }
    let key = |gathering: &super::super::pending::Gathering| {
        let found = gathering.cells.iter().find(|(key, _)| &*key.key == "unattributed eth0");
        found.map(|(_, (_, cell))| (cell.rx.bytes, cell.rx.peak))
    };
    let found: Vec<_> = pending.gathered.values().filter_map(key).collect();
    assert_eq!(found, [(not_owned.iter().sum::<i64>() as u64, 300)]);
}

#[test]
fn what_cannot_be_written_is_coarsened_and_then_given_up_with_its_count() {
    let mut pending = Pending::new(&tiers());
    for number in 1..=3_000 {
        pending.take(tick(number * 10, 10_000, 1_000));
    }
    let before = sum(&pending, Kind::Interface);
    let cells = pending.cells();
    pending.shrink_to(cells / 4);
    assert!(pending.cells() <= cells / 4 && pending.lost == 0);
    assert_eq!(sum(&pending, Kind::Interface), before);
    pending.shrink_to(10);
    assert!(pending.cells() <= 10 && pending.lost > 0);
    let left: u64 =
        [Kind::Host, Kind::Interface, Kind::Group, Kind::Remote].map(|kind| sum(&pending, kind).total()).iter().sum();
    assert_eq!(left + pending.lost, 4 * before.total());
}

#[test]
fn counters_of_interfaces_that_are_gone_take_no_room() {
    let mut pending = Pending::new(&tiers());
    let name = |text: String| -> Arc<str> { text.into() };
    for number in 0..20_000_u64 {
        let veth = (name(format!("veth{number} rx_dropped")), 5);
        pending.note_counters(&[(name("eth0 rx_dropped".into()), number * 3), veth]);
    }
    assert!(pending.counters.len() < 2_000, "{}", pending.counters.len());
    let increases: u64 = pending.gathered.values().flat_map(|gathering| gathering.counters.values()).sum();
    assert_eq!(increases, 19_999 * 3);
}

/// What is handed out.
fn buckets(pending: &mut Pending) -> Vec<Bucket> {
    pending.due().iter().map(|(part, gathering)| gathering.bucket(*part)).collect()
}

fn bytes(buckets: &[Bucket], kind: Kind) -> u64 {
    let cells = buckets.iter().flat_map(|bucket| &bucket.cells).filter(|(subject, _)| subject.kind == kind);
    cells.map(|(_, cell)| cell.rx.bytes).sum()
}

#[test]
fn after_a_long_fault_all_but_the_last_ten_seconds_can_be_written() {
    let mut pending = Pending::new(&tiers());
    let ticks = 4_000;
    for number in 1..=ticks {
        pending.take(tick(number * 10 - 3, 10_000, 1_000));
    }
    pending.shrink_to(pending.cells() / 100);
    assert_eq!(pending.lost, 0);
    let due = buckets(&mut pending);
    assert!(bytes(&due, Kind::Host) >= (ticks as u64 - 1) * 1_000, "{} of {ticks} ticks", bytes(&due, Kind::Host));
    assert!(due.iter().any(|bucket| bucket.seconds == 3_600), "nothing was coarsened");
}

#[test]
fn of_long_parts_what_is_ten_seconds_old_is_written_and_what_comes_later_is_added() {
    let hours = Tiers::new(vec![Tier { seconds: 3_600, keep: 86_400 * 365 }]).unwrap().in_zone(TimeZone::UTC);
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &hours).unwrap();
    let mut pending = Pending::new(&hours);
    let (mut written, mut writings) = (0, 0);
    for number in 1..=95 {
        pending.take(tick(number, 1_000, 1_000));
        if pending.has_due() {
            let due = buckets(&mut pending);
            database.write(&due).unwrap();
            pending.written();
            written += bytes(&due, Kind::Host);
            writings += 1;
        }
        let missing = number as u64 * 1_000 - written;
        assert!(missing <= 10_000, "{missing} bytes of {number} seconds are not written");
    }
    assert_eq!(writings, 9, "each of them costs the disk something");
    let start = at("2026-11-25T12:00:00Z");
    let mut query = super::asked(Kind::Host, start, second(start, 3_600), 3_600);
    query.every = Every::Day;
    let answer = Reader::open(dir.path()).unwrap().ask(&query).unwrap();
    assert_eq!((answer.whole[0].rx.bytes, answer.parts[0].recorded_seconds), (written, 90));
}

#[test]
fn what_the_writer_has_in_hand_is_pending() {
    let mut pending = Pending::new(&tiers());
    for number in 1..=35 {
        pending.take(tick(number, 1_000, 1_000));
    }
    let (parts, cells) = (pending.left().parts, pending.left().cells);
    assert_eq!(parts, 4);
    assert_eq!(buckets(&mut pending).len(), 3);
    assert_eq!((pending.left().parts, pending.left().cells), (parts, cells));
    assert_eq!(pending.left().since, Some(at("2026-11-25T12:00:00Z").as_second()));
    pending.written();
    assert_eq!(pending.left().parts, 1);
}

/// A tick of ten seconds in which so many groups, which nobody has seen before, moved something.
fn crowd(number: i64, groups: i64) -> Tick {
    let mut tick = tick(number * 10, 10_000, 0);
    for group in 0..groups {
        let key = Key { kind: Kind::Group, key: format!("/{number}/{group}").into() };
        tick.moved.insert(key, ("group".into(), [100, 1, 100, 1]));
    }
    tick
}

#[test]
fn shrinking_is_not_for_each_tick_and_batches_have_an_end() {
    let mut pending = Pending::new(&tiers());
    let (mut shrunk, mut before) = (0, 0);
    for number in 1..=130 {
        pending.take(crowd(number, 2_000));
        shrunk += usize::from(pending.cells() < before);
        before = pending.cells();
    }
    assert!((1..=8).contains(&shrunk), "{shrunk} times in 130 ticks");
    assert!(pending.left().cells <= MOST_CELLS);
    let mut batches = 0;
    while pending.has_due() {
        let due = buckets(&mut pending);
        assert!(due.len() == 1 || due.iter().map(|bucket| bucket.cells.len()).sum::<usize>() <= 60_000);
        pending.written();
        batches += 1;
    }
    assert!(batches > 2, "{batches}");
}

/// What happens to a recorder.
#[derive(Debug, Clone)]
enum Event {
    /// A tick: by how many seconds the clock goes on, how long it was, and what was moved.
    Tick { on: i64, milliseconds: u64, bytes: i64 },
    /// What is complete is written.
    Write,
    /// It should be, and cannot.
    Fail,
    /// There is little room.
    Shrink,
    /// What is past is packed.
    Pack,
    /// It is killed: what was not written is lost.
    Kill,
}

fn event() -> impl Strategy<Value = Event> {
    let on = prop_oneof![8 => 1..30_i64, 1 => 100..100_000_i64, 1 => -5_000..0_i64];
    let tick = (on, 10..40_000_u64, 0..10_000_000_i64).prop_map(|(on, milliseconds, bytes)| Event::Tick {
        on,
        milliseconds,
        bytes,
    });
    prop_oneof![
        20 => tick, 4 => Just(Event::Write), 1 => Just(Event::Fail), 1 => Just(Event::Shrink), 1 => Just(Event::Pack),
        1 => Just(Event::Kill),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn every_tier_has_all_that_was_written(events in prop::collection::vec(event(), 1..80)) {
        let dir = tempfile::tempdir().unwrap();
        let mut database = Database::open(dir.path(), &tiers()).unwrap();
        let mut pending = Pending::new(&tiers());
        let (mut now, mut written) = (0, BTreeMap::<Kind, u64>::new());
        let mut in_hand: Vec<Bucket> = Vec::new();
        for event in events.into_iter().chain([Event::Write]) {
            match event {
                Event::Tick { on, milliseconds, bytes } => {
                    now += on;
                    pending.take(tick(now, milliseconds, bytes));
                }
                Event::Write => {
                    in_hand.extend(buckets(&mut pending));
                    database.write(&in_hand).unwrap();
                    pending.written();
                    for (subject, cell) in in_hand.drain(..).flat_map(|bucket| bucket.cells) {
                        *written.entry(subject.kind).or_default() += cell.total();
                    }
                }
                Event::Fail => in_hand.extend(buckets(&mut pending)),
                Event::Shrink => { let cells = pending.cells(); pending.shrink_to(cells.max(40) / 2); }
                Event::Pack => { database.pack_one(at("2027-01-01T00:00:00Z").as_second()).unwrap(); }
                Event::Kill => { pending = Pending::new(&tiers()); in_hand.clear(); }
            }
        }
        for tier in [10, 60, 300, 3_600, 86_400] {
            prop_assert_eq!(&database.totals(tier).unwrap(), &written, "{}", tier);
            prop_assert_eq!(&database.totals_of_all(tier).unwrap(), &written, "{}", tier);
        }
        let reader = Reader::open(dir.path()).unwrap();
        if let Some((first, last)) = reader.span() {
            let mut query = super::asked(Kind::Group, first, second(last, 1), 1);
            query.every = Every::Year;
            let answer = reader.ask(&query).unwrap();
            let total: u64 = answer.whole.iter().map(|whole| whole.rx.bytes + whole.tx.bytes).sum();
            prop_assert_eq!(total, written.get(&Kind::Group).copied().unwrap_or(0));
        }
    }
}
