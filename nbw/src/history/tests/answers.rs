//! Answers of small histories.

use jiff::{Timestamp, tz::TimeZone};

use super::{at, query};
use crate::{
    history::{
        Bounds, Bucket, Cell, Database, Kind, OTHER, Reader, Subject, Tier, Tiers, Way,
        query::{Every, Query},
    },
    pattern::Pattern,
};

fn way(bytes: u64) -> Way {
    Way { bytes, packets: bytes / 100, peak: bytes / 5 }
}

fn bucket(start: &str, seconds: u32, moved: &[(&str, u64)]) -> Bucket {
    let start = at(start).as_second();
    let subject = |name: &str| Subject { kind: Kind::Container, key: name.into(), name: name.to_uppercase().into() };
    let cell = |bytes| Cell { rx: way(bytes), tx: way(bytes / 10) };
    Bucket {
        start,
        seconds,
        cells: moved.iter().map(|&(name, bytes)| (subject(name), cell(bytes))).collect(),
        counters: Vec::new(),
        covered: vec![(start * 1_000, (start + i64::from(seconds)) * 1_000)],
    }
}

fn tiers(zone: &str) -> Tiers {
    Tiers::default().in_zone(TimeZone::get(zone).unwrap())
}

#[test]
fn the_busiest_come_first_and_the_rest_is_other() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers("UTC")).unwrap();
    let moved = [("a", 100), ("b", 5_000), ("c", 300), ("d", 700)];
    database.write(&[bucket("2026-11-25T12:00:00Z", 10, &moved), bucket("2026-11-25T12:00:10Z", 10, &moved)]).unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    let mut asked =
        query(Kind::Container, at("2026-11-25T12:00:00Z"), at("2026-11-25T13:00:00Z"), Every::Seconds(3_600));
    let names = |asked: &Query| -> Vec<(String, u64)> {
        let answer = reader.ask(asked).unwrap();
        answer
            .series
            .iter()
            .map(|series| (series.subject.name.to_string(), series.points[0].rx.bytes))
            .collect::<Vec<_>>()
    };
    let named =
        |list: &[(&str, u64)]| list.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)).collect::<Vec<_>>();
    assert_eq!(names(&asked), named(&[("B", 10_000), ("D", 1_400), ("C", 600), ("A", 200)]));
    asked.top = Some(2);
    assert_eq!(names(&asked), named(&[("B", 10_000), ("D", 1_400), (OTHER, 800)]));
    asked.only = vec![Pattern::new("c").unwrap(), Pattern::new("[A]").unwrap()];
    assert_eq!(names(&asked), named(&[("C", 600), ("A", 200)]));
    asked.kind = Kind::Pod;
    assert_eq!(names(&asked), []);
}

#[test]
fn more_than_anybody_can_look_at_is_refused_and_the_busiest_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers("UTC")).unwrap();
    let names: Vec<String> = (0..300).map(|number| format!("c{number}")).collect();
    let moved: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 1_000)).collect();
    database.write(&[bucket("2026-11-25T12:00:00Z", 10, &moved)]).unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    let (from, to) = (at("2026-11-24T00:00:00Z"), at("2026-11-26T00:00:00Z"));
    let mut fine = query(Kind::Container, from, to, Every::Seconds(10));
    let error = reader.ask(&fine).unwrap_err();
    assert!(error.is_of_question());
    let said = error.to_string();
    assert!(said.starts_with("300 of them in 17280 parts are too many, 5000000 figures at most"), "{said}");
    assert!(said.contains("(--top)") && said.contains("(--every)"), "{said}");
    fine.top = Some(10);
    assert_eq!(reader.ask(&fine).unwrap().series.len(), 11);
    fine.every = Every::Seconds(60);
    fine.top = None;
    assert_eq!(reader.ask(&fine).unwrap().series.len(), 300);
}

