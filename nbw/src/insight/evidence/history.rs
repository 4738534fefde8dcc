//! What the history remembers.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{Counters, Evidence};
use crate::{
    history::{
        HistoryError, Kind, Reader,
        query::{Answer, Every, Query},
    },
    insight::facts::Facts,
};

/// An hour, and the parts that counters are kept in, in seconds.
const HOUR: u32 = 3_600;
const FIVE_MINUTES: u32 = 300;

/// Counters of more time than this are read by the hour.
const FINE: SignedDuration = SignedDuration::from_hours(24 * 31);

/// So many subjects of a kind by name; who is not among the busiest is no finding's subject.
const MOST: usize = 200;

/// So many containers and groups by name, whose number has no end: each costs the percentiles of all its parts. What the others
/// moved is known as one sum.
const BUSIEST: usize = 50;

/// Days before the time asked about that are looked at, too.
const BEFORE: SignedDuration = SignedDuration::from_hours(24 * 90);

/// The kinds whose hours are looked at, and how many of each: of containers nobody asks more than what all of them moved, which
/// the history has without reading each.
const HOURS: [(Kind, usize); 4] =
    [(Kind::Host, MOST), (Kind::Interface, MOST), (Kind::Group, BUSIEST), (Kind::Container, 1)];

/// The kinds whose days are, and how many of each: of remote hosts all, for the question is who was ever heard of. Nobody who
/// has met too many for that is asked who is new.
const DAYS: [(Kind, Option<usize>); 3] =
    [(Kind::Interface, Some(MOST)), (Kind::Container, Some(BUSIEST)), (Kind::Remote, None)];

impl Evidence {
    /// What is remembered of some time, on a host that is set up so.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn remembered(
        reader: &Reader,
        (from, to): (Timestamp, Timestamp),
        zone: TimeZone,
        facts: Facts,
    ) -> Result<Self, HistoryError> {
        let mut traffic = HashMap::new();
        for (kind, top) in HOURS {
            let query = question(kind, (from, to), Every::Seconds(HOUR), Some(top), &zone);
            traffic.insert(kind, reader.ask(&query)?);
        }
        let days = days(reader, (from, to), &zone)?;
        let counters = Counters::remembered(reader, from, to)?;
        Ok(Self { from, to, live: false, zone, traffic, days, counters, facts, talks: None })
    }
}

/// The days up to `to`, beginning some time before `from`, but not before anything is known. With both the same it is about
/// who was heard of before.
///
/// # Errors
/// When the history cannot be read.
pub fn days(
    reader: &Reader,
    (from, to): (Timestamp, Timestamp),
    zone: &TimeZone,
) -> Result<HashMap<Kind, Answer>, HistoryError> {
    let first = reader.span().map_or(from, |(first, _)| first);
    let begin = from.saturating_sub(BEFORE).unwrap_or(from).max(first).min(to);
    let answer = |(kind, top)| match reader.ask(&question(kind, (begin, to), Every::Day, top, zone)) {
        Err(HistoryError::TooMany { .. }) => None,
        answer => Some(answer.map(|answer| (kind, answer))),
    };
    DAYS.into_iter().filter_map(answer).collect()
}

fn question(
    kind: Kind,
    (from, to): (Timestamp, Timestamp),
    every: Every,
    top: Option<usize>,
    zone: &TimeZone,
) -> Query {
    Query { kind, only: Vec::new(), from, to, every, top, zone: zone.clone(), month_begins: 1 }
}

impl Counters {
    fn remembered(reader: &Reader, from: Timestamp, to: Timestamp) -> Result<Self, HistoryError> {
        let every = if to.duration_since(from) > FINE { HOUR } else { FIVE_MINUTES };
        let increases = reader.counters(from, to, every)?;
        let seconds = increases.parts.iter().map(|(start, end)| end.duration_since(*start).as_secs_f64());
        Ok(Self { seconds: seconds.collect(), grown: increases.counters })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        history::{Bucket, Cell, Database, Subject, Tiers, Way},
        insight::{self, fixture},
    };

