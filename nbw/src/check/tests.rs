#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    alert::{Subject, Unit},
    control::{Measured, MeasuredSubject},
};

fn limits(rule: &str, warn: Option<&str>) -> Limits {
    Limits::new(rule, warn).unwrap()
}

fn named(limits: &Limits, name: &str, value: f64) -> MeasuredSubject {
    let scope = limits.rule.target.scope;
    let subject = Subject { scope, key: format!("key of {name}").into(), name: name.into(), details: BTreeMap::new() };
    MeasuredSubject { subject, value, threshold: None, link: None }
}

fn measured(limits: &Limits, subjects: Vec<MeasuredSubject>) -> Measured {
    let packets = limits.rule.target.metric.is_packets();
    let unit = if packets { Unit::PacketsPerSecond } else { Unit::BytesPerSecond };
    Measured { rule: limits.rule.text.to_string(), unit, seconds: 10.04, subjects }
}

/// The verdict and line on things of these names and values.
fn reported(rule: &str, warn: Option<&str>, values: &[(&str, f64)]) -> (Verdict, String) {
    let limits = limits(rule, warn);
    let subjects = values.iter().map(|(name, value)| named(&limits, name, *value)).collect();
    report(&limits, &measured(&limits, subjects))
}

#[test]
fn the_line_is_that_of_the_docs() {
    let rule = "container web tx > 5MB/s";
    assert_eq!(
        reported(rule, Some("3MB/s"), &[("web", 1.2e6)]),
        (
            Verdict::Ok,
            "NBW OK - container web tx 1.20 MB/s (limit > 5MB/s, warning > 3MB/s, measured 10 s) \
             | 'container web tx'=1200000B;3000000;5000000;0;"
                .to_owned()
        )
    );
    let said = |value: f64| reported(rule, Some("3MB/s"), &[("web", value)]).1;
    assert!(said(4e6).starts_with("NBW WARNING - container web tx 4.00 MB/s (limit"), "{}", said(4e6));
    assert!(said(5e6).starts_with("NBW WARNING"), "the limit itself is not beyond it");
    assert!(said(5.1e6).starts_with("NBW CRITICAL"));
}

#[test]
fn ranges_mean_what_the_comparison_means() {
    for (op, warn, numbers) in [
        (">", "1kpps", "=7;1000;2000;0;"),
        (">=", "1kpps", "=7;@1000:;@2000:;0;"),
        ("<", "3kpps", "=7;3000:;2000:;0;"),
        ("<=", "3kpps", "=7;@0:3000;@0:2000;0;"),
    ] {
        let (_, line) = reported(&format!("host rx-packets {op} 2kpps"), Some(warn), &[("host", 7.0)]);
        assert!(line.ends_with(&format!("| 'host rx-packets'{numbers}")), "{line}");
    }
}

#[test]
fn the_worst_decides_and_comes_first() {
    let values = [("a", 1e6), ("b", 9e6), ("c", 4e6), ("d", 6e6)];
    let (verdict, line) = reported("unit * tx > 5MB/s", Some("3MB/s"), &values);
    assert_eq!(verdict, Verdict::Critical);
    assert!(
        line.contains("unit b tx 9.00 MB/s") && line.contains("; the worst of 4: 2 critical, 1 warning |"),
        "{line}"
    );
    let at = |name: &str| line.find(&format!("'unit {name} tx'=")).unwrap();
    assert!(at("b") < at("d") && at("d") < at("c") && at("c") < at("a"), "{line}");

    let (verdict, line) = reported("unit * tx < 5MB/s", None, &values);
    assert_eq!(verdict, Verdict::Critical);
    assert!(line.contains("unit a tx 1.00 MB/s"), "{line}");
    assert!(reported("unit * tx > 10MB/s", None, &values).1.contains("unit b tx 9.00 MB/s"));
}

