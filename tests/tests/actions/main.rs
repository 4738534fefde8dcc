//! Actions with a real receiver that we did not write: Prometheus' Alertmanager shows what it was told by its API, and tells
//! it on by its own webhook. (The other actions' real ends are in the unit tests of `nbw::action`, which need no root.)

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod receiver;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use nbw::{
    action::{Dispatcher, Settings},
    alert::{Alert, Change, Notice, Severity, State, Subject, Unit},
    rule::Scope,
};
use nbw_tests::lab::{Alertmanager, until};
use serde::Deserialize;
use serde_json::{Value, json};

use self::receiver::Receiver;

fn settings(value: Value) -> Settings {
    Settings::deserialize(value).unwrap()
}

/// Tells the Alertmanager every 2 s, so that what fires ends there 8 s after the last word of it; and the receiver.
fn dispatcher(alertmanager: &Alertmanager, receiver: &Receiver) -> Dispatcher {
    let actions = BTreeMap::from([
        (Arc::from("am"), settings(json!({ "type": "alertmanager", "url": alertmanager.url(), "resend": "2s" }))),
        (Arc::from("hook"), settings(json!({ "type": "webhook", "url": receiver.url("nbw") }))),
    ]);
    Dispatcher::start(&actions, "box").unwrap()
}

fn notice(name: &str, subject: &str, fired: Timestamp, resolved: Option<Timestamp>) -> Notice {
    let alert = Alert {
        id: format!("{name}/{subject}").into(),
        name: name.into(),
        rule: format!("container {subject} tx > 50Mbit/s for 10s").into(),
        subject: Subject {
            scope: Scope::Container,
            key: subject.into(),
            name: subject.into(),
            details: BTreeMap::from([("image-name".into(), "nginx:1".into())]),
        },
        metric: "tx".into(),
        state: if resolved.is_some() { State::Resolved } else { State::Firing },
        severity: Severity::Critical,
        value: 12_500_000.0,
        threshold: 6_250_000.0,
        unit: Unit::BytesPerSecond,
        since: fired,
        fired: Some(fired),
        resolved,
        ended: None,
        flapping: false,
        forecast: None,
        summary: format!("{subject} sends 100 Mbit/s").into(),
        event: None,
    };
    let change = if resolved.is_some() { Change::Resolved } else { Change::Firing };
    Notice { change, alert, actions: Vec::new(), labels: BTreeMap::from([("team".to_owned(), "net".to_owned())]) }
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn subjects(alerts: &[Value]) -> BTreeSet<&str> {
    alerts.iter().map(|alert| alert["labels"]["subject"].as_str().unwrap()).collect()
}

/// The names of all members of an object, and of those of its first alert.
fn names(message: &Value) -> BTreeSet<String> {
    let of = |object: &Value, prefix: &str| -> Vec<String> {
        object.as_object().unwrap().keys().map(|name| format!("{prefix}{name}")).collect()
    };
    of(message, "").into_iter().chain(of(&message["alerts"][0], "alerts.")).collect()
}

#[test]
fn an_alertmanager_shows_alerts_firing_grouped_and_resolved() {
    let receiver = Receiver::start();
    let alertmanager = Alertmanager::telling(&receiver.url("alertmanager"));
    let dispatcher = dispatcher(&alertmanager, &receiver);
    let fired = Timestamp::now();
    dispatcher.tell(&[
        notice("busy", "web", fired, None),
        notice("busy", "db", fired, None),
        notice("loud", "web", fired, None),
    ]);

    let alerts = until("three alerts", || Some(alertmanager.alerts()).filter(|alerts| alerts.len() == 3));
    let db = alerts.iter().find(|alert| alert["labels"]["subject"] == "db").unwrap();
    let labels = json!({
        "alertname": "busy", "severity": "critical", "instance": "box", "scope": "container", "subject": "db",
        "metric": "tx", "image_name": "nginx:1", "team": "net",
    });
    assert_eq!((&db["labels"], &db["status"]["state"]), (&labels, &json!("active")));
    assert_eq!(db["annotations"]["summary"], "db sends 100 Mbit/s");
    assert_eq!(time(&db["startsAt"]).as_millisecond(), fired.as_millisecond());

    let groups = until("two groups", || Some(alertmanager.groups()).filter(|groups| groups.len() == 2));
    let sizes: BTreeMap<&str, usize> = groups
        .iter()
        .map(|group| (group["labels"]["alertname"].as_str().unwrap(), group["alerts"].as_array().unwrap().len()))
        .collect();
    assert_eq!(sizes, BTreeMap::from([("busy", 2), ("loud", 1)]));

    // It would have ended by itself, had nothing more been said of it.
    let end = time(&db["endsAt"]);
    let later = until("the end that was told first", || (Timestamp::now() > end).then(|| alertmanager.alerts()));
    assert_eq!(later.len(), 3, "{later:?}");
    assert!(later.iter().all(|alert| time(&alert["endsAt"]) > end));
    assert!(receiver.alerts("alertmanager", "resolved").is_empty());

    let resolved = Timestamp::now();
    dispatcher.tell(&[notice("busy", "db", fired, Some(resolved))]);
    let left = until("two alerts", || Some(alertmanager.alerts()).filter(|alerts| alerts.len() == 2));
    assert_eq!(subjects(&left), BTreeSet::from(["web"]));
    let ended = until("word of the end", || receiver.alerts("alertmanager", "resolved").pop());
    assert_eq!(ended["labels"], labels);
    assert_eq!(time(&ended["endsAt"]).as_millisecond(), resolved.as_millisecond());

    // Our own webhook says what Alertmanager's says.
    until("our own word of the end", || receiver.alerts("nbw", "resolved").pop());
    let (ours, theirs) = (receiver.messages("nbw"), receiver.messages("alertmanager"));
    assert_eq!(names(&ours[0]), names(&theirs[0]));
    assert_eq!(
        (&ours[0]["version"], &ours[0]["groupLabels"]),
        (&theirs[0]["version"], &json!({ "alertname": "busy" }))
    );

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let status = runtime.block_on(dispatcher.finish(Duration::from_secs(10)));
    let counts: Vec<_> =
        status.iter().map(|action| (&*action.name, action.sent, action.failed, action.queued)).collect();
    assert_eq!(counts, [("am", 4, 0, 0), ("hook", 4, 0, 0)]);
    until("nothing fires of which nobody speaks", || alertmanager.alerts().is_empty().then_some(()));
}
