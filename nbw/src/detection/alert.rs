//! An attack as an alert: the same event is the same alert, so that whoever shows or tells alerts does so of attacks.

use std::{collections::BTreeMap, sync::Arc};

use nbw_detect::{Event, Kind};

use super::sentence::{self, named, sentence};
use crate::{
    alert::{Alert, Ended, Severity, State, Subject, Unit},
    rule::Scope,
};

/// So many addresses stand in a label; how many there are besides, is said.
const IN_A_LABEL: usize = 3;

/// The alert of an event. It fires from the first packet that counted to the last.
pub fn alert(event: &Event) -> Alert {
    let state = if event.ongoing { State::Firing } else { State::Resolved };
    Alert {
        id: event.id.as_str().into(),
        name: of_kind(event.kind).into(),
        rule: format!("signature {}", event.signature).into(),
        subject: subject(event),
        metric: "confidence".into(),
        state,
        severity: severity(event.severity),
        value: event.confidence,
        threshold: 0.0,
        unit: Unit::Share,
        since: event.first_seen,
        fired: Some(event.first_seen),
        resolved: (!event.ongoing).then_some(event.last_seen),
        ended: (!event.ongoing).then_some(Ended::Cleared),
        flapping: false,
        forecast: None,
        summary: sentence(event).into(),
        event: Some(Arc::new(event.clone())),
    }
}

/// The word for a kind of attack, as the event's JSON has it.
pub fn of_kind(kind: Kind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(word)) => word,
        _ => format!("{kind:?}"),
    }
}

fn severity(severity: nbw_detect::Severity) -> Severity {
    match severity {
        nbw_detect::Severity::Info => Severity::Info,
        nbw_detect::Severity::Warning => Severity::Warning,
        nbw_detect::Severity::Critical => Severity::Critical,
    }
}

/// Who it is done to; where nobody is named, who does it.
fn subject(event: &Event) -> Subject {
    let targets = sentence::who(&event.targets, event.target_count, "targets");
    let sources = sentence::who(&event.sources, event.source_count, "sources");
    let name = if targets.is_empty() { sources } else { targets };
    let details = [
        ("kind", of_kind(event.kind)),
        ("signature", event.signature.clone()),
        ("technique", event.technique.clone().unwrap_or_default()),
        ("sources", named(&event.sources, event.source_count, IN_A_LABEL)),
        ("targets", named(&event.targets, event.target_count, IN_A_LABEL)),
    ];
    let details: BTreeMap<Arc<str>, Arc<str>> =
        details.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    Subject { scope: Scope::Attack, key: event.id.as_str().into(), name: name.into(), details }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::fixture::{flood, over, scan};

    #[test]
    fn an_event_is_the_same_alert_while_it_lasts() {
        let (begun, ended) = (alert(&flood()), alert(&over(flood())));
        assert_eq!((&begun.id, &begun.subject.key), (&ended.id, &ended.id));
        assert_eq!((begun.state, begun.resolved), (State::Firing, None));
        assert_eq!((ended.state, ended.resolved), (State::Resolved, Some(flood().last_seen)));
        assert_eq!((&*begun.name, &*begun.rule), ("syn-flood", "signature syn-flood-spoofed"));
        assert_eq!((begun.severity, begun.value, begun.unit), (Severity::Critical, 0.97, Unit::Share));
    }

    #[test]
    fn it_is_about_the_target_and_has_what_labels_need() {
        let Subject { name, details, .. } = alert(&flood()).subject;
        let of = |name: &str| details[name].to_string();
        assert_eq!((&*name, of("kind"), of("technique")), ("10.0.0.2:80", "syn-flood".into(), "T1498.001".into()));
        assert_eq!(of("sources"), "198.51.100.1, 198.51.100.2, 198.51.100.3 and 997 more");
        assert_eq!(alert(&scan()).subject.details["sources"].as_ref(), "10.0.0.1");
        let nobody = Event { targets: Vec::new(), target_count: 0, ..scan() };
        assert_eq!(&*alert(&nobody).subject.name, "10.0.0.1");
    }

    #[test]
    fn kinds_are_called_as_in_json() {
        for (kind, word) in [(Kind::SynFlood, "syn-flood"), (Kind::ArpSpoof, "arp-spoof"), (Kind::Beacon, "beacon")] {
            assert_eq!(of_kind(kind), word);
        }
    }

    #[test]
    fn an_alert_of_an_attack_can_be_sent_and_read_again() {
        let alert = alert(&flood());
        let read: Alert = serde_json::from_str(&serde_json::to_string(&alert).unwrap()).unwrap();
        assert_eq!((read.subject, read.event.as_deref()), (alert.subject, Some(&flood())));
    }
}
