//! Rules on less than something, and who is silent.

use std::sync::{Mutex, PoisonError};

use super::{
    presence::{Presence, Present},
    *,
};
use crate::snapshot::Unit as Row;

/// What is there, as a test says; nobody has looked before it has said anything.
#[derive(Debug, Clone, Default)]
struct Looked(Arc<Mutex<Option<Arc<Present>>>>);

impl Presence for Looked {
    fn present(&self) -> Option<Arc<Present>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

const RULE: &str = "unit backup tx < 1Mbit/s for 3s";

fn path(name: &str) -> Arc<str> {
    format!("/system.slice/{name}.service").into()
}

impl Looked {
    /// These units are there, and those among them that the rule is about.
    fn see(&self, units: &[&str]) {
        let subject = |name: &&str| Subject {
            scope: Scope::Unit,
            key: path(name),
            name: format!("{name}.service").into(),
            details: BTreeMap::from([("path".into(), path(name))]),
        };
        let of = units.iter().filter(|name| **name == "backup").map(subject).collect();
        let keys = units.iter().map(|name| path(name)).collect();
        let present = Present { of: [(RULE.into(), of)].into(), keys: [(Scope::Unit, keys)].into() };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(present));
    }
}

/// A host with the rule, and somebody who looks around.
fn watched() -> (Host, Looked) {
    let mut host = Host::new(specs());
    let looked = Looked::default();
    host.engine.look_around(Some(Box::new(looked.clone())));
    (host, looked)
}

fn specs() -> Vec<Spec> {
    vec![Spec::of_rule(RULE.parse().unwrap())]
}

impl Host {
    /// A second in which the unit has sent so many bytes; none where it is in no snapshot.
    fn sent(&mut self, bytes: Option<i64>) -> Vec<Notice> {
        self.time = self.time.checked_add(seconds(1)).unwrap();
        let mut snapshot = snapshot(self.time, seconds(1), &[]);
        let template = fixture::with_rows().rows.units.unwrap().remove(0);
        let row = |bytes| Row {
            name: "backup.service".into(),
            path: path("backup"),
            tx: fixture::flow(bytes),
            ..template.clone()
        };
        snapshot.rows.units = Some(bytes.map(row).into_iter().collect());
        self.engine.observe(&snapshot)
    }
}

#[test]
fn who_is_there_and_silent_is_below_and_who_is_gone_is_gone() {
    let (mut host, looked) = watched();
    assert!((0..5).all(|_| host.sent(None).is_empty()), "nobody has looked");
    looked.see(&["other"]);
    assert!((0..5).all(|_| host.sent(None).is_empty()), "it is not there");
    looked.see(&["backup", "other"]);
    let told: Vec<usize> = (0..5).map(|_| host.sent(None).len()).collect();
    assert_eq!(told, [0, 0, 0, 1, 0]);
    let alert = host.only();
    assert_eq!((&*alert.subject.name, alert.value), ("backup.service", 0.0));
    looked.see(&["other"]);
    assert!(host.sent(None).is_empty());
    let over = host.sent(None);
    assert_eq!((changes(&over), over[0].alert.ended), (vec![Change::Resolved], Some(Ended::Gone)));
}

#[test]
fn who_sends_again_is_not_below_any_more() {
    let (mut host, looked) = watched();
    looked.see(&["backup"]);
    assert_eq!((0..5).map(|_| host.sent(None).len()).sum::<usize>(), 1);
    let over = host.sent(Some(1_000_000));
    assert_eq!((changes(&over), over[0].alert.ended), (vec![Change::Resolved], Some(Ended::Cleared)));
    assert_eq!((0..5).map(|_| host.sent(Some(1_000)).len()).sum::<usize>(), 1, "little is little, too");
    assert!(host.sent(None).is_empty() && host.sent(None).is_empty() && host.sent(None).is_empty(), "it fires on");
}

#[test]
fn after_a_restart_nobody_is_gone_before_somebody_has_looked() {
    let (mut host, looked) = watched();
    looked.see(&["backup"]);
    assert_eq!((0..5).map(|_| host.sent(None).len()).sum::<usize>(), 1);
    host.restart(specs(), utc());
    let looked = Looked::default();
    host.engine.look_around(Some(Box::new(looked.clone())));
    assert!((0..5).all(|_| host.sent(None).is_empty()));
    assert_eq!(host.only().state, State::Firing);
    looked.see(&["backup"]);
    assert!((0..5).all(|_| host.sent(None).is_empty()));
    assert_eq!(host.only().state, State::Firing);
}
