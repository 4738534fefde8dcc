//! What vnStat 2.10 printed, imported. Its database was filled by hand, with entries that do not quite agree.

use jiff::{Timestamp, tz::TimeZone};

use super::{Dump, import};
use crate::history::{
    Bucket, Cell, Database, Kind, Reader, Subject, Tier, Tiers, Way,
    query::{Answer, Every, Query},
};

const PRINTED: &[u8] = include_bytes!("fixtures/vnstat-2.10.json");

fn tiers() -> Tiers {
    Tiers::default().in_zone(TimeZone::UTC)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ask(dir: &std::path::Path, from: &str, to: &str, every: Every) -> Answer {
    let query = Query {
        kind: Kind::Interface,
        only: Vec::new(),
        from: at(from),
        to: at(to),
        every,
        top: None,
        zone: TimeZone::UTC,
        month_begins: 1,
    };
    Reader::open(dir).unwrap().ask(&query).unwrap()
}

fn received(answer: &Answer, name: &str) -> Vec<u64> {
    let series = answer.series.iter().find(|series| &*series.subject.name == name);
    series.map(|series| series.points.iter().map(|point| point.rx.bytes).collect()).unwrap_or_default()
}

#[test]
fn every_year_month_day_and_hour_is_vnstat_s() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers()).unwrap();
    let outcomes = import(&mut database, &Dump::parse(PRINTED).unwrap(), 1).unwrap();
    assert_eq!(outcomes[0].entries, [3, 3, 3, 2, 2]);
    assert_eq!(outcomes[0].moved, Some((100_000_000, 10_000_000)));
    assert_eq!(outcomes[0].span, Some((at("2025-01-01T00:00:00Z"), at("2026-11-25T17:31:00Z"))));
    let years = ask(dir.path(), "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z", Every::Year);
    assert_eq!(received(&years, "eth0"), [50_000_000, 50_000_000]);
    let months = ask(dir.path(), "2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z", Every::Month);
    assert_eq!(received(&months, "eth0"), [4_000_000, 4_000_000]);
    let days = ask(dir.path(), "2026-11-23T00:00:00Z", "2026-11-26T00:00:00Z", Every::Day);
    assert_eq!(received(&days, "eth0"), [300_002, 300_001, 300_000]);
    assert_eq!(received(&days, "wg0"), [0, 0, 500]);
    let hours = ask(dir.path(), "2026-11-25T15:00:00Z", "2026-11-25T18:00:00Z", Every::Seconds(3_600));
    assert_eq!(received(&hours, "eth0"), [20_002, 20_001, 20_000]);
    let fine = ask(dir.path(), "2026-11-25T17:20:00Z", "2026-11-25T17:35:00Z", Every::Seconds(300));
    assert_eq!(received(&fine, "eth0"), [1_002, 1_001, 1_000]);
    assert!(hours.series.iter().flat_map(|series| &series.points).all(|point| point.rx.packets == 0));
    assert_eq!(days.parts[0].recorded_seconds, 86_400);
}

#[test]
fn a_second_import_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers()).unwrap();
    let dump = Dump::parse(PRINTED).unwrap();
    import(&mut database, &dump, 1).unwrap();
    let all = || ask(dir.path(), "2024-01-01T00:00:00Z", "2027-01-01T00:00:00Z", Every::Month);
    let before = all();
    let outcomes = import(&mut database, &dump, 1).unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.moved.is_none()));
    assert_eq!(all(), before);
}

#[test]
fn only_what_was_before_nbw_s_own_first_record_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers()).unwrap();
    let start = at("2026-11-25T16:00:00Z").as_second();
    let way = Way { bytes: 7_000, packets: 7, peak: 700 };
    let subject = Subject { kind: Kind::Interface, key: "eth0".into(), name: "eth0".into() };
    let cells = vec![(subject, Cell { rx: way, tx: way })];
    let covered = vec![(start * 1_000, (start + 5_400) * 1_000)];
    database.write(&[Bucket { start, seconds: 10, cells, counters: Vec::new(), covered }]).unwrap();
    import(&mut database, &Dump::parse(PRINTED).unwrap(), 1).unwrap();
    let hours = ask(dir.path(), "2026-11-25T15:00:00Z", "2026-11-25T18:00:00Z", Every::Seconds(3_600));
    assert_eq!(received(&hours, "eth0"), [20_002, 7_000, 0]);
    let day = ask(dir.path(), "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z", Every::Day);
    // vnStat's day, less its hours from four o'clock on, and nbw's own.
    assert_eq!(received(&day, "eth0"), [300_000 - 20_001 - 20_000 + 7_000]);
    let fine = ask(dir.path(), "2026-11-25T16:00:00Z", "2026-11-25T16:01:00Z", Every::Seconds(10));
    assert_eq!(received(&fine, "eth0")[0], 7_000);
}

#[test]
fn an_interface_of_which_nothing_was_taken_can_be_imported_later() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers()).unwrap();
    // nbw has begun before all that vnStat knows.
    let start = at("2024-11-25T16:00:00Z").as_second();
    let bucket =
        Bucket { start, seconds: 10, covered: vec![(start * 1_000, (start + 10) * 1_000)], ..Bucket::default() };
    database.write(&[bucket]).unwrap();
    let dump = Dump::parse(PRINTED).unwrap();
    for outcome in import(&mut database, &dump, 1).unwrap() {
        assert_eq!((outcome.moved, outcome.span), (Some((0, 0)), None), "{}", outcome.name);
    }
    // That record is gone, and with it what kept the import away.
    database.forget_coverage();
    assert_eq!(import(&mut database, &dump, 1).unwrap()[0].moved, Some((100_000_000, 10_000_000)));
}

