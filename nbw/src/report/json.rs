//! `--format json`: one object, as docs/reports.md says.

use jiff::Timestamp;
use nbw_detect::Event;
use serde::Serialize;

use super::{
    Format, Report, calendar,
    rows::{Both, Row, Total},
};
use crate::{failure::Failure, history::Kind, insight::Finding};

/// Writes JSON.
pub struct Json;

impl Format for Json {
    fn render(&self, report: &Report) -> Result<Vec<u8>, Failure> {
        let mut bytes = serde_json::to_vec(&Document::of(report)).map_err(|error| Failure::running(&error))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// The words of the contract (DESIGN.md, section 4), and more behind them.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    from: Timestamp,
    to: Timestamp,
    every_seconds: u32,
    every: String,
    zone: Option<&'a str>,
    sample_seconds: u32,
    rows: Vec<JsonRow<'a>>,
    totals: Vec<JsonTotal<'a>>,
    parts: Vec<JsonPart>,
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "<[Event]>::is_empty")]
    events: &'a [Event],
}

#[derive(Serialize)]
struct JsonRow<'a> {
    start: Timestamp,
    end: Timestamp,
    #[serde(flatten)]
    moved: JsonMoved<'a>,
    recorded_seconds: u32,
    sample_seconds: u32,
    average_bytes_per_second: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate: Option<JsonBoth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<JsonBoth>,
}

#[derive(Serialize)]
struct JsonMoved<'a> {
    kind: Kind,
    name: &'a str,
    /// What tells it from others of its name: null for the rest.
    key: Option<&'a str>,
    rx_bytes: u64,
    tx_bytes: u64,
    rx_packets: u64,
    tx_packets: u64,
    rx_peak_bytes_per_second: f64,
    tx_peak_bytes_per_second: f64,
    rx_p95_bytes_per_second: f64,
    tx_p95_bytes_per_second: f64,
}

#[derive(Serialize)]
struct JsonTotal<'a> {
    #[serde(flatten)]
    moved: JsonMoved<'a>,
    rx_peak_at: Option<Timestamp>,
    tx_peak_at: Option<Timestamp>,
    billing_p95_bytes_per_second: f64,
    average_bytes_per_second: f64,
    month: Option<JsonBoth>,
    month_estimate: Option<JsonBoth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<JsonQuota>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<JsonBoth>,
}

#[derive(Serialize)]
struct JsonBoth {
    rx_bytes: u64,
    tx_bytes: u64,
}

#[derive(Serialize)]
struct JsonQuota {
    bytes: u64,
    used: f64,
    /// Null in the first hundredth of a month.
    estimate: Option<f64>,
}

#[derive(Serialize)]
struct JsonPart {
    start: Timestamp,
    end: Timestamp,
    recorded_seconds: u32,
}

impl<'a> Document<'a> {
    fn of(report: &'a Report) -> Self {
        let parts = report.answer.parts.iter();
        Self {
            schema: 1,
            from: report.from,
            to: report.to,
            every_seconds: calendar::nominal_seconds(report.every),
            every: calendar::word(report.every),
            zone: report.calendar.zone.iana_name(),
            sample_seconds: report.answer.sample_seconds,
            rows: report.rows().iter().filter(|row| !row.is_idle()).map(json_row).collect(),
            totals: report.totals().iter().map(|total| json_total(total, report)).collect(),
            parts: parts
                .map(|part| JsonPart { start: part.start, end: part.end, recorded_seconds: part.recorded_seconds })
                .collect(),
            findings: &report.findings,
            events: &report.events,
        }
    }
}

fn json_row<'a>(row: &Row<'a>) -> JsonRow<'a> {
    let (point, subject) = (row.point, row.subject);
    JsonRow {
        start: row.part.start,
        end: row.part.end,
        moved: JsonMoved {
            kind: subject.kind,
            name: &subject.name,
            key: Some(&*subject.key).filter(|key| !key.is_empty()),
            rx_bytes: point.rx.bytes,
            tx_bytes: point.tx.bytes,
            rx_packets: point.rx.packets,
            tx_packets: point.tx.packets,
            rx_peak_bytes_per_second: point.rx.peak,
            tx_peak_bytes_per_second: point.tx.peak,
            rx_p95_bytes_per_second: point.rx_p95,
            tx_p95_bytes_per_second: point.tx_p95,
        },
        recorded_seconds: row.part.recorded_seconds,
        sample_seconds: row.part.sample_seconds,
        average_bytes_per_second: row.average(),
        estimate: row.estimate.map(both),
        previous: row.previous.map(both),
    }
}

fn json_total<'a>(total: &Total<'a>, report: &Report) -> JsonTotal<'a> {
    let (whole, subject, known) = (total.whole, total.subject, !total.is_rest() && report.has_month());
    JsonTotal {
        moved: JsonMoved {
            kind: subject.kind,
            name: &subject.name,
            key: Some(&*subject.key).filter(|key| !key.is_empty()),
            rx_bytes: whole.rx.bytes,
            tx_bytes: whole.tx.bytes,
            rx_packets: whole.rx.packets,
            tx_packets: whole.tx.packets,
            rx_peak_bytes_per_second: whole.rx.peak,
            tx_peak_bytes_per_second: whole.tx.peak,
            rx_p95_bytes_per_second: whole.rx_p95,
            tx_p95_bytes_per_second: whole.tx_p95,
        },
        rx_peak_at: whole.rx_peak_at,
        tx_peak_at: whole.tx_peak_at,
        billing_p95_bytes_per_second: total.billed(),
        average_bytes_per_second: total.average,
        month: known.then(|| both(total.month)),
        month_estimate: total.month_estimate.filter(|_| known).map(both),
        quota: report.quota.filter(|_| known).map(|bytes| JsonQuota {
            bytes,
            used: total.month.total() as f64 / bytes as f64,
            estimate: total.month_estimate.map(|both| both.total() as f64 / bytes as f64),
        }),
        previous: total.previous.map(both),
    }
}

fn both(both: Both) -> JsonBoth {
    JsonBoth { rx_bytes: both.rx, tx_bytes: both.tx }
}

#[cfg(test)]
mod tests;
