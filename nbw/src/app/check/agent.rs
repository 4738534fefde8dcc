//! Asking the agent. What it says is what nbw would find by itself, so that both end with the same code.

#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Unknown, look, nothing_matches};
use crate::{
    check::idle,
    control::{Client, ControlError, DEFAULT_SOCKET, Measured},
    existing::Existing,
    rule::{Rule, Scope, Threshold},
};

/// All interfaces that an agent counts.
const INTERFACES: &str = "interface * rx > 1TB/s";

/// What came of asking an agent.
pub(super) enum Asked {
    /// Of one thing at least.
    Measured(Measured),
    /// It does not count that.
    NotCounted(String),
    NoAgent,
}

/// Asks the agent, if there is one. One that was named has to be there.
pub(super) async fn ask(socket: Option<&Path>, rule: &Rule, time: Duration) -> Result<Asked, Unknown> {
    let usual = PathBuf::from(DEFAULT_SOCKET);
    let mut client = match Client::connect(socket.unwrap_or(&usual)).await {
        Err(ControlError::NoAgent { .. }) if socket.is_none() => return Ok(Asked::NoAgent),
        client => client.map_err(|error| error.to_string())?,
    };
    if socket.is_none() && client.agent_pid().is_some_and(is_elsewhere) {
        return Ok(Asked::NoAgent);
    }
    // Runtimes tell names while it is measured.
    let existing = look(rule)?;
    match client.measure(&rule.text, time).await {
        Err(ControlError::NotCounted(why)) => Ok(Asked::NotCounted(why)),
        Ok(measured) if measured.subjects.is_empty() && rule.target.scope == Scope::Interface => {
            Err(no_interface(&mut client, rule).await)
        }
        measured => {
            let measured = measured.map_err(|error| error.to_string())?;
            with_idle(rule, measured, &existing).await.map(Asked::Measured)
        }
    }
}

/// Whether a process is known to be in another network namespace: its `eth0` is not the one that is meant here.
fn is_elsewhere(pid: i32) -> bool {
    let netns = |process: &str| fs::read_link(format!("/proc/{process}/ns/net")).ok();
    matches!((netns(&pid.to_string()), netns("self")), (Some(there), Some(here)) if there != here)
}

/// Names those that the agent has, which may be in another network namespace.
async fn no_interface(client: &mut Client, rule: &Rule) -> Unknown {
    let subjects = client.measure(INTERFACES, Duration::ZERO).await.map(|measured| measured.subjects);
    let names: Vec<String> =
        subjects.unwrap_or_default().iter().map(|measured| measured.subject.name.to_string()).collect();
    nothing_matches(rule, &names)
}

/// Adds what is there and has moved nothing, of which the agent's counters know nothing: it has moved nothing in this period
/// either. What is usual for it nobody knows.
async fn with_idle(rule: &Rule, mut measured: Measured, existing: &Existing) -> Result<Measured, Unknown> {
    if matches!(rule.condition.threshold, Threshold::Usual(_)) {
        let unseen = || format!("the agent has seen nothing yet that \"{rule}\" is about");
        return if measured.subjects.is_empty() { Err(unseen()) } else { Ok(measured) };
    }
    existing.named().await;
    idle(&mut measured, existing.matching(&rule.target));
    if measured.subjects.is_empty() {
        return Err(nothing_matches(rule, &existing.names()));
    }
    Ok(measured)
}
