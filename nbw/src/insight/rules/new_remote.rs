//! A remote host that nobody here has talked to before.

use std::collections::HashSet;

use super::Rule;
use crate::{
    history::Kind,
    insight::{Evidence, Finding, Severity, evidence::rows, finding::Unit},
    units,
};

/// So many days must be remembered before somebody can be new.
const FEWEST_DAYS: usize = 14;

/// Less is a probe or a look-up, in bytes.
const LEAST_LIVE: u64 = 100_000;
const LEAST: u64 = 10_000_000;

/// A host that meets more new ones than this talks to strangers for a living.
const MOST: usize = 5;

/// Remote hosts that the history does not know: of containers where connections were watched, else of the host.
pub(super) struct NewRemote;

/// A new one.
struct New {
    who: Option<String>,
    remote: String,
    bytes: u64,
}

impl Rule for NewRemote {
    fn id(&self) -> &'static str {
        "new-remote"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let Some(answer) = evidence.days.get(&Kind::Remote) else { return Vec::new() };
        let before = answer.parts.iter().filter(|part| part.end <= evidence.from && part.recorded_seconds > 0).count();
        if before < FEWEST_DAYS || is_forgotten(evidence) {
            return Vec::new();
        }
        let new = if evidence.live { of_containers(evidence) } else { of_host(evidence) };
        if new.len() > MOST {
            return Vec::new();
        }
        new.into_iter().map(|new| self.tell(&new, before)).collect()
    }
}

/// Whether there were more remote hosts before than the history keeps by name: one of those can look new.
fn is_forgotten(evidence: &Evidence) -> bool {
    let remotes = evidence.days.get(&Kind::Remote).into_iter().flat_map(rows);
    let mut rest = remotes.filter(|row| row.series.subject.key.is_empty());
    rest.any(|row| {
        row.recorded().any(|(part, point)| part.end <= evidence.from && point.rx.packets + point.tx.packets > 0)
    })
}

/// Who talked to whom that is not remembered.
fn of_containers(evidence: &Evidence) -> Vec<New> {
    let known: HashSet<&str> =
        evidence.days.get(&Kind::Remote).into_iter().flat_map(rows).map(|row| &*row.series.subject.key).collect();
    let talks = evidence.talks.iter().flatten().filter(|talk| talk.container && talk.bytes >= LEAST_LIVE);
    let new =
        talks.map(|talk| New { who: Some(talk.who.to_string()), remote: talk.remote.to_string(), bytes: talk.bytes });
    new.filter(|new| !known.contains(&*new.remote)).collect()
}

/// Who was heard of in this time and not before.
fn of_host(evidence: &Evidence) -> Vec<New> {
    let remotes = evidence.days.get(&Kind::Remote).into_iter().flat_map(rows);
    let named = remotes.filter(|row| !row.series.subject.key.is_empty());
    let new = named.filter_map(|row| {
        let (mut before, mut now) = (0, 0);
        for (part, point) in row.recorded() {
            *if part.end <= evidence.from { &mut before } else { &mut now } += point.rx.bytes + point.tx.bytes;
        }
        (before == 0 && now >= LEAST).then(|| New { who: None, remote: row.name().to_owned(), bytes: now })
    });
    new.collect()
}

impl NewRemote {
    fn tell(&self, new: &New, days: usize) -> Finding {
        let who = new.who.as_deref().unwrap_or("This host");
        let title = format!("{who} talks to {}, which is new", new.remote);
        let seen = format!("They moved {}; in {days} days before nobody here talked to it.", units::volume(new.bytes));
        Finding::new(self.id(), Severity::Hint, new.who.as_deref().unwrap_or("host"), title)
            .seen(if new.who.is_some() { 0.8 } else { 0.6 }, seen)
            .number("bytes", new.bytes as f64, Unit::Bytes)
            .number("days_before", days as f64, Unit::Count)
            .command("See which program it is.", "nbw watch --by connection")
            .advise("If nobody knows why, ask what the program fetched or sent; to stop it, reject the address in the firewall.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named, week};

    const MEGABYTES: f64 = 20e6 / 86_400.0;

    fn days(evidence: Evidence, before: usize, new: usize) -> Evidence {
        let known = evidence.with_days(Kind::Remote, "192.0.2.1", before + 7, |_| (MEGABYTES, 0.0));
        (0..new).fold(known, |evidence, number| {
            let name = format!("198.51.100.{number}");
            evidence.with_days(Kind::Remote, &name, before + 7, move |day| {
                (if day < before { 0.0 } else { MEGABYTES }, 0.0)
            })
        })
    }

    #[test]
    fn who_was_not_heard_of_in_fourteen_days_is_new() {
        assert_eq!(named(&NewRemote, &days(week(), 14, 1)), ["host"]);
        assert!(named(&NewRemote, &days(week(), 13, 1)).is_empty());
        assert!(named(&NewRemote, &days(week(), 14, 0)).is_empty());
        assert!(named(&NewRemote, &days(week(), 14, 6)).is_empty());
    }

    #[test]
    fn whom_the_history_could_not_keep_by_name_may_be_known() {
        let busy = |before: f64| {
            days(week(), 14, 1).with_days(Kind::Remote, "", 21, move |day| (if day < 14 { before } else { 9e3 }, 0.0))
        };
        assert!(named(&NewRemote, &busy(9e3)).is_empty());
        assert_eq!(named(&NewRemote, &busy(0.0)), ["host"]);
    }

    #[test]
    fn where_connections_were_watched_the_container_is_named() {
        let talk = |remote, bytes| days(live(), 14, 0).talk("web", remote, 443, bytes, 10);
        assert_eq!(named(&NewRemote, &talk("198.51.100.9", 100_000)), ["web"]);
        assert!(named(&NewRemote, &talk("198.51.100.9", 99_999)).is_empty());
        assert!(named(&NewRemote, &talk("192.0.2.1", 100_000)).is_empty());
        // Without a history everybody would be new.
        assert!(named(&NewRemote, &live().talk("web", "198.51.100.9", 443, 1_000_000, 10)).is_empty());
    }
}