#[test]
fn no_part_of_any_tier_has_more_subjects_than_the_bound_also_where_it_comes_in_pieces() {
    let dir = tempfile::tempdir().unwrap();
    let hours = Tiers::new(vec![Tier { seconds: 3_600, keep: 1 << 40 }]).unwrap();
    let hours = hours.in_zone(TimeZone::UTC).bounded(Bounds { many: 3, few: 5 });
    let mut database = Database::open(dir.path(), &hours).unwrap();
    // An hour that is written every ten seconds, each time with other containers.
    for piece in 0..6_u64 {
        let names: Vec<String> = (0..4).map(|number| format!("c{piece}-{number}")).collect();
        let moved: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 1_000 + piece)).collect();
        database.write(&[bucket("2026-11-25T12:00:00Z", 3_600, &moved)]).unwrap();
    }
    // Or the day would tell of it.
    database.write(&[bucket("2026-11-25T15:00:00Z", 3_600, &[("c0-0", 1)])]).unwrap();
    let (from, to) = (at("2026-11-25T12:00:00Z"), at("2026-11-25T13:00:00Z"));
    let answer =
        Reader::open(dir.path()).unwrap().ask(&query(Kind::Container, from, to, Every::Seconds(3_600))).unwrap();
    assert_eq!(answer.series.len(), 6);
    let sum: u64 = answer.whole.iter().map(|whole| whole.rx.bytes).sum();
    assert_eq!(sum, 4 * (6 * 1_000 + 15));
}

#[test]
fn no_part_has_more_subjects_than_the_bound() {
    let dir = tempfile::tempdir().unwrap();
    let tiers = tiers("UTC").bounded(Bounds { many: 5, few: 5 });
    let mut database = Database::open(dir.path(), &tiers).unwrap();
    let begin = at("2026-11-25T12:00:00Z");
    let mut sum = 0;
    for step in 0..90_i64 {
        let names: Vec<String> = (0..12).map(|number| format!("c{number}-{step}")).collect();
        let mut moved: Vec<(&str, u64)> = names.iter().zip(100..).map(|(name, bytes)| (name.as_str(), bytes)).collect();
        moved.push(("steady", 1_000));
        sum += moved.iter().map(|(_, bytes)| bytes).sum::<u64>();
        let start = begin + jiff::SignedDuration::from_secs(step * 10);
        database.write(&[bucket(&start.to_string(), 10, &moved)]).unwrap();
    }
    let reader = Reader::open(dir.path()).unwrap();
    for every in [10, 60, 300, 3_600] {
        let answer =
            reader.ask(&query(Kind::Container, begin, at("2026-11-25T12:15:00Z"), Every::Seconds(every))).unwrap();
        let total: u64 = answer.whole.iter().map(|whole| whole.rx.bytes).sum();
        assert_eq!(total, sum, "{every}");
        assert_eq!(&*answer.series[0].subject.name, "STEADY");
        assert_eq!(answer.whole[0].rx.bytes, 90_000);
        assert_eq!(&*answer.series.last().unwrap().subject.name, OTHER);
        for part in 0..answer.parts.len() {
            let moved = answer.series.iter().filter(|series| series.points[part].rx.bytes > 0).count();
            assert!(moved <= 6, "{every}: {moved}");
        }
    }
}

#[test]
fn days_of_23_and_25_hours_are_exact_also_in_another_zone() {
    for (day, hours) in [("2026-03-29", 23), ("2026-10-25", 25)] {
        let dir = tempfile::tempdir().unwrap();
        let mut database = Database::open(dir.path(), &tiers("Europe/Berlin")).unwrap();
        let date: jiff::civil::Date = day.parse().unwrap();
        let noon = date.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        // Two days before and behind it, each hour a byte.
        let start = |hour| noon + jiff::SignedDuration::from_hours(hour);
        let bytes: Vec<_> = (-60..60).map(|hour| bucket(&start(hour).to_string(), 3_600, &[("c", 1)])).collect();
        database.write(&bytes).unwrap();
        let reader = Reader::open(dir.path()).unwrap();
        for zone in ["Europe/Berlin", "UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"] {
            let zone = TimeZone::get(zone).unwrap();
            let midnight = |date: jiff::civil::Date| date.to_zoned(zone.clone()).unwrap().timestamp();
            let mut asked = query(Kind::Container, midnight(date), midnight(date.tomorrow().unwrap()), Every::Day);
            asked.zone = zone.clone();
            let answer = reader.ask(&asked).unwrap();
            let expected = if zone.iana_name() == Some("Europe/Berlin") { hours } else { 24 };
            let length = answer.parts[0].end.as_second() - answer.parts[0].start.as_second();
            assert_eq!(
                (answer.parts.len(), answer.series[0].points[0].rx.bytes, length),
                (1, expected, expected as i64 * 3_600)
            );
            assert_eq!(answer.parts[0].recorded_seconds as u64, expected * 3_600);
        }
    }
}

