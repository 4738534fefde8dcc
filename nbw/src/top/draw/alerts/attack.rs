//! What there is to say of an attack, beyond its sentence.

use nbw_detect::{
    Event,
    event::{Concerned, Role},
};

use crate::{alert::Alert, detection, text};

/// The lines of an alert that is an attack; none of a rule's.
pub(super) fn facts(alert: &Alert) -> Option<Vec<String>> {
    let event = alert.event.as_deref()?;
    let technique = event.technique.as_deref().map(|technique| format!(", ATT&CK {technique}")).unwrap_or_default();
    let mut facts = vec![format!("signature: {}{technique}", event.signature)];
    facts.extend(named("sources", &event.sources, event.source_count));
    facts.extend(named("targets", &event.targets, event.target_count));
    facts.extend(event.concerned.iter().map(concerned));
    facts.extend(counts(event));
    facts.push(format!("to do: {}", detection::advice(event)));
    Some(facts.iter().map(|fact| text::clean(fact).into_owned()).collect())
}

fn named(what: &str, names: &[String], count: u64) -> Option<String> {
    (!names.is_empty()).then(|| format!("{what}: {}", detection::named(names, count, names.len())))
}

/// `here, source: web, curl (4711), /docker/4f9a`.
fn concerned(concerned: &Concerned) -> String {
    let role = if concerned.role == Role::Source { "source" } else { "target" };
    let process = match (&concerned.process, concerned.pid) {
        (Some(name), Some(pid)) => Some(format!("{name} ({pid})")),
        (name, pid) => name.clone().or(pid.map(|pid| format!("process {pid}"))),
    };
    let parts: Vec<String> =
        [concerned.name.clone(), process, concerned.cgroup.clone()].into_iter().flatten().collect();
    format!("here, {role}: {}", parts.join(", "))
}

fn counts(event: &Event) -> Option<String> {
    let counts: Vec<String> =
        event.evidence.iter().map(|(name, value)| format!("{} {value}", name.replace('_', " "))).collect();
    (!counts.is_empty()).then(|| format!("counted: {}", counts.join(", ")))
}
