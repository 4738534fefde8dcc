//! Actions at work, with real receivers on loopback.

mod alertmanager;
mod attacks;
mod bounds;
mod exec;
mod log;
mod receiver;
mod replacing;
mod settings;
mod tls;
mod webhook;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{ActionStatus, Dispatcher, Settings, retry::Pace};
use crate::{
    alert::{Alert, Change, Notice, Severity, State, Subject, Unit},
    failure::Failure,
    rule::Scope,
};

/// No test waits longer for anything.
const DEADLINE: Duration = Duration::from_secs(30);

/// For those that must not come to an end in a test.
pub(super) const LONG: Duration = Duration::from_secs(3600);

/// Attempts soon after each other.
pub(super) fn quick() -> Pace {
    Pace { first: Duration::from_millis(10), longest: Duration::from_millis(100), patience: LONG }
}

/// The actions of this configuration.
pub(super) fn actions(toml: &str) -> BTreeMap<Arc<str>, Settings> {
    toml::from_str(toml).unwrap()
}

/// Starts them, with attempts soon after each other.
pub(super) fn start(toml: &str) -> Dispatcher {
    Dispatcher::start_at(quick(), &actions(toml), "box").unwrap()
}

/// These instead of those there are.
pub(super) fn replace(dispatcher: &mut Dispatcher, toml: &str) -> Result<(), Failure> {
    let prepared = dispatcher.prepare(&actions(toml))?;
    dispatcher.commit(prepared);
    Ok(())
}

/// What is wrong with them.
pub(super) fn refusal(toml: &str) -> String {
    match Dispatcher::start(&actions(toml), "box") {
        Err(Failure::Usage(sentence)) => sentence,
        other => panic!("{other:?}"),
    }
}

/// Word of a change of the alert of `rule` on `subject`.
pub(super) fn notice(rule: &str, subject: &str, change: Change) -> Notice {
    let resolved = (change == Change::Resolved).then(|| "2026-11-25T10:05:00Z".parse().unwrap());
    let details = BTreeMap::from([("runtime".into(), "docker".into()), ("pod-name".into(), "web-0".into())]);
    let alert = Alert {
        id: format!("{rule}/{subject}").into(),
        name: rule.into(),
        rule: format!("container * tx > {rule}").into(),
        subject: Subject {
            scope: Scope::Container,
            key: format!("key of {subject}").into(),
            name: subject.into(),
            details,
        },
        metric: "tx".into(),
        state: if resolved.is_some() { State::Resolved } else { State::Firing },
        severity: Severity::Warning,
        value: 12_500_000.0,
        threshold: 6_250_000.0,
        unit: Unit::BytesPerSecond,
        since: "2026-11-25T09:59:50Z".parse().unwrap(),
        fired: Some("2026-11-25T10:00:00Z".parse().unwrap()),
        resolved,
        ended: None,
        flapping: false,
        forecast: None,
        summary: format!("{subject} sends 100 Mbit/s").into(),
        event: None,
    };
    Notice { change, alert, actions: Vec::new(), labels: BTreeMap::from([("team".to_owned(), "net".to_owned())]) }
}

pub(super) fn firing(rule: &str, subject: &str) -> Notice {
    notice(rule, subject, Change::Firing)
}

pub(super) fn resolved(rule: &str, subject: &str) -> Notice {
    notice(rule, subject, Change::Resolved)
}

/// How the action of this name is doing.
pub(super) fn status(dispatcher: &Dispatcher, name: &str) -> ActionStatus {
    dispatcher.status().into_iter().find(|action| &*action.name == name).unwrap()
}

/// Waits for a condition, which has to come true.
pub(super) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < DEADLINE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until an action is as it should be.
pub(super) async fn until_status(
    dispatcher: &Dispatcher,
    name: &str,
    is_so: impl Fn(&ActionStatus) -> bool,
) -> ActionStatus {
    let began = Instant::now();
    loop {
        let status = status(dispatcher, name);
        if is_so(&status) {
            return status;
        }
        assert!(began.elapsed() < DEADLINE, "waited in vain; it is {status:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