#[test]
fn many_things_have_a_bounded_line() {
    let names: Vec<String> = (0..500).map(|number| format!("n{number}")).collect();
    let values: Vec<_> = names.iter().enumerate().map(|(at, name)| (name.as_str(), at as f64)).collect();
    let (_, line) = reported("process * tx > 5MB/s", None, &values);
    assert_eq!(line.matches(";0;").count(), 50);
    assert!(
        line.contains("the worst of 500: all ok; numbers of 50 |") && line.contains("'process n499 tx'=499B"),
        "{line}"
    );
}

#[test]
fn shares_are_of_each_link() {
    let limits = limits("interface * rx >= 80%", Some("50%"));
    let fast = MeasuredSubject { link: Some(125_000_000), ..named(&limits, "eth0", 75e6) };
    let (verdict, line) = report(&limits, &measured(&limits, vec![fast.clone()]));
    assert_eq!(verdict, Verdict::Warning);
    assert_eq!(
        line,
        "NBW WARNING - interface eth0 rx 600.0 Mbit/s, 60% of its link (limit >= 80%, warning >= 50%, measured 10 s) \
         | 'interface eth0 rx'=75000000B;@62500000:;@100000000:;0;125000000"
    );
    let without = named(&limits, "wg0", 75e6);
    let (verdict, line) = report(&limits, &measured(&limits, vec![without.clone()]));
    assert_eq!(verdict, Verdict::Unknown);
    assert!(line.contains("interface wg0 has no link speed that 80% could be of: give a rate"), "{line}");
    assert_eq!(report(&limits, &measured(&limits, vec![without, fast])).0, Verdict::Warning);
}

#[test]
fn a_glob_leaves_links_without_a_speed_out() {
    let of = |rule: &str, names: &[(&str, Option<u64>)]| {
        let limits = limits(rule, None);
        let one = |&(name, link): &(&str, _)| MeasuredSubject { link, ..named(&limits, name, 1e6) };
        report(&limits, &measured(&limits, names.iter().map(one).collect()))
    };
    let all = [("eth0", Some(125_000_000)), ("lo", None), ("wg0", None)];
    let (verdict, line) = of("interface * rx > 80%", &all);
    assert!(verdict == Verdict::Ok && line.contains("interface eth0 rx 8.00 Mbit/s"), "{line}");
    assert!(line.contains("measured 10 s); 2 without a link speed left out | 'interface eth0 rx'="), "{line}");
    assert!(!line.contains("lo"), "{line}");
    let (verdict, line) = of("interface {lo,wg0} rx > 80%", &all[1..]);
    assert!(verdict == Verdict::Unknown && line.contains("has no link speed") && !line.contains("left out"), "{line}");
    assert_eq!(of("interface lo rx > 80%", &all[1..2]).0, Verdict::Unknown);
    assert!(!of("interface * rx > 80%", &all[..1]).1.contains("left out"));
}

#[test]
fn an_agent_tells_of_volumes_and_of_what_is_usual() {
    let volume = limits("unit a tx > 50GB per month", Some("40GB per month"));
    let subject = MeasuredSubject { threshold: Some(50e9), ..named(&volume, "a", 41.2e9) };
    let told = Measured { unit: Unit::Bytes, seconds: 0.0, ..measured(&volume, vec![subject]) };
    assert_eq!(
        report(&volume, &told).1,
        "NBW WARNING - unit a tx 41.2 GB (limit > 50GB per month, warning > 40GB per month) \
         | 'unit a tx'=41200000000B;40000000000;50000000000;0;"
    );
    let usual = limits("unit a tx > 3x usual", Some("2x usual"));
    let known = MeasuredSubject { threshold: Some(3e6), ..named(&usual, "a", 2.5e6) };
    assert_eq!(report(&usual, &measured(&usual, vec![known])).0, Verdict::Warning);
    let (verdict, line) = report(&usual, &measured(&usual, vec![named(&usual, "a", 2.5e6)]));
    assert!(verdict == Verdict::Unknown && line.contains("still being learnt"), "{line}");
}

