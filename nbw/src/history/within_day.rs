//! Parts within a day: counted from its midnight, so that in every zone hours begin where the clock on the wall says.
//!
//! On a day of 23 or 25 hours they are as long as on others; the last one ends at the next midnight at the latest.

use jiff::tz::TimeZone;

use super::days;

/// Begin and end, in seconds of Unix time, of the part of `seconds` that `second` is in.
pub fn part_of_day(second: i64, seconds: u32, zone: &TimeZone) -> (i64, i64) {
    let (midnight, next_midnight) = days::day_of(second, zone);
    let seconds = i64::from(seconds.max(1));
    let begin = midnight + (second - midnight).div_euclid(seconds) * seconds;
    (begin, (begin + seconds).min(next_midnight))
}

#[cfg(test)]
mod tests {
    use crate::history::{
        Database, Kind, Reader, Tiers,
        query::{Every, Query},
        synthetic::Synthetic,
    };

    use super::*;

    /// Begins of the parts of a day, on the wall.
    fn day(date: &str, hours: u32, zone: &str) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let noon = date.parse::<jiff::civil::Date>().unwrap().at(12, 0, 0, 0).to_zoned(zone.clone()).unwrap();
        let (mut at, end) = days::day_of(noon.timestamp().as_second(), &zone);
        let mut begins = Vec::new();
        while at < end {
            let (begin, next) = part_of_day(at, hours * 3_600, &zone);
            assert_eq!(begin, at);
            let begin = jiff::Timestamp::from_second(begin).unwrap().to_zoned(zone.clone());
            begins.push(begin.strftime("%H:%M").to_string());
            at = next;
        }
        assert_eq!(at, end);
        begins
    }

    #[test]
    fn they_are_counted_from_midnight() {
        assert_eq!(day("2026-01-01", 6, "Asia/Kolkata"), ["00:00", "06:00", "12:00", "18:00"]);
        assert_eq!(day("2026-01-01", 12, "America/New_York"), ["00:00", "12:00"]);
        assert_eq!(day("2026-03-29", 6, "Europe/Berlin"), ["00:00", "07:00", "13:00", "19:00"]);
        assert_eq!(day("2026-10-25", 6, "Europe/Berlin"), ["00:00", "05:00", "11:00", "17:00", "23:00"]);
        assert_eq!(day("2026-09-06", 12, "America/Santiago"), ["01:00", "13:00"]);
        assert_eq!(day("2026-01-01", 1, "Asia/Kathmandu").len(), 24);
    }

    #[test]
    fn whatever_the_parts_the_sum_is_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let [begin, end] = ["2026-10-23T00:00:00Z", "2026-10-27T00:00:00Z"].map(|text| text.parse().unwrap());
        let made = Synthetic::new(Kind::Container, 1);
        let mut database = Database::open(dir.path(), &Tiers::default().in_zone(TimeZone::UTC)).unwrap();
        made.write(&mut database, begin, end).unwrap();
        let moved = made.between(0, begin.as_second(), end.as_second()).rx.bytes;
        let reader = Reader::open(dir.path()).unwrap();
        for zone in ["Asia/Kolkata", "Europe/Berlin", "America/New_York"].map(|name| TimeZone::get(name).unwrap()) {
            for every in [300, 3_600, 21_600, 43_200].map(Every::Seconds) {
                let query = Query {
                    kind: Kind::Container,
                    only: Vec::new(),
                    from: begin,
                    to: end,
                    every,
                    top: None,
                    zone: zone.clone(),
                    month_begins: 1,
                };
                let answer = reader.ask(&query).unwrap();
                let sum: u64 = answer.series[0].points.iter().map(|point| point.rx.bytes).sum();
                assert_eq!((sum, answer.whole[0].rx.bytes), (moved, moved), "{zone:?} {every:?}");
            }
        }
    }
}
