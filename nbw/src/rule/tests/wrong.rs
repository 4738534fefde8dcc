//! What wrong rules are told, word by word.

use super::*;
use crate::golden::assert_golden;

/// Each fault that there is, at least once.
const WRONG: &str = include_str!("wrong.txt");

#[test]
fn each_fault_has_its_own_words() {
    let mut told = String::new();
    for text in WRONG.lines().map(|line| line.replace("\\t", "\t").replace("\\e", "\u{1B}")) {
        let error = parse(&text).map(|rule| rule.text).unwrap_err();
        told += &format!("{error}\n\n");
    }
    assert_golden("rule/tests/wrong.golden", told.as_bytes());
}

#[test]
fn one_line_has_it_all() {
    let told = |text: &str| parse(text).unwrap_err().one_line();
    assert_eq!(
        told("host rx > 5MBps"),
        "wrong rule \"host rx > 5MBps\", at \"MBps\": expected a unit: for \"MBps\" write \"MB/s\""
    );
    assert_eq!(told("host rx"), "wrong rule \"host rx\", at its end: expected a comparison: >, >=, < or <=");
}

#[test]
fn what_is_too_long_is_shown_up_to_there() {
    let text = format!("process '{}' rx > 5MB/s", "ü".repeat(1000));
    let error = parse(&text).unwrap_err();
    let lines: Vec<_> = error.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines[2], "a rule has at most 1024 bytes");
    assert_eq!(lines[0].chars().count(), lines[1].chars().count() - 1);
    assert!(parse(&format!("process '{}' rx > 5MB/s", "ü".repeat(500))).is_ok());
}