#[test]
fn the_part_in_which_nbw_s_own_records_begin_stays_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers()).unwrap();
    let start = at("2026-11-25T17:26:20Z").as_second();
    let way = Way { bytes: 7_000, packets: 7, peak: 700 };
    let subject = Subject { kind: Kind::Interface, key: "eth0".into(), name: "eth0".into() };
    let cells = vec![(subject, Cell { rx: way, tx: way })];
    let covered = vec![((start + 7) * 1_000, (start + 300) * 1_000)];
    database.write(&[Bucket { start, seconds: 10, cells, counters: Vec::new(), covered }]).unwrap();
    let outcomes = import(&mut database, &Dump::parse(PRINTED).unwrap(), 1).unwrap();
    assert_eq!(outcomes[0].span.unwrap().1, at("2026-11-25T17:26:27Z"));
    while database.expire_some().unwrap() {}
    let sum = |every| -> u64 {
        received(&ask(dir.path(), "2026-11-25T17:25:00Z", "2026-11-25T17:30:00Z", Every::Seconds(every)), "eth0")
            .iter()
            .sum()
    };
    // What vnStat has of the five minutes, for the 87 s before.
    let expected = 1_001 * 87 / 300 + 7_000;
    assert_eq!([10, 60, 300].map(sum), [expected; 3]);
}

#[test]
fn a_clock_that_was_ahead_does_not_take_the_finer_tiers_away() {
    let day = |day: u8, rx: u64| format!(r#"{{"date":{{"year":2026,"month":2,"day":{day}}},"rx":{rx},"tx":0}}"#);
    let days: Vec<String> = (1..=20).map(|number| day(number, u64::MAX)).collect();
    let text = format!(
        r#"{{"jsonversion":"2","interfaces":[{{"name":"a","updated":{{"date":{{"year":2026,"month":2,"day":21}}}},
        "traffic":{{"day":[{},{{"date":{{"year":2126,"month":2,"day":20}},"rx":5,"tx":5}}]}}}}]}}"#,
        days.join(",")
    );
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers()).unwrap();
    let outcomes = import(&mut database, &Dump::parse(text.as_bytes()).unwrap(), 1).unwrap();
    // Nobody moves more in a day.
    assert_eq!(outcomes[0].moved, Some((20 << 54, 0)));
    assert_eq!(outcomes[0].span.unwrap().1, at("2026-02-21T00:00:00Z"));
}

#[test]
fn what_is_not_vnstat_s_is_told() {
    for (text, words) in [
        ("hello", "no output of `vnstat --json`"),
        ("{}", "missing field `jsonversion`"),
        (r#"{"jsonversion":"1","interfaces":[]}"#, "version \"1\""),
        (r#"{"jsonversion":"2","interfaces":[{"name":"a"}]}"#, "missing field"),
    ] {
        let error = Dump::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn dates_that_there_are_not_and_amounts_that_nobody_has_do_no_harm() {
    let text = r#"{"jsonversion":"2","interfaces":[{"name":"a\u001b[2J","updated":{"date":{"year":2026,"month":2,"day":30}},
        "traffic":{"day":[{"date":{"year":2026,"month":2,"day":30},"rx":1,"tx":1},
        {"date":{"year":2026,"month":2,"day":28},"rx":18446744073709551615,"tx":18446744073709551615},
        {"date":{"year":2026,"month":2,"day":28},"timestamp":-9000000000000000,"rx":5,"tx":5}],
        "hour":[{"date":{"year":2026,"month":2,"day":28},"timestamp":9223372036854775807,"rx":5,"tx":5}]}}]}"#;
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers()).unwrap();
    let outcomes = import(&mut database, &Dump::parse(text.as_bytes()).unwrap(), 1).unwrap();
    assert_eq!(outcomes[0].name, "a\u{FFFD}[2J");
    let day = ask(dir.path(), "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z", Every::Day);
    assert!(received(&day, "a\u{FFFD}[2J")[0] >= 1 << 54);
}

#[test]
fn sums_of_many_interfaces_that_are_too_great_are_imported_all_the_same() {
    let interface = |number: u32| {
        let year = r#"{"date":{"year":2025},"rx":18446744073709551615,"tx":1}"#;
        let day = r#"{"date":{"year":2026,"month":2,"day":1},"rx":18446744073709551615,"tx":1}"#;
        let updated = r#"{"date":{"year":2026,"month":2,"day":21}}"#;
        format!(r#"{{"name":"a{number}","updated":{updated},"traffic":{{"year":[{year}],"day":[{day}]}}}}"#)
    };
    let interfaces: Vec<String> = (0..600).map(interface).collect();
    let text = format!(r#"{{"jsonversion":"2","interfaces":[{}]}}"#, interfaces.join(","));
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers()).unwrap();
    import(&mut database, &Dump::parse(text.as_bytes()).unwrap(), 1).unwrap();
    let years = ask(dir.path(), "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z", Every::Year);
    assert_eq!(received(&years, "a599"), [1 << 60, 1 << 54]);
    database.check().unwrap();
}

#[test]
fn the_tiers_and_days_of_the_agent_stay_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let own = Tiers::new(vec![Tier { seconds: 30, keep: 3_600 }, Tier { seconds: 600, keep: 7_200 }]).unwrap();
    let own = own.in_zone(TimeZone::get("Asia/Kolkata").unwrap());
    drop(Database::open(dir.path(), &own).unwrap());
    let database = Database::open_as_it_is(dir.path()).unwrap();
    assert_eq!(database.tiers().fixed(), own.fixed());
    assert_eq!(database.zone().iana_name(), Some("Asia/Kolkata"));
}
