//! The load of a host or a subject, sample by sample: what heat maps and load duration curves are made of.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    Report,
    rows::{length, seconds},
};
use crate::history::{Kind, query::Answer};

/// Days of a week.
pub const DAYS: usize = 7;
/// Hours of a day.
pub const HOURS: usize = 24;

/// The load of somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Whose: a subject's name, or what all of them are called together.
    pub name: String,
    /// Which of the report's subjects; none for all together.
    pub who: Option<usize>,
    /// Whether it is that of the rest, `other`.
    pub is_rest: bool,
    /// By time, without those in which nothing was recorded.
    pub samples: Vec<Sample>,
}

/// What was moved in one sample.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sample {
    /// Its begin.
    pub start: Timestamp,
    /// Seconds that were recorded.
    pub seconds: f64,
    /// Bytes received.
    pub rx: f64,
    /// Bytes sent.
    pub tx: f64,
}

impl Sample {
    /// Both directions, bytes a second.
    pub fn rate(&self) -> f64 {
        (self.rx + self.tx) / self.seconds
    }
}

impl Report {
    /// All together first (the host's, for interfaces, which must not be added up), then each subject's.
    pub fn loads(&self) -> Vec<Load> {
        let answer = self.hourly.as_ref().unwrap_or(&self.answer);
        let each = (0..answer.series.len()).map(|who| load(answer, who));
        self.together(answer).into_iter().chain(each).collect()
    }

    fn together(&self, answer: &Answer) -> Option<Load> {
        if let Some(host) = &self.host_hourly {
            return host.series.first().map(|_| Load { name: "the whole host".into(), who: None, ..load(host, 0) });
        }
        let adds_up = !matches!(self.kind, Kind::Interface | Kind::Host);
        (adds_up && answer.series.len() > 1).then(|| Load {
            name: format!("all {}", self.subjects()),
            who: None,
            is_rest: false,
            samples: sum(answer),
        })
    }
}

fn recorded(answer: &Answer) -> impl Iterator<Item = (usize, Sample)> + '_ {
    let parts = answer.parts.iter().enumerate().filter(|(_, part)| part.recorded_seconds > 0 && length(part) > 0.0);
    parts.map(|(at, part)| (at, Sample { start: part.start, seconds: seconds(part), rx: 0.0, tx: 0.0 }))
}

fn load(answer: &Answer, who: usize) -> Load {
    let series = &answer.series[who];
    let sample = |(at, empty): (usize, Sample)| {
        let point = &series.points[at];
        Sample { rx: point.rx.bytes as f64, tx: point.tx.bytes as f64, ..empty }
    };
    Load {
        name: series.subject.name.to_string(),
        who: Some(who),
        is_rest: series.subject.key.is_empty(),
        samples: recorded(answer).map(sample).collect(),
    }
}

fn sum(answer: &Answer) -> Vec<Sample> {
    let sample = |(at, empty): (usize, Sample)| {
        let points = || answer.series.iter().map(move |series| &series.points[at]);
        let rx = points().map(|point| point.rx.bytes as f64).sum();
        let tx = points().map(|point| point.tx.bytes as f64).sum();
        Sample { rx, tx, ..empty }
    };
    recorded(answer).map(sample).collect()
}

/// Average rates, both directions, in bytes a second, by weekday (from Monday) and hour; none where nothing was recorded.
pub type Heat = [[Option<f64>; HOURS]; DAYS];

/// The heat map of a load, by the clock of the zone.
pub fn heat(load: &Load, zone: &TimeZone) -> Heat {
    let mut sums = [[(0.0, 0.0); HOURS]; DAYS];
    for sample in &load.samples {
        let local = sample.start.to_zoned(zone.clone());
        let (day, hour) = (local.weekday().to_monday_zero_offset() as usize, local.hour() as usize);
        let cell = &mut sums[day][hour];
        *cell = (cell.0 + sample.rx + sample.tx, cell.1 + sample.seconds);
    }
    sums.map(|day| day.map(|(bytes, seconds)| (seconds > 0.0).then(|| bytes / seconds)))
}

/// The load duration curve: rates from the highest to the lowest, each with the share of the time in which there was as much
/// or more. The shares are of the ends of samples; the last is 1.
pub fn duration(load: &Load) -> Vec<(f64, f64)> {
    let mut samples: Vec<&Sample> = load.samples.iter().collect();
    samples.sort_by(|a, b| b.rate().total_cmp(&a.rate()));
    let whole: f64 = samples.iter().map(|sample| sample.seconds).sum();
    let mut passed = 0.0;
    let step = |sample: &Sample| {
        passed += sample.seconds;
        (passed / whole, sample.rate())
    };
    samples.into_iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_of(rates: &[f64]) -> Load {
        let sample = |(at, &rate): (usize, &f64)| Sample {
            start: Timestamp::from_second(at as i64 * 3_600).unwrap(),
            seconds: 3_600.0,
            rx: rate * 3_600.0,
            tx: 0.0,
        };
        Load {
            name: "eth0".into(),
            who: Some(0),
            is_rest: false,
            samples: rates.iter().enumerate().map(sample).collect(),
        }
    }

    #[test]
    fn hours_are_those_of_the_wall() {
        // 1970-01-01 was a Thursday.
        let heat = heat(&load_of(&[8.0]), &TimeZone::get("Europe/Berlin").unwrap());
        assert_eq!(heat[3][1], Some(8.0));
        assert_eq!(heat.iter().flatten().flatten().count(), 1);
    }

    #[test]
    fn a_curve_falls() {
        assert_eq!(duration(&load_of(&[1.0, 4.0, 2.0, 3.0])), [(0.25, 4.0), (0.5, 3.0), (0.75, 2.0), (1.0, 1.0)]);
        assert!(duration(&load_of(&[])).is_empty());
    }
}
