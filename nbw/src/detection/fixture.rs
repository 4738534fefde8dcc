//! Events for tests.

use nbw_detect::{
    Event, Kind, Severity,
    event::{Concerned, Role, SCHEMA},
};

/// A flood with many sources, of 100 s so far.
pub(crate) fn flood() -> Event {
    Event {
        schema: SCHEMA,
        id: "00000000000000f1".into(),
        kind: Kind::SynFlood,
        signature: "syn-flood-spoofed".into(),
        first_seen: "2026-11-22T08:58:00Z".parse().unwrap(),
        last_seen: "2026-11-22T08:59:40Z".parse().unwrap(),
        sources: (1..=16).map(|host| format!("198.51.100.{host}")).collect(),
        source_count: 1_000,
        targets: vec!["10.0.0.2:80".into()],
        target_count: 1,
        severity: Severity::Critical,
        confidence: 0.97,
        technique: Some("T1498.001".into()),
        evidence: [("counted", 450_000.0), ("seconds", 100.0)].map(|(name, value)| (name.to_owned(), value)).into(),
        advice: "Switch SYN cookies on (net.ipv4.tcp_syncookies = 1).".into(),
        concerned: Vec::new(),
        ongoing: true,
    }
}

/// A scan by one host.
pub(crate) fn scan() -> Event {
    Event {
        id: "00000000000000f2".into(),
        kind: Kind::PortScan,
        signature: "port-scan-syn".into(),
        first_seen: "2026-11-22T08:59:50Z".parse().unwrap(),
        last_seen: "2026-11-22T09:00:00Z".parse().unwrap(),
        sources: vec!["10.0.0.1".into()],
        source_count: 1,
        targets: vec!["10.0.0.2".into()],
        severity: Severity::Warning,
        confidence: 0.9,
        technique: Some("T1046".into()),
        evidence: [("counted", 1_000.0), ("seconds", 10.0)].map(|(name, value)| (name.to_owned(), value)).into(),
        advice: "See who it is, and what answered.".into(),
        ..flood()
    }
}

/// A container that sends much away.
pub(crate) fn leak() -> Event {
    let web = Concerned {
        role: Role::Source,
        cgroup: Some("/docker/4f9a".into()),
        name: Some("web".into()),
        pid: Some(4711),
        process: Some("curl".into()),
    };
    Event {
        id: "00000000000000f3".into(),
        kind: Kind::Exfiltration,
        signature: "exfiltration-volume".into(),
        sources: vec!["10.0.0.5".into()],
        source_count: 1,
        targets: vec!["203.0.113.7".into()],
        severity: Severity::Info,
        confidence: 0.7,
        technique: Some("T1048".into()),
        evidence: [("bytes", 2_500_000_000.0), ("seconds", 60.0)].map(|(name, value)| (name.to_owned(), value)).into(),
        advice: "Ask whose job this is.".into(),
        concerned: vec![web],
        ..scan()
    }
}

/// Its last line.
pub(crate) fn over(event: Event) -> Event {
    Event { ongoing: false, ..event }
}
