//! What the formats say is what was recorded, to the byte.

use std::collections::BTreeMap;

use nbw_tests::lab::Ended;
use serde_json::Value;

use crate::past::{HOSTILE, NAMES, Past};

fn printed(ended: &Ended) -> &str {
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    &ended.stdout
}

/// Bytes received and sent from the third to the fifth day, for each name.
fn expected(past: &Past) -> BTreeMap<String, (u64, u64)> {
    let (from, to) = (past.hour(48).as_second(), past.hour(120).as_second());
    let moved = |(number, name): (usize, &&str)| {
        let cell = past.made.between(number, from, to);
        // Names are cleaned where they enter; a history that others wrote is shown as it is.
        ((*name).to_owned(), (cell.rx.bytes, cell.tx.bytes))
    };
    NAMES.iter().enumerate().map(moved).collect()
}

fn span(past: &Past) -> String {
    format!("--by container --from {} --to {} --every 1h", past.hour(48), past.hour(120))
}

#[test]
fn json_adds_up_to_what_was_recorded() {
    let past = Past::known();
    let ended = past.report(&format!("{} --format json", span(past)));
    let document: Value = serde_json::from_str(printed(&ended)).expect("one object");
    assert_eq!((&document["schema"], &document["every_seconds"]), (&1.into(), &3_600.into()));
    let mut sums = BTreeMap::<String, (u64, u64)>::new();
    for row in document["rows"].as_array().expect("rows") {
        assert_eq!(row["kind"], "container");
        let sum = sums.entry(row["name"].as_str().expect("a name").to_owned()).or_default();
        sum.0 += row["rx_bytes"].as_u64().expect("bytes");
        sum.1 += row["tx_bytes"].as_u64().expect("bytes");
    }
    assert_eq!(sums, expected(past));
}

#[test]
fn csv_and_json_say_the_same() {
    let past = Past::known();
    let ended = past.report(&format!("{} --format csv", span(past)));
    let mut reader = csv::Reader::from_reader(printed(&ended).as_bytes());
    let mut sums = BTreeMap::<String, (u64, u64)>::new();
    for row in reader.deserialize() {
        let row: BTreeMap<String, String> = row.expect("a row");
        let sum = sums.entry(row["name"].clone()).or_default();
        sum.0 += row["rx_bytes"].parse::<u64>().expect("bytes");
        sum.1 += row["tx_bytes"].parse::<u64>().expect("bytes");
    }
    assert_eq!(sums, expected(past));
}

#[test]
fn a_filter_chooses_by_name_and_glob() {
    let past = Past::known();
    for (filter, names) in [("-c web", vec!["web"]), ("-c 'w*' -c db", vec!["db", "web"])] {
        let ended = past.report(&format!("--last 24h {filter} --format json"));
        let document: Value = serde_json::from_str(printed(&ended)).expect("one object");
        let totals = document["totals"].as_array().expect("totals").iter();
        let mut shown: Vec<&str> = totals.map(|total| total["name"].as_str().expect("a name")).collect();
        shown.sort_unstable();
        assert_eq!(shown, names, "{filter}");
    }
}

#[test]
fn tables_fit_and_have_no_colours_in_a_pipe() {
    let past = Past::known();
    for what in ["", "hours", "days", "weeks", "months", "years", "top"] {
        let ended = past.report(&format!("{what} --by container --compare previous --quota 1TB"));
        let table = printed(&ended);
        assert!(table.contains("web") && !table.contains('\u{1b}'), "{table}");
    }
}

#[test]
fn pictures_are_pictures() {
    let past = Past::known();
    for chart in ["rate", "stack", "heatmap", "duration"] {
        let svg = past.report(&format!("--last 7d --by container --format svg --chart {chart}"));
        let svg = printed(&svg);
        assert!(svg.starts_with("<svg ") && svg.contains("</text>") && !svg.contains(HOSTILE), "{chart}");
        let png = past.shell(&format!(
            "$NBW report --data-dir $DATA --last 7d --by container --format png --chart {chart} | head -c 4 | tail -c 3"
        ));
        assert_eq!(printed(&png), "PNG", "{chart}");
    }
}
