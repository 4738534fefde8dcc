//! How the agent is.

use std::collections::HashMap;

use procfs::{FromRead, process::Status as ProcessStatus};

use super::run::Agent;
use crate::{
    alert::{Alert, Spec, State},
    bpf::{Hook, Room},
    control::{Attached, Memory, RuleStatus, SlotUse, Status},
};

impl Agent {
    /// All of it.
    pub(super) fn report(&self) -> Status {
        let monitor = self.attachment.live.monitor();
        let mut alerts = self.engine.alerts();
        alerts.retain(|alert| alert.state != State::Resolved);
        Status {
            schema: 1,
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            started: self.started,
            config: self.loaded.clone(),
            interval_seconds: self.pace.interval().as_secs_f64(),
            ticks: self.pace.counted().clone(),
            attached: self.attached(),
            slots: monitor.kernel().rooms().into_iter().map(slot_use).collect(),
            health: self.health.0.iter().map(|&(name, count)| (name.to_owned(), count)).collect(),
            rules: rules(&self.config.alerts, &alerts),
            alerts,
            attacks: self.attacks(),
            complaints: self.engine.complaints().into_iter().map(|complaint| complaint.sentence).collect(),
            actions: self.dispatcher.status(),
            data_dir: self.keeper.status(),
            history: self.memory.status(),
            memory: memory(),
        }
    }

    /// In one line, for the service manager and the log.
    pub(super) fn line(&self) -> String {
        let firing = self.engine.alerts().iter().filter(|alert| alert.state == State::Firing).count();
        let interfaces = self.attachment.live.monitor().counted_interfaces().len();
        let [interfaces, rules] = [(interfaces, "interface"), (self.config.alerts.len(), "rule")].map(counted);
        let attacks = self.going_on().map(|attacks| format!("; {} going on", counted((attacks, "attack"))));
        let attacks = attacks.unwrap_or_default();
        format!("counting {interfaces}; {rules}, {} firing{attacks}", counted((firing, "alert")))
    }

    fn attached(&self) -> Attached {
        let monitor = self.attachment.live.monitor();
        Attached {
            since: self.attachment.since,
            hook: monitor.kernel().hook().map(|hook| hook_name(hook).to_owned()),
            interfaces: monitor.counted_interfaces().iter().map(ToString::to_string).collect(),
            waiting: monitor.waiting(),
            programs: monitor.kernel().programs(),
        }
    }
}

/// Each rule, with how many of the alerts are its own.
fn rules(specs: &[Spec], alerts: &[Alert]) -> Vec<RuleStatus> {
    let mut counts: HashMap<(&str, State), usize> = HashMap::new();
    for alert in alerts {
        *counts.entry((&*alert.rule, alert.state)).or_default() += 1;
    }
    let rule = |spec: &Spec| {
        let count = |state| counts.get(&(&*spec.rule.text, state)).copied().unwrap_or_default();
        RuleStatus {
            name: spec.name.to_string(),
            rule: spec.rule.text.to_string(),
            pending: count(State::Pending),
            firing: count(State::Firing),
        }
    };
    specs.iter().map(rule).collect()
}

/// `1 rule`, `2 rules`.
fn counted((count, what): (usize, &str)) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn hook_name(hook: Hook) -> &'static str {
    match hook {
        Hook::Tcx => "tcx",
        Hook::Clsact => "clsact",
    }
}

fn slot_use(room: Room) -> SlotUse {
    SlotUse { of: room.of.to_owned(), used: room.used, capacity: room.capacity }
}

/// Zero where /proc does not say.
fn memory() -> Memory {
    let status = ProcessStatus::from_file("/proc/self/status").ok();
    let bytes = |kib: Option<u64>| kib.unwrap_or_default() * 1024;
    status.map_or_else(Memory::default, |status| Memory {
        resident_bytes: bytes(status.vmrss),
        peak_bytes: bytes(status.vmhwm),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        alert::{Subject, Unit},
        rule::Scope,
    };

    fn alert(rule: &str, state: State) -> Alert {
        let text = || "x".into();
        let subject = Subject { scope: Scope::Host, key: text(), name: text(), details: Default::default() };
        Alert {
            id: text(),
            name: text(),
            rule: rule.into(),
            subject,
            metric: text(),
            state,
            severity: Default::default(),
            value: 1.0,
            threshold: 1.0,
            unit: Unit::Bytes,
            since: jiff::Timestamp::UNIX_EPOCH,
            fired: None,
            resolved: None,
            ended: None,
            flapping: false,
            forecast: None,
            summary: text(),
            event: None,
        }
    }

    #[test]
    fn each_rule_has_its_own_alerts_counted() {
        let specs = ["host rx > 1MB/s", "host tx > 1MB/s"].map(|rule| Spec::of_rule(rule.parse().unwrap()));
        let alerts = [
            alert("host tx > 1MB/s", State::Firing),
            alert("host tx > 1MB/s", State::Firing),
            alert("host tx > 1MB/s", State::Pending),
            alert("host tx > 2MB/s", State::Firing),
        ];
        let counts = rules(&specs, &alerts).into_iter().map(|rule| (rule.pending, rule.firing));
        assert_eq!(counts.collect::<Vec<_>>(), [(0, 0), (1, 2)]);
    }
}
