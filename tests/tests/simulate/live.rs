//! Everything, live: generated in namespaces of its own, recognised by the kernel side.

use nbw_detect::simulate::{attacks, look_alikes};

use super::{nbw, printed};

/// The slowest scans need 133 s until they have asked enough; the rest goes on beside them, and what was late is tried again.
const AT_MOST: u32 = 280;

#[test]
fn every_attack_is_detected_live_and_what_is_harmless_is_not() {
    let table = printed(nbw(AT_MOST, &["simulate", "--all", "--verify"]));
    for attack in attacks() {
        let name = attack.scenario.name;
        let row = row(&table, name);
        if attack.needs_history {
            assert!(row.contains("not judged: it needs history"), "{row}");
            continue;
        }
        assert!(row.split_whitespace().nth(1) == Some("found"), "{row}");
        let after: f64 =
            row.split_whitespace().nth(2).and_then(|time| time.trim_end_matches('s').parse().ok()).expect("a time");
        assert!(after <= attack.within.as_secs_f64(), "{row}");
    }
    for alike in look_alikes() {
        let row = row(&table, alike.scenario.name);
        assert!(row.split_whitespace().nth(1) == Some("quiet"), "{row}");
    }
}

fn row<'a>(table: &'a str, name: &str) -> &'a str {
    let row = table.lines().find(|line| line.split_whitespace().next() == Some(name));
    row.unwrap_or_else(|| panic!("no row {name} in\n{table}"))
}

#[test]
fn what_is_not_detected_is_told_by_the_exit_code() {
    // One probe in five seconds is no quick scan.
    let output = nbw(60, &["simulate", "port-scan-syn", "--verify", "--rate", "0.2"]);
    let table = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(row(&table, "port-scan-syn").contains("MISSED"), "{table}");
}
