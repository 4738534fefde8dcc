use std::collections::BTreeMap;

use super::*;
use crate::{
    action::LastError,
    alert::{Subject, Unit},
    control::{Attached, Attacks, ConfigStatus, Memory, Refused, RuleStatus, SlotUse},
    detection::fixture::{flood, scan},
    golden::assert_golden,
    rule::Scope,
};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An agent with a bit of everything.
fn busy() -> Status {
    let slot = |of: &str, used, capacity| SlotUse { of: of.into(), used, capacity };
    Status {
        schema: 1,
        version: "1.2.3".into(),
        pid: 4711,
        started: time("2026-11-25T09:00:00Z"),
        config: ConfigStatus {
            path: Some("/etc/nbw/nbw.toml".into()),
            loaded: time("2026-11-25T09:30:00Z"),
            refused: Some(Refused {
                at: time("2026-11-25T10:59:00Z"),
                why: "/etc/nbw/nbw.toml, line 1: there is no setting `intervl` here\n  intervl\n  ^^^".into(),
            }),
        },
        interval_seconds: 1.0,
        ticks: Ticks {
            count: 7200,
            late: 2,
            latest_seconds: 0.1234,
            longest_seconds: 0.0125,
            last: Some(time("2026-11-25T10:59:59.5Z")),
        },
        attached: Attached {
            since: time("2026-11-25T09:00:00Z"),
            hook: Some("tcx".into()),
            interfaces: vec!["eth0".into(), "lo".into()],
            waiting: 1,
            programs: (0..10).map(|number| format!("nbw_{number}")).collect(),
        },
        slots: vec![slot("groups", 120, 16_383), slot("interfaces", 2, 8_192)],
        health: BTreeMap::from([("no_slot".into(), 3), ("parse_failed".into(), 0)]),
        rules: vec![
            RuleStatus { name: "uplink".into(), rule: "interface eth0 rx > 80%".into(), pending: 0, firing: 1 },
            RuleStatus { name: "host rx > 1MB/s".into(), rule: "host rx > 1MB/s".into(), pending: 2, firing: 0 },
        ],
        alerts: vec![alert()],
        attacks: Some(Attacks {
            signatures: 41,
            now: vec![scan(), flood()],
            today: 5,
            digests_lost: 12,
            not_watched: 7,
        }),
        complaints: vec!["rule \"interface wg0 rx > 5%\": wg0 has no known speed".into()],
        actions: vec![action("log", "log", 0, None), action("pager", "alertmanager", 3, Some("refused\u{1b}[31m"))],
        data_dir: DataDir { path: "/var/lib/nbw".into(), saved: Some(time("2026-11-25T10:59:52Z")), problem: None },
        history: None,
        memory: Memory { resident_bytes: 18_200_000, peak_bytes: 20_500_000 },
    }
}

fn action(name: &str, kind: &str, queued: usize, error: Option<&str>) -> ActionStatus {
    let last_error = error.map(|text| LastError { time: time("2026-11-25T10:58:00Z"), text: text.into() });
    ActionStatus {
        name: name.into(),
        kind: kind.into(),
        queued,
        sent: 12,
        failed: 1,
        dropped: 0,
        retrying: last_error.is_some(),
        last_error,
    }
}

fn alert() -> Alert {
    let subject =
        Subject { scope: Scope::Interface, key: "eth0".into(), name: "eth0".into(), details: BTreeMap::new() };
    Alert {
        id: "0011223344556677".into(),
        name: "uplink".into(),
        rule: "interface eth0 rx > 80%".into(),
        subject,
        metric: "rx".into(),
        state: State::Firing,
        severity: Severity::Critical,
        value: 1.2e8,
        threshold: 1e8,
        unit: Unit::BytesPerSecond,
        since: time("2026-11-25T10:57:30Z"),
        fired: Some(time("2026-11-25T10:58:00Z")),
        resolved: None,
        ended: None,
        flapping: false,
        forecast: None,
        summary: "interface eth0 receives 960 Mbit/s, more than 80% (800 Mbit/s)".into(),
        event: None,
    }
}

fn rendered(status: &Status) -> String {
    let text = render(status, time("2026-11-25T11:00:00Z"), &TimeZone::UTC);
    console::strip_ansi_codes(&text).into_owned()
}

#[test]
fn a_busy_agent() {
    assert_golden("app/status/text/busy.txt", rendered(&busy()).as_bytes());
}

#[test]
fn a_quiet_agent() {
    let mut quiet = Status { rules: Vec::new(), alerts: Vec::new(), complaints: Vec::new(), attacks: None, ..busy() };
    quiet.config = ConfigStatus { path: None, refused: None, ..quiet.config };
    quiet.health.clear();
    quiet.attached.interfaces.clear();
    quiet.attached.hook = None;
    quiet.data_dir = DataDir { saved: None, problem: Some("cannot keep the state: no space".into()), ..quiet.data_dir };
    quiet.actions.truncate(1);
    assert_golden("app/status/text/quiet.txt", rendered(&quiet).as_bytes());
}

#[test]
fn it_survives_the_socket() {
    let sent = serde_json::to_string(&busy()).unwrap();
    let received: Status = serde_json::from_str(&sent).unwrap();
    assert_eq!(rendered(&received), rendered(&busy()));
}
