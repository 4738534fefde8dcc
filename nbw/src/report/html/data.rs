//! What the page's script draws, as JSON.

use serde::Serialize;

use crate::{
    failure::Failure,
    history::query::Every,
    report::{
        Report,
        load::{self, DAYS, HOURS, Load},
    },
    units::Units,
};

/// A curve has no more points than a wide screen has columns.
const MOST_POINTS: usize = 1_000;

#[derive(Serialize)]
struct Data<'a> {
    units: &'static str,
    #[serde(rename = "byDays")]
    by_days: bool,
    /// Whether parts are shorter than a minute, so that their names have seconds.
    #[serde(rename = "bySeconds")]
    by_seconds: bool,
    /// Begins of the parts, in seconds since the epoch.
    parts: Vec<i64>,
    end: i64,
    /// Seconds by which the clock of the zone is ahead of UTC, in each part.
    offsets: Vec<i32>,
    recorded: Vec<u32>,
    series: Vec<DataSeries<'a>>,
    loads: Vec<DataLoad>,
}

#[derive(Serialize)]
struct DataSeries<'a> {
    name: &'a str,
    rest: bool,
    rx: Vec<u64>,
    tx: Vec<u64>,
}

#[derive(Serialize)]
struct DataLoad {
    name: String,
    who: Option<usize>,
    heat: [[Option<u64>; HOURS]; DAYS],
    curve: Vec<(f64, u64)>,
}

/// The data of a report, escaped for a script element.
pub(super) fn json(report: &Report) -> Result<String, Failure> {
    let json = serde_json::to_string(&data(report)).map_err(|error| Failure::running(&error))?;
    Ok(escaped(&json))
}

fn data(report: &Report) -> Data<'_> {
    let parts = &report.answer.parts;
    let end = parts.last().map_or(report.to, |part| part.end.min(report.to).max(part.start));
    let series = report.answer.series.iter().map(|series| DataSeries {
        name: &series.subject.name,
        rest: series.subject.key.is_empty(),
        rx: series.points.iter().map(|point| point.rx.bytes).collect(),
        tx: series.points.iter().map(|point| point.tx.bytes).collect(),
    });
    Data {
        units: if report.units == Units::Bits { "bits" } else { "bytes" },
        by_days: !matches!(report.every, Every::Seconds(_)),
        by_seconds: matches!(report.every, Every::Seconds(seconds) if seconds % 60 != 0),
        parts: parts.iter().map(|part| part.start.as_second()).collect(),
        end: end.as_second(),
        offsets: parts.iter().map(|part| report.calendar.local(part.start).offset().seconds()).collect(),
        recorded: parts.iter().map(|part| part.recorded_seconds).collect(),
        series: series.collect(),
        loads: report
            .loads()
            .into_iter()
            .filter(|load| !load.samples.is_empty())
            .map(|load| data_load(load, report))
            .collect(),
    }
}

fn data_load(load: Load, report: &Report) -> DataLoad {
    let heat = load::heat(&load, &report.calendar.zone);
    let curve = load::duration(&load);
    let together = curve.len().div_ceil(MOST_POINTS).max(1);
    // Of several points the highest, which is the first, with the share of the last.
    let thinned = curve.chunks(together).map(|points| (points[points.len() - 1].0, points[0].1.round() as u64));
    DataLoad {
        heat: heat.map(|day| day.map(|rate| rate.map(|rate| rate.round() as u64))),
        curve: thinned.collect(),
        name: load.name,
        who: load.who,
    }
}

/// JSON that cannot end the script element that it is in, nor begin another. These characters are in strings only.
pub(super) fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => escaped.push_str(&format!("\\u{:04x}", u32::from(character))),
            other => escaped.push(other),
        }
    }
    escaped
}
