//! `--format csv`: a header, and a row for each subject in each part.

use super::{Format, Report, rows::Row};
use crate::{failure::Failure, history::Kind};

/// Writes CSV.
pub struct Csv;

const HEADER: [&str; 21] = [
    "start",
    "end",
    "kind",
    "name",
    "key",
    "rx_bytes",
    "tx_bytes",
    "rx_packets",
    "tx_packets",
    "rx_peak_bytes_per_second",
    "tx_peak_bytes_per_second",
    "rx_p95_bytes_per_second",
    "tx_p95_bytes_per_second",
    "recorded_seconds",
    "average_bytes_per_second",
    "estimate_rx_bytes",
    "estimate_tx_bytes",
    "previous_rx_bytes",
    "previous_tx_bytes",
    "local_start",
    "local_end",
];

impl Format for Csv {
    fn render(&self, report: &Report) -> Result<Vec<u8>, Failure> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write = |fields: &[String]| writer.write_record(fields).map_err(|error| Failure::running(&error));
        write(&HEADER.map(str::to_owned))?;
        for row in report.rows().iter().filter(|row| !row.is_idle()) {
            write(&fields(report, row))?;
        }
        writer.into_inner().map_err(|error| Failure::running(&error))
    }
}

fn fields(report: &Report, row: &Row) -> [String; HEADER.len()] {
    let (part, subject, point) = (row.part, row.subject, row.point);
    let some = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let local = |at| report.calendar.on_the_wall(at, "%F %H:%M:%S");
    [
        part.start.to_string(),
        part.end.to_string(),
        kind(subject.kind).to_owned(),
        subject.name.to_string(),
        subject.key.to_string(),
        point.rx.bytes.to_string(),
        point.tx.bytes.to_string(),
        point.rx.packets.to_string(),
        point.tx.packets.to_string(),
        point.rx.peak.to_string(),
        point.tx.peak.to_string(),
        point.rx_p95.to_string(),
        point.tx_p95.to_string(),
        part.recorded_seconds.to_string(),
        row.average().to_string(),
        some(row.estimate.map(|both| both.rx)),
        some(row.estimate.map(|both| both.tx)),
        some(row.previous.map(|both| both.rx)),
        some(row.previous.map(|both| both.tx)),
        local(part.start),
        local(part.end),
    ]
}

/// As JSON calls it.
fn kind(kind: Kind) -> &'static str {
    if kind == Kind::Remote { "remote" } else { super::singular(kind) }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        golden::assert_golden,
        history::query::Every,
        report::{What, build::build, fixture::Made, progress::Progress},
    };

    #[test]
    fn the_golden_rows() {
        let report = Made::containers().report(Some(What::Days), "2026-11-23T00:00:00+01:00", Every::Day);
        assert_golden("report/golden/days.csv", &Csv.render(&report).unwrap());
    }

    #[test]
    fn the_hour_that_the_clock_shows_twice_is_told_apart() {
        let made = Made::containers();
        let mut request = made.request(Some(What::Hours), "2026-10-25T00:00:00Z", Every::Seconds(3_600));
        request.to = "2026-10-25T02:00:00Z".parse().unwrap();
        let report = build(&made, request, &Progress::start(1)).unwrap();
        let labels = report.rows_of(0).iter().map(|row| report.label(row.part.start)).collect::<Vec<_>>();
        assert_eq!(labels, ["2026-10-25 02:00 +02:00", "2026-10-25 02:00 +01:00"]);
        let text = String::from_utf8(Csv.render(&report).unwrap()).unwrap();
        assert!(text.contains(",2026-10-25 02:00:00 +02:00,2026-10-25 02:00:00 +01:00\n"), "{text}");
    }

    static REPORT: LazyLock<Report> =
        LazyLock::new(|| Made::containers().report(None, "2026-11-25T12:00:00Z", Every::Seconds(3_600)));

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn it_parses_whatever_the_names_are(name in any::<String>()) {
            let mut report = REPORT.clone();
            report.answer.series[0].subject.name = name.as_str().into();
            let bytes = Csv.render(&report).unwrap();
            let mut reader = csv::Reader::from_reader(&bytes[..]);
            let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(records.len(), report.rows().iter().filter(|row| !row.is_idle()).count());
            prop_assert!(records.iter().all(|record| record.len() == HEADER.len()));
            prop_assert_eq!(&records[0][3], name.as_str());
        }
    }
}
