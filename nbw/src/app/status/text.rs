//! The status for people.

mod attacks;
#[cfg(test)]
mod tests;

use std::time::Duration;

use console::style;
use indicatif::HumanDuration;
use jiff::{Timestamp, tz::TimeZone};

use super::table;
use crate::{
    action::ActionStatus,
    alert::{Alert, Severity, State},
    control::{DataDir, Status, Ticks},
    history::RecorderStatus,
    text, units,
};

/// More programs or interfaces than this are counted and not named.
const NAMED: usize = 8;

/// All of it. Names in it are from the agent, and cleaned again: it may be another one's socket.
pub(super) fn render(status: &Status, now: Timestamp, zone: &TimeZone) -> String {
    let at = At { now, zone };
    let sections = [
        head(status, &at),
        attacks::section(status.attacks.as_ref(), &at),
        alerts(&status.alerts, &at),
        rules(status),
        complaints(&status.complaints),
        actions(&status.actions, &at),
    ];
    let shown: Vec<String> = sections.into_iter().filter(|section| !section.is_empty()).collect();
    shown.join("\n")
}

/// When and where it is read.
struct At<'a> {
    now: Timestamp,
    zone: &'a TimeZone,
}

impl At<'_> {
    fn clock(&self, time: Timestamp) -> String {
        time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn ago(&self, time: Timestamp) -> String {
        let passed = Duration::try_from(self.now.duration_since(time)).unwrap_or_default();
        if passed < Duration::from_secs(1) { "just now".into() } else { format!("{} ago", HumanDuration(passed)) }
    }
}

fn clean(text: &str) -> String {
    text::clean(text).into_owned()
}

fn head(status: &Status, at: &At<'_>) -> String {
    let since = at.clock(status.started);
    let title = format!("nbw agent {}, process {}, running since {since}\n", clean(&status.version), status.pid);
    let mut facts = vec![
        ("configuration", configuration(status, at)),
        ("readings", readings(status.interval_seconds, &status.ticks, at)),
        ("interfaces", interfaces(status)),
        ("programs", named(&status.attached.programs)),
        ("room", room(status)),
        ("kernel side", health(status)),
        ("memory", memory(status)),
        ("state", state(&status.data_dir, at)),
        ("attacks", status.attacks.as_ref().map_or_else(|| "not looked for".into(), attacks::fact)),
        ("history", status.history.as_ref().map_or_else(|| "off".into(), |history| remembered(history, at))),
    ];
    if let Some(refused) = &status.config.refused {
        let why = clean(refused.why.lines().next().unwrap_or_default());
        let refused = format!("a newer configuration was refused {}: {why}", at.ago(refused.at));
        facts.insert(1, ("", style(refused).red().to_string()));
    }
    let rows: Vec<Vec<String>> = facts.into_iter().map(|(what, fact)| vec![what.to_owned(), fact]).collect();
    title + &table::lines(&rows, &[])
}

fn configuration(status: &Status, at: &At<'_>) -> String {
    let loaded = at.clock(status.config.loaded);
    match &status.config.path {
        Some(path) => format!("{}, loaded {loaded}", clean(&path.to_string_lossy())),
        None => format!("none: every setting is as by default, since {loaded}"),
    }
}

fn readings(interval: f64, ticks: &Ticks, at: &At<'_>) -> String {
    let last = ticks.last.map_or_else(|| "none yet".into(), |last| format!("the last {}", at.ago(last)));
    let punctual = format!("{} late, by {} at most", ticks.late, short(ticks.latest_seconds));
    format!(
        "{} every {}, {last}; {punctual}; the longest took {}",
        ticks.count,
        short(interval),
        short(ticks.longest_seconds)
    )
}

/// `1s`, `12.3ms`.
fn short(seconds: f64) -> String {
    format!("{:.1?}", Duration::try_from_secs_f64(seconds).unwrap_or_default()).replace(".0", "")
}

fn interfaces(status: &Status) -> String {
    let attached = &status.attached;
    let hook = attached.hook.as_ref().map(|hook| format!(" (by {})", clean(hook))).unwrap_or_default();
    let waiting = match attached.waiting {
        0 => String::new(),
        count => format!(", {count} waiting"),
    };
    format!("{}{hook}{waiting}", named(&attached.interfaces))
}

fn named(names: &[String]) -> String {
    match names {
        [] => "none".into(),
        few if few.len() <= NAMED => few.iter().map(|name| clean(name)).collect::<Vec<_>>().join(", "),
        many => format!(
            "{} and {} more",
            many[..NAMED].iter().map(|name| clean(name)).collect::<Vec<_>>().join(", "),
            many.len() - NAMED
        ),
    }
}

