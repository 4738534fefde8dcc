use serde_json::Value;

use super::*;
use crate::{
    golden::assert_golden,
    history::query::Every,
    report::{What, fixture::Made},
};

fn rendered(what: Option<What>, from: &str, every: Every) -> Vec<u8> {
    Json.render(&Made::containers().report(what, from, every)).unwrap()
}

#[test]
fn it_has_the_words_of_the_contract() {
    let bytes = rendered(Some(What::Hours), "2026-11-25T12:00:00Z", Every::Seconds(3_600));
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&document["schema"], &document["every_seconds"]), (&1.into(), &3_600.into()));
    assert_eq!((&document["from"], &document["to"]), (&"2026-11-25T12:00:00Z".into(), &"2026-11-25T20:30:00Z".into()));
    let row = &document["rows"][0];
    for word in [
        "rx_bytes",
        "tx_bytes",
        "rx_packets",
        "tx_packets",
        "rx_peak_bytes_per_second",
        "tx_peak_bytes_per_second",
        "rx_p95_bytes_per_second",
        "tx_p95_bytes_per_second",
    ] {
        assert!(row[word].is_number(), "{word}: {row}");
    }
    assert_eq!(
        (&row["kind"], &row["name"], &row["start"]),
        (&"container".into(), &"web".into(), &"2026-11-25T12:00:00Z".into())
    );
    assert_eq!(bytes.iter().filter(|&&byte| byte == b'\n').count(), 1);
}

#[test]
fn rows_add_up_to_the_totals() {
    let bytes = rendered(Some(What::Hours), "2026-11-25T12:00:00Z", Every::Seconds(3_600));
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    for total in document["totals"].as_array().unwrap() {
        let rows = document["rows"].as_array().unwrap().iter().filter(|row| row["key"] == total["key"]);
        let sum: u64 = rows.map(|row| row["rx_bytes"].as_u64().unwrap()).sum();
        // The fixture rounds each part by itself.
        assert!(total["rx_bytes"].as_u64().unwrap().abs_diff(sum) < 24, "{total}");
    }
}

#[test]
fn the_busiest_days_come_in_their_order() {
    let bytes = rendered(Some(What::Top), "2026-11-01T00:00:00Z", Every::Day);
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    let moved = |row: &Value| row["rx_bytes"].as_u64().unwrap() + row["tx_bytes"].as_u64().unwrap();
    let rows: Vec<u64> = document["rows"].as_array().unwrap().iter().map(moved).collect();
    assert!(rows.len() == 10 && rows.is_sorted_by(|a, b| a >= b), "{rows:?}");
}

#[test]
fn the_golden_document() {
    let report = Made::containers().report(None, "2026-11-23T00:00:00+01:00", Every::Day);
    let pretty = serde_json::to_string_pretty(&Document::of(&report)).unwrap() + "\n";
    assert_golden("report/golden/days.json", pretty.as_bytes());
}
