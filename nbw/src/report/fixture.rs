//! A history that is made up: the same rates at the same times for ever, so that reports of it can be golden.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use nbw_detect::Event;

use super::{
    Report, What,
    build::{Request, Source, build},
    calendar::Calendar,
    progress::Progress,
};
use crate::{
    failure::Failure,
    history::{
        HistoryError, Kind, Moved, Subject,
        query::{Answer, Every, Part, Point, Query, Series, Whole},
    },
    insight::{Finding, Severity, finding::Unit},
    units::Units,
};

const SAMPLE: i64 = 300;

/// What was recorded from `begin` to `end`: subjects with their usual rates, in bytes a second.
pub(super) struct Made {
    pub(super) begin: Timestamp,
    pub(super) end: Timestamp,
    pub(super) subjects: Vec<(&'static str, f64, f64)>,
}

/// A Wednesday evening.
pub(super) fn now() -> Timestamp {
    "2026-11-25T20:30:00Z".parse().unwrap()
}

impl Made {
    /// Three months of five containers, one of them with a name that is out for trouble.
    pub(super) fn containers() -> Self {
        Self {
            begin: "2026-08-20T00:00:00Z".parse().unwrap(),
            end: now(),
            subjects: vec![
                ("web", 400_000.0, 2_600_000.0),
                ("backup", 90_000.0, 1_400_000.0),
                ("db", 300_000.0, 350_000.0),
                ("</script><img src=x onerror=alert(1)>\u{2028}&\"'", 60_000.0, 20_000.0),
                ("größe-ваня", 9_000.0, 4_000.0),
            ],
        }
    }

    /// The report of it, in Berlin.
    pub(super) fn report(&self, what: Option<What>, from: &str, every: Every) -> Report {
        build(self, self.request(what, from, every), &Progress::start(1)).unwrap()
    }

    pub(super) fn request(&self, what: Option<What>, from: &str, every: Every) -> Request {
        Request {
            kind: Kind::Container,
            only: Vec::new(),
            from: Some(from.parse().unwrap()),
            usual: false,
            to: now(),
            top: Some(10),
            rows: 10,
            calendar: Calendar { zone: TimeZone::get("Europe/Berlin").unwrap(), month_begins: 1 },
            host: "host1".into(),
            compare: true,
            quota: Some(8_000_000_000_000),
            hours: true,
            advice: false,
            units: Units::Bits,
            now: now(),
            what,
            every,
        }
    }
}

/// A number from 0 to 1 that looks like chance (the finalizer of SplitMix64).
fn chance(seed: u64) -> f64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The share of the usual rate at a time: busy days, quiet nights, quieter Sundays; the backup at two.
fn share(name: &str, who: usize, second: i64) -> f64 {
    let hour = (second % 86_400) as f64 / 3_600.0;
    let jitter = 0.6 + 0.8 * chance(second as u64 / SAMPLE as u64 * 31 + who as u64);
    if name == "backup" {
        return if (2.0..4.0).contains(&hour) { 6.0 * jitter } else { 0.01 };
    }
    let sunday = (second / 86_400 + 4) % 7 == 0;
    let day = 0.15 + 0.85 * (-(hour - 14.0).powi(2) / 40.0).exp();
    day * jitter * if sunday { 0.4 } else { 1.0 }
}

#[derive(Default)]
struct Samples {
    rx: Vec<f64>,
    tx: Vec<f64>,
    rx_top: Option<(f64, i64)>,
    tx_top: Option<(f64, i64)>,
}

impl Samples {
    fn add(&mut self, at: i64, rx: f64, tx: f64) {
        let higher = |top: Option<(f64, i64)>, rate: f64| top.filter(|top| top.0 >= rate).or(Some((rate, at)));
        self.rx.push(rx);
        self.tx.push(tx);
        (self.rx_top, self.tx_top) = (higher(self.rx_top, rx), higher(self.tx_top, tx));
    }

    fn moved(rates: &[f64], top: Option<(f64, i64)>) -> Moved {
        let bytes = rates.iter().map(|rate| rate * SAMPLE as f64).sum::<f64>() as u64;
        Moved { bytes, packets: bytes / 900, peak: top.map_or(0.0, |(rate, _)| rate * 1.7) }
    }

