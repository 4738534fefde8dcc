//! A year of made-up history, whose totals are known.

use jiff::Timestamp;

use super::{at, query};
use crate::history::{Cell, Kind, Reader, query::Every, synthetic::Synthetic};

#[test]
fn every_month_of_a_year_is_exact_to_the_byte() {
    let dir = tempfile::tempdir().unwrap();
    let host = Synthetic::new(Kind::Container, 3);
    let end = at("2028-06-15T13:47:20Z");
    let database = host.year(dir.path(), end).unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    let (first, last) = reader.span().unwrap();
    assert_eq!((first, last), (at("2027-06-16T00:00:00Z"), end));
    let answer = reader.ask(&query(Kind::Container, first, end, Every::Month)).unwrap();
    assert_eq!(answer.parts.len(), 13);
    for series in &answer.series {
        let number: usize = series.subject.key[4..].parse().unwrap();
        for (part, point) in answer.parts.iter().zip(&series.points) {
            let expected: Cell = host.between(number, part.start.as_second(), part.end.as_second());
            assert_eq!([point.rx.bytes, point.tx.bytes], [expected.rx.bytes, expected.tx.bytes], "{part:?}");
            assert_eq!([point.rx.packets, point.tx.packets], [expected.rx.packets, expected.tx.packets], "{part:?}");
            assert_eq!(part.recorded_seconds as i64, part.end.as_second() - part.start.as_second());
        }
    }
    drop(database);
}

#[test]
fn every_tier_adds_up_to_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let host = Synthetic::new(Kind::Group, 2);
    let end = at("2026-03-10T07:31:40Z");
    drop(host.year(dir.path(), end).unwrap());
    let reader = Reader::open(dir.path()).unwrap();
    for (back, every) in [(5 * 3_600, 10), (6 * 86_400, 60), (59 * 86_400, 300), (360 * 86_400, 3_600)] {
        // From a boundary of the tier on that is surely there.
        let from = (end.as_second() - back) / 3_600 * 3_600;
        let answer =
            reader.ask(&query(Kind::Group, Timestamp::from_second(from).unwrap(), end, Every::Seconds(every))).unwrap();
        for series in &answer.series {
            let number: usize = series.subject.key[4..].parse().unwrap();
            for (part, point) in answer.parts.iter().zip(&series.points) {
                let expected = host.between(number, part.start.as_second(), part.end.as_second());
                assert_eq!(point.rx.bytes, expected.rx.bytes, "{every} {part:?}");
                assert_eq!(point.tx.packets, expected.tx.packets, "{every} {part:?}");
            }
        }
    }
}

#[test]
fn the_rest_has_the_percentile_of_its_sums() {
    let dir = tempfile::tempdir().unwrap();
    let host = Synthetic::new(Kind::Container, 4);
    let (begin, end) = (at("2026-03-08T00:00:00Z"), at("2026-03-10T00:00:00Z"));
    let mut database = crate::history::Database::open(dir.path(), &crate::history::Tiers::default()).unwrap();
    host.write(&mut database, begin, end).unwrap();
    let mut asked = query(Kind::Container, begin, end, Every::Day);
    let ask = |asked: &crate::history::query::Query| Reader::open(dir.path()).unwrap().ask(asked).unwrap();
    let all = ask(&asked);
    for top in [0, 1, 3] {
        asked.top = Some(top);
        let answer = ask(&asked);
        let named: Vec<usize> =
            all.series[top..].iter().map(|series| series.subject.key[4..].parse().unwrap()).collect();
        let mut rates: Vec<u64> = (begin.as_second()..end.as_second())
            .step_by(300)
            .map(|start| named.iter().map(|number| host.between(*number, start, start + 300).rx.bytes).sum())
            .collect();
        rates.sort_unstable();
        let expected = rates[(95 * rates.len()).div_ceil(100) - 1] as f64 / 300.0;
        assert_eq!((answer.series.len(), answer.whole[top].rx_p95), (top + 1, expected));
    }
}