#[test]
fn what_is_idle_is_measured_as_nothing() {
    let limits = limits("unit * tx < 1kB/s", None);
    let mut told = measured(&limits, vec![named(&limits, "busy", 5e6)]);
    let existing = ["busy", "idle"].map(|name| named(&limits, name, 0.0).subject);
    idle(&mut told, existing.to_vec());
    assert_eq!(told.subjects.len(), 2);
    let (verdict, line) = report(&limits, &told);
    assert!(verdict == Verdict::Critical && line.contains("unit idle tx 0 B/s"), "{line}");
}

#[test]
fn warnings_come_before_what_is_critical() {
    let why = |rule: &str, warn: &str| Limits::new(rule, Some(warn)).unwrap_err();
    assert_eq!(
        why("host rx > 5MB/s", "6MB/s"),
        "--warn 6MB/s is never reached before the rule's 5MB/s: give a value below it"
    );
    assert!(why("host rx < 5MB/s", "4MB/s").ends_with("give a value above it"));
    assert!(why("host rx > 5MB/s", "5MB/s").contains("never reached"));
    assert!(why("host rx > 5MB/s", "1GB per day").contains("cannot be compared"));
    assert!(why("host rx > 5GB per day", "1GB per hour").contains("cannot be compared"));
    assert!(why("host rx > 5MB/s", "80%").starts_with("--warn: wrong rule \"80%\""));
    assert!(why("host rx > 5MB/s", "4MB").contains("MB/s"));
    assert!(Limits::new("interface a rx > 80%", Some("5MB/s")).is_ok());
}

#[test]
fn two_of_one_name_are_told_apart() {
    let limits = limits("container web tx > 5MB/s", None);
    let mut other = named(&limits, "web", 1.0);
    other.subject.key = "other".into();
    let (_, line) = report(&limits, &measured(&limits, vec![named(&limits, "web", 2.0), other]));
    assert!(line.ends_with("| 'container key of web tx'=2B;;5000000;0; 'container other tx'=1B;;5000000;0;"), "{line}");
}

#[test]
fn names_break_neither_line_nor_numbers() {
    let (_, line) = reported("process * tx > 5MB/s", None, &[("it's=a|b\n\u{1B}[2J", 1.0)]);
    assert_eq!(line.matches('|').count(), 1, "{line}");
    assert!(line.contains(" | 'process it_s_a_b") && !line.contains(['\n', '\u{1B}']), "{line}");
    assert_eq!(unknown("two\n  lines | here"), "NBW UNKNOWN - two lines ¦ here");
}

#[test]
fn codes_are_those_of_nagios() {
    for (verdict, code) in [(Verdict::Ok, 0), (Verdict::Warning, 1), (Verdict::Critical, 2), (Verdict::Unknown, 3)] {
        assert_eq!(format!("{:?}", verdict.exit_code()), format!("{:?}", ExitCode::from(code)));
    }
    assert!(
        Verdict::Ok < Verdict::Unknown && Verdict::Unknown < Verdict::Warning && Verdict::Warning < Verdict::Critical
    );
}

proptest! {
    /// Read again as a monitor does: the label in quotes, then numbers and ranges.
    #[test]
    fn numbers_can_be_read(name in any::<String>(), value in 0.0..1e18_f64, op in 0..4_usize) {
        let op = [">", ">=", "<", "<="][op];
        let (verdict, line) = reported(&format!("process * tx {op} 5MB/s"), None, &[(&name, value)]);
        let (said, numbers) = line.split_once(" | '").unwrap();
        let begins = format!("NBW {} - ", verdict.word());
        prop_assert!(said.starts_with(&begins) && !said.contains('|'));
        let (label, rest) = numbers.split_once("'=").unwrap();
        prop_assert!(!label.contains(['\'', '=', '|']));
        let fields: Vec<_> = rest.split(';').collect();
        prop_assert_eq!(fields.len(), 5);
        let read: f64 = fields[0].strip_suffix('B').unwrap().parse().unwrap();
        prop_assert!((read - value).abs() <= 0.001_f64.max(value * 1e-12));
        prop_assert!(rest.chars().all(|c| c.is_ascii_digit() || "B;.@:".contains(c)), "{}", rest);
        prop_assert_eq!(line.lines().count(), 1);
    }
}