    fn point(&self) -> Point {
        let (rx, tx) = (Self::moved(&self.rx, self.rx_top), Self::moved(&self.tx, self.tx_top));
        Point { rx, tx, rx_p95: p95(&self.rx), tx_p95: p95(&self.tx) }
    }

    fn whole(&self) -> Whole {
        let point = self.point();
        let at = |top: Option<(f64, i64)>| top.map(|(_, at)| Timestamp::from_second(at).unwrap());
        Whole {
            rx: point.rx,
            tx: point.tx,
            rx_peak_at: at(self.rx_top),
            tx_peak_at: at(self.tx_top),
            rx_p95: point.rx_p95,
            tx_p95: point.tx_p95,
        }
    }
}

fn key(who: usize) -> String {
    format!("id-{who}")
}

fn p95(rates: &[f64]) -> f64 {
    let mut sorted = rates.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len() * 95).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0.0)
}

impl Source for Made {
    fn ask(&self, query: &Query) -> Result<Answer, HistoryError> {
        let calendar = Calendar { zone: query.zone.clone(), month_begins: query.month_begins };
        let mut starts = Vec::new();
        let mut start = calendar.begin(query.every, query.from);
        while start < query.to {
            starts.push(start);
            start = calendar.end(query.every, start);
        }
        let ends = starts.iter().skip(1).copied().chain([start]);
        let parts: Vec<Part> = starts.iter().zip(ends).map(|(&start, end)| self.part(start, end)).collect();
        let chosen = self.subjects.iter().enumerate().filter(|(who, (name, ..))| {
            query.kind == Kind::Container
                && (query.only.is_empty()
                    || query.only.iter().any(|only| only.matches(name) || only.matches(&key(*who))))
        });
        let answered: Vec<(Series, Whole)> = chosen.map(|(who, _)| self.series(who, query, &parts)).collect();
        let (series, whole) = answered.into_iter().unzip();
        Ok(Answer { parts, series, whole, sample_seconds: SAMPLE as u32 })
    }

    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.begin, self.end))
    }

    fn findings(&self, _: Timestamp, _: Timestamp, _: &TimeZone) -> Result<Vec<Finding>, Failure> {
        let finding = Finding::new("link-limit", Severity::Warning, "eth0", "eth0 <b>is near</b> its limit".into())
            .seen(0.95, "For a twentieth of the time eth0 sends 930 Mbit/s or more.".into())
            .number("p95", 116_250_000.0, Unit::BytesPerSecond)
            .command("See who it is.", "nbw top -i eth0")
            .advise("Move bulk work to other hours.");
        Ok(vec![finding])
    }

    fn events(&self, _: Timestamp, _: Timestamp) -> Result<Vec<Event>, Failure> {
        Ok(Vec::new())
    }
}

impl Made {
    fn part(&self, start: Timestamp, end: Timestamp) -> Part {
        let (from, to) = (start.max(self.begin), end.min(self.end));
        let recorded = to.duration_since(from).as_secs().max(0);
        Part { start, end, recorded_seconds: u32::try_from(recorded).unwrap(), sample_seconds: SAMPLE as u32 }
    }

    fn series(&self, who: usize, query: &Query, parts: &[Part]) -> (Series, Whole) {
        let (name, rx, tx) = self.subjects[who];
        let (mut whole, mut by_part) = (Samples::default(), BTreeMap::<usize, Samples>::new());
        let begin = parts[0].start.max(self.begin).max(query.from).as_second();
        for at in (begin..query.to.min(self.end).as_second()).step_by(SAMPLE as usize) {
            let share = share(name, who, at);
            let part = parts.partition_point(|part| part.end.as_second() <= at);
            by_part.entry(part).or_default().add(at, rx * share, tx * share);
            whole.add(at, rx * share, tx * share);
        }
        let points = (0..parts.len()).map(|part| by_part.get(&part).map(Samples::point).unwrap_or_default()).collect();
        let subject = Subject { kind: Kind::Container, key: key(who).into(), name: Arc::from(name) };
        (Series { subject, points }, whole.whole())
    }
}