/// Five-minute samples of known rates; the figures are `numpy.percentile(rates, 95, method="inverted_cdf")`.
#[test]
fn percentiles_are_those_of_five_minute_samples() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers("UTC")).unwrap();
    let begin = at("2026-11-01T00:00:00Z");
    let value = |sample: u64| (sample * 7_919 + 13) % 1_009 * 300;
    let start = |sample: u64| begin + jiff::SignedDuration::from_secs(sample as i64 * 300);
    let samples = (0..2 * 288).map(|sample| bucket(&start(sample).to_string(), 300, &[("c", value(sample))]));
    database.write(&samples.collect::<Vec<_>>()).unwrap();
    while database.pack_one(begin.as_second() + 90 * 3_600).unwrap() {}
    let reader = Reader::open(dir.path()).unwrap();
    let answer = reader.ask(&query(Kind::Container, begin, at("2026-11-03T00:00:00Z"), Every::Day)).unwrap();
    let day = |from: u64, to: u64| {
        let mut rates: Vec<u64> = (from..to).map(|sample| value(sample) / 300).collect();
        rates.sort_unstable();
        rates[(95 * rates.len()).div_ceil(100) - 1] as f64
    };
    assert_eq!(answer.series[0].points[0].rx_p95, day(0, 288));
    assert_eq!(answer.series[0].points[1].rx_p95, day(288, 576));
    assert_eq!([answer.series[0].points[0].rx_p95, answer.whole[0].rx_p95], NUMPY);
    assert_eq!(answer.sample_seconds, 300);
    // An hour has 12 samples: none of them is discarded.
    let hours = reader.ask(&query(Kind::Container, begin, at("2026-11-01T01:00:00Z"), Every::Seconds(3_600))).unwrap();
    assert_eq!(hours.series[0].points[0].rx_p95, (0..12).map(|sample| value(sample) / 300).max().unwrap() as f64);
}

const NUMPY: [f64; 2] = [957.0, 958.0];

#[test]
fn hours_without_traffic_count_where_an_agent_ran() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers("UTC")).unwrap();
    for hour in 0..24 {
        let moved: &[(&str, u64)] = if hour == 3 { &[("c", 12_000_000)] } else { &[] };
        let start = format!("2026-11-01T{hour:02}:00:00Z");
        // No agent ran in the last six hours.
        if hour < 18 {
            database.write(&[bucket(&start, 3_600, moved)]).unwrap();
        }
    }
    let reader = Reader::open(dir.path()).unwrap();
    let ask = |from: &str, to: &str| reader.ask(&query(Kind::Container, at(from), at(to), Every::Day)).unwrap();
    // 12 of 216 samples: one too many to be discarded.
    let day = ask("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z");
    assert_eq!(day.whole[0].rx_p95, 12_000_000.0 / 3_600.0);
    assert_eq!(day.parts[0].recorded_seconds, 18 * 3_600);
    database.write(&[18, 19].map(|hour| bucket(&format!("2026-11-01T{hour}:00:00Z"), 3_600, &[]))).unwrap();
    // 12 of 240: all of them are.
    assert_eq!(ask("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z").whole[0].rx_p95, 0.0);
    assert_eq!(day.whole[0].rx_peak_at, Some(at("2026-11-01T03:00:00Z")));
}