fn room(status: &Status) -> String {
    let of = |slots: &crate::control::SlotUse| format!("{} of {} {}", slots.used, slots.capacity, clean(&slots.of));
    status.slots.iter().map(of).collect::<Vec<_>>().join(", ")
}

fn health(status: &Status) -> String {
    let troubles: Vec<String> = status
        .health
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| format!("{} {count}", clean(name)))
        .collect();
    if troubles.is_empty() {
        style("healthy").green().to_string()
    } else {
        style(troubles.join(", ")).red().to_string()
    }
}

fn memory(status: &Status) -> String {
    let memory = status.memory;
    format!("{} ({} at most)", units::volume(memory.resident_bytes), units::volume(memory.peak_bytes))
}

fn state(data_dir: &DataDir, at: &At<'_>) -> String {
    let path = clean(&data_dir.path.to_string_lossy());
    match (&data_dir.problem, data_dir.saved) {
        (Some(problem), _) => style(clean(problem)).red().to_string(),
        (None, Some(saved)) => format!("{path}, saved {}", at.ago(saved)),
        (None, None) => format!("{path}, not saved yet"),
    }
}

fn remembered(history: &RecorderStatus, at: &At<'_>) -> String {
    let path = clean(&history.database.to_string_lossy());
    let size = history.size.map(|size| format!(", {}", units::volume(size.bytes))).unwrap_or_default();
    let aside: String =
        history.set_aside.iter().map(|file| format!("; damaged: {}", clean(&file.to_string_lossy()))).collect();
    match (&history.fault, history.last_written) {
        (Some(fault), _) => style(format!("{}{aside}", clean(&fault.message))).red().to_string(),
        (None, Some(written)) => format!("{path}{size}, written {}{aside}", at.ago(written)),
        (None, None) => format!("{path}, not written yet{aside}"),
    }
}

fn alerts(alerts: &[Alert], at: &At<'_>) -> String {
    let firing: Vec<&Alert> = alerts.iter().filter(|alert| alert.state == State::Firing).collect();
    let pending = alerts.len() - firing.len();
    let title = match (firing.len(), pending) {
        (0, 0) => return String::new(),
        (firing, 0) => format!("Alerts: {firing} firing\n"),
        (firing, pending) => format!("Alerts: {firing} firing, {pending} pending\n"),
    };
    let row = |alert: &&Alert| {
        let since = alert.fired.map(|fired| at.clock(fired)).unwrap_or_default();
        vec![severity(alert.severity), since, clean(&alert.summary)]
    };
    title + &table::lines(&firing.iter().map(row).collect::<Vec<_>>(), &[])
}

fn severity(severity: Severity) -> String {
    match severity {
        Severity::Info => "info".to_owned(),
        Severity::Warning => style("warning").yellow().to_string(),
        Severity::Critical => style("critical").red().bold().to_string(),
    }
}

fn rules(status: &Status) -> String {
    if status.rules.is_empty() {
        return "Rules: none\n".into();
    }
    let state = |rule: &crate::control::RuleStatus| match (rule.firing, rule.pending) {
        (0, 0) => "quiet".to_owned(),
        (0, pending) => format!("{pending} pending"),
        (firing, 0) => format!("{firing} firing"),
        (firing, pending) => format!("{firing} firing, {pending} pending"),
    };
    let row = |rule: &crate::control::RuleStatus| {
        let name = if rule.name == rule.rule { String::new() } else { format!("({})", clean(&rule.name)) };
        vec![state(rule), clean(&rule.rule), name]
    };
    format!("Rules: {}\n", status.rules.len()) + &table::lines(&status.rules.iter().map(row).collect::<Vec<_>>(), &[])
}

fn complaints(complaints: &[String]) -> String {
    if complaints.is_empty() {
        return String::new();
    }
    let line = |complaint: &String| format!("  {}\n", clean(complaint));
    "Complaints\n".to_owned() + &complaints.iter().map(line).collect::<String>()
}

fn actions(actions: &[ActionStatus], at: &At<'_>) -> String {
    let header = ["action", "type", "queued", "sent", "failed", "dropped", "last error"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(actions.iter().map(|action| action_row(action, at)));
    table::lines(&rows, &[2, 3, 4, 5])
}

fn action_row(action: &ActionStatus, at: &At<'_>) -> Vec<String> {
    let error = action.last_error.as_ref().map(|error| format!("{}: {}", at.ago(error.time), clean(&error.text)));
    let numbers = [action.queued as u64, action.sent, action.failed, action.dropped].map(|number| number.to_string());
    let mut row = vec![clean(&action.name), clean(&action.kind)];
    row.extend(numbers);
    row.push(error.unwrap_or_else(|| "-".into()));
    row
}
