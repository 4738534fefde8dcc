//! How long the samples are that percentiles are of: where the history has no finer ones any more, parts differ.

use jiff::Timestamp;

use super::{Report, What};

impl Report {
    /// `300 s`; where the parts differ from each other, or from the whole time: `3600 s, from 2026-10 of 300 s, total of 3600 s`.
    pub fn samples(&self) -> String {
        let whole = self.answer.sample_seconds;
        let changes = if self.what.is_none() { Vec::new() } else { self.sample_changes() };
        let mut text = String::new();
        for &(start, seconds) in &changes {
            text += &if text.is_empty() {
                format!("{seconds} s")
            } else {
                format!(", from {} of {seconds} s", self.label(start))
            };
        }
        let has_total = self.what != Some(What::Top);
        match &changes[..] {
            [] => format!("{whole} s"),
            [(_, seconds)] if *seconds == whole => text,
            _ if has_total => format!("{text}, total of {whole} s"),
            _ => text,
        }
    }

    /// From which parts on samples are how long, of those that anything is known of.
    fn sample_changes(&self) -> Vec<(Timestamp, u32)> {
        let known = self.answer.parts.iter().filter(|part| part.recorded_seconds > 0);
        let mut changes: Vec<(Timestamp, u32)> = known.map(|part| (part.start, part.sample_seconds)).collect();
        changes.dedup_by_key(|(_, seconds)| *seconds);
        changes
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::{
        history::{Database, Kind, Reader, Tier, Tiers, query::Every, synthetic::Synthetic},
        report::{
            Format,
            build::{Request, build},
            fixture::Made,
            json::Json,
            progress::Progress,
            table::Table,
        },
    };

    /// Of six days, of which the last two have samples of five minutes.
    fn report(what: Option<What>, from: &str) -> Report {
        let dir = tempfile::tempdir().unwrap();
        let tiers = [(10, 3_600), (300, 2 * 86_400), (3_600, 730 * 86_400)];
        let tiers =
            Tiers::new(tiers.map(|(seconds, keep)| Tier { seconds, keep }).into()).unwrap().in_zone(TimeZone::UTC);
        let [begin, end] = ["2026-11-20T00:00:00Z", "2026-11-26T00:00:00Z"].map(|text| text.parse().unwrap());
        let mut database = Database::open(dir.path(), &tiers).unwrap();
        Synthetic::new(Kind::Container, 1).write(&mut database, begin, end).unwrap();
        let mut request = Made::containers().request(what, from, Every::Day);
        request.calendar.zone = TimeZone::UTC;
        let request = Request { to: end, now: end, compare: false, hours: false, ..request };
        build(&Reader::open(dir.path()).unwrap(), request, &Progress::start(1)).unwrap()
    }

    #[test]
    fn both_lengths_are_told_where_they_differ() {
        let of = |what, from: &str| report(what, from).samples();
        let (old, young) = ("2026-11-20T00:00:00Z", "2026-11-25T00:00:00Z");
        assert_eq!(of(Some(What::Days), old), "3600 s, from 2026-11-24 of 300 s, total of 3600 s");
        assert_eq!(of(Some(What::Top), old), "3600 s, from 2026-11-24 of 300 s");
        assert_eq!(of(Some(What::Days), young), "300 s");
        assert_eq!((of(None, old), of(None, young)), ("3600 s".into(), "300 s".into()));
    }

    #[test]
    fn tables_and_json_say_so() {
        let report = report(Some(What::Days), "2026-11-20T00:00:00Z");
        let table = Table { width: 200, colour: false, unicode: true }.render(&report).unwrap();
        let note = "p95: 95th percentile of samples of 3600 s, from 2026-11-24 of 300 s, total of 3600 s (in, out;";
        assert!(String::from_utf8(table).unwrap().contains(note));
        let json: serde_json::Value = serde_json::from_slice(&Json.render(&report).unwrap()).unwrap();
        let rows = json["rows"].as_array().unwrap().iter().map(|row| row["sample_seconds"].as_u64().unwrap());
        assert_eq!(rows.collect::<Vec<_>>(), [3_600, 3_600, 3_600, 3_600, 300, 300]);
    }
}