#[test]
fn what_a_boundary_cuts_is_shared_and_lost_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers("UTC")).unwrap();
    database.write(&[bucket("2026-11-01T00:00:00Z", 3_600, &[("c", 3_599)])]).unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    let mut cuts: Vec<Timestamp> = ["00:00:00", "00:00:03", "00:07:11", "00:30:00", "00:59:59", "01:00:00"]
        .map(|time| at(&format!("2026-11-01T{time}Z")))
        .into();
    cuts.push(at("2026-11-01T02:00:00Z"));
    let bytes = |pair: &[Timestamp]| {
        let answer = reader.ask(&query(Kind::Container, pair[0], pair[1], Every::Day)).unwrap();
        answer.whole.first().map_or(0, |whole| whole.rx.bytes)
    };
    let shares: Vec<u64> = cuts.windows(2).map(bytes).collect();
    assert_eq!(shares.iter().sum::<u64>(), 3_599, "{shares:?}");
    assert!((1..=4).contains(&shares[0]) && shares[5] == 0, "{shares:?}");
}

#[test]
fn peaks_are_dated_by_the_finest_part() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers("UTC")).unwrap();
    let buckets = ["00:00:00", "05:17:20", "05:17:30", "23:59:50"].map(|time| format!("2026-11-01T{time}Z"));
    let moved = [10_u64, 500, 400, 30];
    let buckets: Vec<_> = buckets.iter().zip(moved).map(|(start, bytes)| bucket(start, 10, &[("c", bytes)])).collect();
    database.write(&buckets).unwrap();
    let ask = |dir| {
        let reader = Reader::open(dir).unwrap();
        reader.ask(&query(Kind::Container, at("2026-11-01T00:00:00Z"), at("2026-11-02T00:00:00Z"), Every::Day)).unwrap()
    };
    let before = ask(dir.path());
    assert_eq!(before.whole[0].rx_peak_at, Some(at("2026-11-01T05:17:20Z")));
    assert_eq!((before.whole[0].rx.peak, before.whole[0].tx.peak), (100.0, 10.0));
    while database.pack_one(at("2026-12-01T00:00:00Z").as_second()).unwrap() {}
    assert_eq!(ask(dir.path()), before);
    // Hours later the seconds are gone, the minutes are not.
    database.move_on(at("2026-11-03T00:00:00Z").as_second()).unwrap();
    while database.expire_some().unwrap() {}
    assert_eq!(ask(dir.path()).whole[0].rx_peak_at, Some(at("2026-11-01T05:17:00Z")));
}

#[test]
fn where_only_days_are_left_they_are_the_samples() {
    for zone in ["Europe/Berlin", "Pacific/Auckland", "America/New_York"] {
        let dir = tempfile::tempdir().unwrap();
        // Finer parts would be millions of rows, only to expire.
        let hours = Tiers::new(vec![Tier { seconds: 3_600, keep: 730 * 86_400 }]).unwrap();
        let hours = hours.in_zone(TimeZone::get(zone).unwrap());
        let mut database = Database::open(dir.path(), &hours).unwrap();
        let zone = TimeZone::get(zone).unwrap();
        let midnight = |date: jiff::civil::Date| date.to_zoned(zone.clone()).unwrap().timestamp();
        let first: jiff::civil::Date = "2026-10-01".parse().unwrap();
        // With the end of summer in the north, its begin in the south, and a winter's day.
        let dates: Vec<_> = first.series(jiff::ToSpan::days(1)).take(62).collect();
        let mut hours = Vec::new();
        for (number, date) in (1..).zip(&dates) {
            // The same rate all day, also on one of 23 or 25 hours.
            let (mut hour, end) = (midnight(*date), midnight(date.tomorrow().unwrap()));
            while hour < end {
                let moved = [("big", number * 36_000), ("one", number * 3_600), ("two", number * 7_200)];
                hours.push(bucket(&hour.to_string(), 3_600, &moved));
                hour += jiff::SignedDuration::from_hours(1);
            }
        }
        database.write(&hours).unwrap();
        database.move_on(at("2031-01-01T00:00:00Z").as_second()).unwrap();
        while database.expire_some().unwrap() {}
        let end = midnight(dates[61].tomorrow().unwrap());
        let mut asked = query(Kind::Container, midnight(first), end, Every::Month);
        (asked.zone, asked.top) = (zone.clone(), Some(1));
        let answer = Reader::open(dir.path()).unwrap().ask(&asked).unwrap();
        assert_eq!(answer.sample_seconds, 86_400);
        // Of 31 days one is discarded, of 30 one too, of 61 three.
        for (series, rate) in answer.series.iter().zip([10.0, 3.0]) {
            let found: Vec<f64> = series.points.iter().map(|point| point.rx_p95).collect();
            assert_eq!(found, [30.0 * rate, 60.0 * rate, 62.0 * rate], "{zone:?} {}", series.subject.name);
        }
        assert_eq!(answer.whole[0].rx_p95, 590.0);
    }
}

