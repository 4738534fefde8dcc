//! How the agent is.

use procfs::{FromRead, process::Status as ProcessStatus};

use super::run::Agent;
use crate::{
    alert::State,
    bpf::{Hook, Room},
    control::{Attached, Memory, RuleStatus, SlotUse, Status},
};

impl Agent {
    /// All of it.
    pub(super) fn report(&self) -> Status {
        let monitor = self.attachment.live.monitor();
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
            rules: self.rules(),
            alerts: self.engine.alerts().into_iter().filter(|alert| alert.state != State::Resolved).collect(),
            complaints: self.engine.complaints().into_iter().map(|complaint| complaint.sentence).collect(),
            actions: self.dispatcher.status(),
            data_dir: self.keeper.status(),
            memory: memory(),
        }
    }

    /// In one line, for the service manager and the log.
    pub(super) fn line(&self) -> String {
        let firing = self.engine.alerts().iter().filter(|alert| alert.state == State::Firing).count();
        let interfaces = self.attachment.live.monitor().counted_interfaces().len();
        let [interfaces, rules] = [(interfaces, "interface"), (self.config.alerts.len(), "rule")].map(counted);
        format!("counting {interfaces}; {rules}, {} firing", counted((firing, "alert")))
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

    fn rules(&self) -> Vec<RuleStatus> {
        let alerts = self.engine.alerts();
        let rule = |spec: &crate::alert::Spec| {
            let count =
                |state| alerts.iter().filter(|alert| alert.rule == spec.rule.text && alert.state == state).count();
            RuleStatus {
                name: spec.name.to_string(),
                rule: spec.rule.text.to_string(),
                pending: count(State::Pending),
                firing: count(State::Firing),
            }
        };
        self.config.alerts.iter().map(rule).collect()
    }
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
