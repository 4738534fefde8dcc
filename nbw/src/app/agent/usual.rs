//! What this host usually sends at this hour of the day, by its history: attacks that are told by volume are told against it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tokio::task::JoinHandle;

use crate::{
    config::Config,
    history::{
        Kind, Reader,
        query::{Every, Query},
    },
};

/// So many days are looked back at ...
const DAYS: i64 = 14;
/// ... and so many of them have to be known, as for rules on what is usual.
const LEAST_DAYS: usize = 7;
/// An hour counts where so much of it was recorded, in seconds.
const LEAST_SECONDS: u32 = 300;
/// What is usual is at least this, in bytes a second: many times almost nothing is no news.
const FLOOR: f64 = 1_000.0;
const HOUR: u32 = 3_600;

/// Asks the history once an hour, in a thread: nobody waits for it.
#[derive(Debug)]
pub(super) struct Usual {
    /// Of the history; none where there is none.
    directory: Option<PathBuf>,
    zone: TimeZone,
    /// The hour that was asked about, counted from the epoch.
    hour: Option<i64>,
    asked: Option<JoinHandle<Option<f64>>>,
    /// Bytes a second.
    known: Option<f64>,
}

impl Usual {
    pub(super) fn of(config: &Config) -> Self {
        let directory = config.settings.history.enabled.then(|| config.settings.data_dir.clone());
        Self { directory, zone: config.zone.clone(), hour: None, asked: None, known: None }
    }

    /// Another configuration: what is known stays, if it is of the same history and the same hours.
    pub(super) fn follow(&mut self, config: &Config) {
        let fresh = Self::of(config);
        if (&fresh.directory, &fresh.zone) != (&self.directory, &self.zone) {
            *self = fresh;
        }
    }

    /// Bytes a second that are usually sent at the hour of `now`; none while that is not known.
    pub(super) fn at(&mut self, now: Timestamp) -> Option<f64> {
        let directory = self.directory.as_ref()?;
        if let Some(answered) = self.asked.as_mut().and_then(FutureExt::now_or_never) {
            (self.asked, self.known) = (None, answered.ok().flatten());
        }
        let hour = now.as_second().div_euclid(HOUR.into());
        if self.asked.is_none() && self.hour.replace(hour) != Some(hour) {
            let (directory, zone) = (directory.clone(), self.zone.clone());
            self.asked = Some(tokio::task::spawn_blocking(move || sent(&directory, &zone, now)));
        }
        self.known
    }
}

/// As much, in as much time.
pub(super) fn in_time(bytes_per_second: f64, time: Duration) -> u64 {
    (bytes_per_second * time.as_secs_f64()) as u64
}

/// The median of the hour's means over past days, in bytes a second.
fn sent(directory: &Path, zone: &TimeZone, now: Timestamp) -> Option<f64> {
    let this_hour = Timestamp::from_second(now.as_second().div_euclid(HOUR.into()) * i64::from(HOUR)).ok()?;
    let from = this_hour.checked_sub(SignedDuration::from_hours(24 * DAYS)).ok()?;
    let (kind, every, zone) = (Kind::Host, Every::Seconds(HOUR), zone.clone());
    let query = Query { kind, only: Vec::new(), from, to: this_hour, every, top: None, zone, month_begins: 1 };
    // There may be no history yet, or a damaged one, of which its writer speaks.
    let answer = Reader::open(directory).and_then(|reader| reader.ask(&query)).ok()?;
    let hour_of_day = |at: Timestamp| at.to_zoned(query.zone.clone()).hour();
    let host = answer.series.first()?;
    let known = answer.parts.iter().zip(&host.points).filter(|(part, _)| {
        part.recorded_seconds >= LEAST_SECONDS && hour_of_day(part.start) == hour_of_day(this_hour)
    });
    let mut means: Vec<f64> =
        known.map(|(part, point)| point.tx.bytes as f64 / f64::from(part.recorded_seconds)).collect();
    means.sort_by(f64::total_cmp);
    (means.len() >= LEAST_DAYS).then(|| means[means.len() / 2].max(FLOOR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Bucket, Cell, Database, Subject, Tiers, Way};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A history of so many days, in each of which the host has sent 6 kB/s from 20:00 to 20:05, and ten times that from 21:00.
    fn history(days: i64) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let mut database = Database::open(directory.path(), &Tiers::default()).unwrap();
        let bucket = |start: Timestamp, bytes: u64| {
            let cell = Cell { tx: Way { bytes, packets: 1, peak: 0 }, ..Cell::default() };
            let subject = Subject { kind: Kind::Host, key: "host".into(), name: "host".into() };
            let (start, milliseconds) = (start.as_second(), start.as_millisecond());
            Bucket {
                start,
                seconds: 300,
                covered: vec![(milliseconds, milliseconds + 300_000)],
                cells: vec![(subject, cell)],
                counters: Vec::new(),
            }
        };
        for day in 1..=days {
            let evening = at("2026-11-25T20:00:00Z") - SignedDuration::from_hours(24 * day);
            let later = evening + SignedDuration::from_hours(1);
            database.write(&[bucket(evening, 1_800_000), bucket(later, 18_000_000)]).unwrap();
        }
        directory
    }

    #[test]
    fn it_is_the_median_of_the_hour_over_days_enough() {
        let utc = TimeZone::UTC;
        let week = history(7);
        assert_eq!(sent(week.path(), &utc, at("2026-11-25T20:30:00Z")), Some(6_000.0));
        assert_eq!(sent(week.path(), &utc, at("2026-11-25T21:59:00Z")), Some(60_000.0));
        assert_eq!(sent(week.path(), &utc, at("2026-11-25T12:00:00Z")), None, "nothing was recorded at noon");
        assert_eq!(sent(history(6).path(), &utc, at("2026-11-25T20:30:00Z")), None);
        assert_eq!(sent(Path::new("/nonexistent"), &utc, at("2026-11-25T20:30:00Z")), None);
        assert_eq!(in_time(6_000.0, Duration::from_millis(500)), 3_000);
    }

    #[tokio::test]
    async fn it_is_asked_for_in_a_thread_once_an_hour() {
        let directory = history(7);
        let mut config = Config::parse("time_zone = \"UTC\"").unwrap();
        config.settings.data_dir = directory.path().into();
        let mut usual = Usual::of(&config);
        let now = at("2026-11-25T20:30:00Z");
        assert_eq!(usual.at(now), None, "nobody waits");
        while usual.at(now).is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!((usual.at(now), usual.asked.is_none()), (Some(6_000.0), true));
        usual.follow(&config);
        assert_eq!(usual.at(now), Some(6_000.0), "a reload that does not change it");
        config.settings.history.enabled = false;
        usual.follow(&config);
        assert_eq!(usual.at(now), None);
        assert_eq!(Usual::of(&config).at(now), None);
    }
}