    /// Three weeks of parts, of seconds each.
    const PARTS: i64 = 24 * 12 * 21;
    const SECONDS: u32 = 300;
    /// 90 % of 1 Gbit/s.
    const BUSY: u64 = 112_500_000;

    fn bucket(start: i64) -> Bucket {
        let bytes = BUSY * u64::from(SECONDS);
        let way = |bytes: u64| Way { bytes, packets: bytes / 1_000, peak: BUSY };
        let cell = |rx: u64, tx: u64| Cell { rx: way(rx), tx: way(tx) };
        let subject = |kind, name: &str| Subject { kind, key: name.into(), name: name.into() };
        Bucket {
            start,
            seconds: SECONDS,
            cells: vec![
                (subject(Kind::Interface, "eth0"), cell(0, bytes)),
                (subject(Kind::Group, "/system.slice/web.service"), cell(0, bytes)),
                (subject(Kind::Group, "unattributed eth0"), cell(bytes / 1_000, 0)),
            ],
            counters: vec![("tcp out_segs".into(), 100_000), ("tcp retrans_segs".into(), 2_000)],
            covered: vec![(start * 1_000, (start + i64::from(SECONDS)) * 1_000)],
        }
    }

    #[test]
    fn what_was_written_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let now = fixture::week().to;
        let begin = now.as_second() - PARTS * i64::from(SECONDS);
        let mut database = Database::open(dir.path(), &Tiers::default().in_zone(TimeZone::UTC)).unwrap();
        let buckets: Vec<Bucket> = (0..PARTS).map(|part| bucket(begin + part * i64::from(SECONDS))).collect();
        database.write(&buckets).unwrap();
        let reader = Reader::open(dir.path()).unwrap();
        let week = (fixture::week().from, now);
        let evidence = Evidence::remembered(&reader, week, TimeZone::UTC, fixture::week().facts).unwrap();
        assert_eq!(evidence.seconds(Kind::Interface), 7.0 * 86_400.0);
        assert_eq!(evidence.days[&Kind::Interface].parts.len(), 21);
        assert_eq!(evidence.counters.total("tcp", "out_segs"), 7 * 288 * 100_000);
        assert!(evidence.unattributed("eth0").is_some());
        let rules: Vec<&str> = insight::advise(&evidence).iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["link-limit", "retransmissions"]);
        assert_eq!(days(&reader, (now, now), &TimeZone::UTC).unwrap()[&Kind::Remote].parts.len(), 21);
    }

    #[test]
    fn of_many_groups_the_busiest_are_told_and_the_rest_as_one() {
        let dir = tempfile::tempdir().unwrap();
        let now = fixture::week().to;
        let start = now.as_second() - i64::from(HOUR);
        let mut database = Database::open(dir.path(), &Tiers::default().in_zone(TimeZone::UTC)).unwrap();
        let group = |number: u64| {
            let name = format!("/system.slice/s{number}.service");
            let way = Way { bytes: 1_000 + number, packets: 1, peak: 100 };
            (Subject { kind: Kind::Group, key: name.as_str().into(), name: name.into() }, Cell { rx: way, tx: way })
        };
        let (cells, covered) = ((0..200).map(group).collect(), vec![(start * 1_000, now.as_millisecond())]);
        database.write(&[Bucket { start, seconds: SECONDS, cells, counters: Vec::new(), covered }]).unwrap();
        let week = (fixture::week().from, now);
        let reader = Reader::open(dir.path()).unwrap();
        let evidence = Evidence::remembered(&reader, week, TimeZone::UTC, fixture::week().facts).unwrap();
        let groups: Vec<_> = evidence.rows(Kind::Group).collect();
        assert_eq!((groups.len(), groups[0].bytes()), (BUSIEST + 1, 2 * 1_199));
        assert!(groups[BUSIEST].series.subject.key.is_empty());
        assert_eq!(groups.iter().map(|row| row.bytes()).sum::<u64>(), 2 * (200 * 1_000 + 199 * 200 / 2));
    }
}
