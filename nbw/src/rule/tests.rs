#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod properties;
mod wrong;

use std::path::Path;

use super::*;

const MOUNT: &str = "/sys/fs/cgroup";

fn parse(text: &str) -> Result<Rule, RuleError> {
    Rule::parse(text, Path::new(MOUNT))
}

fn rule(text: &str) -> Rule {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn threshold(value: &str) -> Threshold {
    rule(&format!("interface eth0 rx > {value}")).condition.threshold
}

#[test]
fn the_examples_of_the_contract() {
    let share = rule("interface eth0 rx > 80% for 30s");
    assert_eq!((share.target.scope, share.target.metric), (Scope::Interface, Metric::Rx));
    assert!(share.target.pattern.unwrap().matches("eth0"));
    assert_eq!((share.condition.op, share.condition.threshold), (Op::Above, Threshold::Share(0.8)));
    assert_eq!(share.lasting, Duration::from_secs(30));

    let rate = rule("container web tx > 5MB/s for 1m");
    assert_eq!(rate.condition.threshold, Threshold::Rate(5e6));
    assert_eq!((rate.lasting, &*rate.condition.text), (Duration::from_secs(60), "5MB/s"));

    let volume = rule("cgroup /system.slice/* total > 50GB per month");
    assert_eq!(volume.condition.threshold, Threshold::Volume { bytes: 50_000_000_000, per: Period::Month });
    assert_eq!((volume.lasting, &*volume.condition.text), (Duration::ZERO, "50GB per month"));
    let pattern = volume.target.pattern.unwrap();
    assert!(pattern.matches("/system.slice/a.service") && !pattern.matches("/system.slice/a/b"));
}

#[test]
fn values_in_all_units() {
    for (value, expected) in [
        ("1bit/s", 0.125),
        ("8kbit/s", 1e3),
        ("50Mbit/s", 6.25e6),
        ("2.5 Gbit/s", 312.5e6),
        ("1Tbit/s", 125e9),
        ("1Kibit/s", 128.0),
        ("1Mibit/s", 131_072.0),
        ("1B/s", 1.0),
        ("1.5kB/s", 1.5e3),
        ("1MiB/s", 1_048_576.0),
        ("1 GiB/s", 1_073_741_824.0),
        ("1TiB/s", 1_099_511_627_776.0),
    ] {
        assert_eq!(threshold(value), Threshold::Rate(expected), "{value}");
    }
    for (value, expected) in [("10pps", 10.0), ("10 kpps", 1e4), ("1.5Mpps", 1.5e6), ("1Gpps", 1e9)] {
        assert_eq!(parse_value(value, Metric::RxPackets), Ok(Threshold::PacketRate(expected)), "{value}");
    }
    assert_eq!((threshold("80 %"), threshold("0.5%")), (Threshold::Share(0.8), Threshold::Share(0.005)));
    assert_eq!((threshold("3x usual"), threshold("1.5 x usual")), (Threshold::Usual(3.0), Threshold::Usual(1.5)));
}

#[test]
fn volumes_in_all_periods() {
    for (value, bytes, per) in [
        ("1B per hour", 1, Period::Hour),
        ("1.5kB per day", 1500, Period::Day),
        ("50GB per week", 50_000_000_000, Period::Week),
        ("1 GiB  per  month", 1 << 30, Period::Month),
        ("2TB/month", 2_000_000_000_000, Period::Month),
        ("2TB / day", 2_000_000_000_000, Period::Day),
        ("2TB /day", 2_000_000_000_000, Period::Day),
    ] {
        assert_eq!(threshold(value), Threshold::Volume { bytes, per }, "{value}");
    }
}

#[test]
fn durations_as_people_write_them() {
    for (text, seconds) in [
        ("1s", 1),
        ("30s", 30),
        ("1m", 60),
        ("1 min", 60),
        ("1h30m", 5400),
        ("1 hour 30 minutes", 5400),
        ("1500ms", 1),
        ("30d", 30 * 86_400),
        ("1w", 7 * 86_400),
    ] {
        let rule = rule(&format!("host rx > 1B/s for {text}"));
        assert_eq!(rule.lasting.as_secs(), seconds, "{text}");
    }
}

#[test]
fn all_comparisons() {
    for (symbol, op) in [(">", Op::Above), (">=", Op::AtLeast), ("<", Op::Below), ("<=", Op::AtMost)] {
        assert_eq!(rule(&format!("host total{symbol}5B/s")).condition.op, op);
        assert_eq!(format!("{symbol} 5B/s").parse::<Condition>().unwrap().op, op);
    }
}

#[test]
fn patterns_are_as_those_of_the_options() {
    let matches = |rule_text: &str, name: &str| rule(rule_text).target.pattern.unwrap().matches(name);
    assert!(matches("unit nginx rx > 1B/s", "nginx.service"));
    assert!(matches("unit *.slice rx > 1B/s", "a.slice") && matches("unit a\\x2db rx > 1B/s", "a-b.service"));
    assert!(matches("cgroup /sys/fs/cgroup/a//b/ rx > 1B/s", "/a/b") && matches("cgroup a/* rx > 1B/s", "/a/b"));
    assert!(matches("interface {eth,en}* rx > 1B/s", "enp3s0"));
    assert!(rule("host * rx > 1B/s").target.pattern.is_none());
}

#[test]
fn quotes_are_for_blanks_and_for_words_that_mean_something() {
    for (pattern, name) in [
        ("'Web Content'", "Web Content"),
        ("\"it's\"", "it's"),
        ("'say \"x\"'", "say \"x\""),
        ("it's", "it's"),
        ("'rx'", "rx"),
        ("rx", "rx"),
        ("'日本 *'", "日本 語"),
        ("'*'", "anything"),
    ] {
        let pattern = rule(&format!("process {pattern} rx > 1B/s")).target.pattern.unwrap();
        assert!(pattern.matches(name), "{pattern:?} {name}");
    }
}

#[test]
fn the_same_rule_has_the_same_text() {
    for (written, text) in [
        ("  host\trx  >\n 5MB/s ", "host rx > 5MB/s"),
        ("host * rx>5MB/s", "host rx > 5MB/s"),
        ("process 'a  b'   rx >= 5  MB/s   for   1h  30m", "process 'a  b' rx >= 5 MB/s for 1h 30m"),
        ("unit nginx rx > 50GB/month", "unit nginx rx > 50GB/month"),
    ] {
        let rule = rule(written);
        assert_eq!((&*rule.text, rule.to_string().as_str()), (text, text));
    }
}

#[test]
fn conditions_and_values_know_what_they_are_for() {
    let unit = rule("unit nginx rx > 5MB/s");
    assert_eq!(unit.parse_condition("< 4MB/s").unwrap().threshold, Threshold::Rate(4e6));
    assert_eq!(unit.parse_value(" 4 MB/s ").unwrap(), Threshold::Rate(4e6));
    for wrong in ["80%", "4kpps", "4MB/s for 3s", "4MB", ""] {
        assert!(unit.parse_value(wrong).is_err(), "{wrong}");
        assert!(unit.parse_condition(&format!("< {wrong}")).is_err(), "{wrong}");
    }
    assert!(parse_value("80%", Metric::Rx).is_ok() && parse_value("80%", Metric::TxPackets).is_err());
    assert!("< 1GB per day".parse::<Condition>().is_err() && "<".parse::<Condition>().is_err());
}