#[test]
fn a_tier_that_is_new_changes_no_sum() {
    let dir = tempfile::tempdir().unwrap();
    let tiers = |tiers: &[(u32, u64)]| {
        let tiers = tiers.iter().map(|&(seconds, keep)| Tier { seconds, keep }).collect();
        Tiers::new(tiers).unwrap().in_zone(TimeZone::UTC)
    };
    let now = Timestamp::now().as_second() / 10 * 10;
    let start = |minute: i64| Timestamp::from_second(now + minute * 60).unwrap().to_string();
    let write = |database: &mut Database, minutes: std::ops::Range<i64>| {
        let buckets: Vec<_> = minutes.map(|minute| bucket(&start(minute), 10, &[("c", 1_000)])).collect();
        database.write(&buckets).unwrap();
    };
    write(&mut Database::open(dir.path(), &tiers(&[(10, 3_600)])).unwrap(), -90..0);
    let mut database = Database::open(dir.path(), &tiers(&[(10, 3_600), (300, 7_200), (3_600, 730 * 86_400)])).unwrap();
    write(&mut database, 0..90);
    // Only hours and days are left.
    database.move_on(now + 3 * 86_400).unwrap();
    while database.expire_some().unwrap() {}
    let midnight = now / 86_400 * 86_400;
    let [from, to] = [-1, 2].map(|days| Timestamp::from_second(midnight + days * 86_400).unwrap());
    for every in [Every::Seconds(300), Every::Seconds(3_600), Every::Day] {
        let answer = Reader::open(dir.path()).unwrap().ask(&query(Kind::Container, from, to, every)).unwrap();
        assert_eq!(answer.whole[0].rx.bytes, 180_000, "{every:?}");
    }
}

#[test]
fn a_sum_that_is_too_great_ends_at_the_greatest_number_and_nothing_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers("UTC")).unwrap();
    let hours =
        [bucket("2026-11-25T12:00:00Z", 10, &[("c", 1 << 62)]), bucket("2026-11-25T13:00:00Z", 10, &[("c", 1 << 62)])];
    database.write(&hours).unwrap();
    database.write(&[bucket("2026-11-25T14:00:00Z", 10, &[("c", 1_000)])]).unwrap();
    let day = query(Kind::Container, at("2026-11-25T00:00:00Z"), at("2026-11-26T00:00:00Z"), Every::Day);
    let answer = Reader::open(dir.path()).unwrap().ask(&day).unwrap();
    assert_eq!(answer.whole[0].rx.bytes, i64::MAX as u64);
    database.check().unwrap();
}

#[test]
fn what_was_recorded_in_1970_does_not_make_the_history_older() {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Database::open(dir.path(), &tiers("UTC")).unwrap();
    database.write(&[bucket("1970-01-01T00:00:10Z", 10, &[("c", 1)])]).unwrap();
    assert_eq!((Reader::open(dir.path()).unwrap().span(), database.first_record().unwrap()), (None, None));
    database.write(&[bucket("2026-11-25T12:00:00Z", 10, &[("c", 1)])]).unwrap();
    let [from, to] = ["2026-11-25T12:00:00Z", "2026-11-25T12:00:10Z"].map(at);
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!((reader.span(), database.first_record().unwrap()), (Some((from, to)), Some(from)));
}
