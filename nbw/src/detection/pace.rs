//! Tells of events when they begin and end; in between the latest of each now and then.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use nbw_detect::Event;

/// An attack that goes on is told of again after this, if anything has changed.
pub(super) const EVERY: Duration = Duration::from_secs(5);

/// When events that go on were told of, and what has become of them since.
#[derive(Debug, Default)]
pub(super) struct Pace {
    going_on: HashMap<String, Told>,
}

#[derive(Debug)]
struct Told {
    at: Instant,
    since: Option<Event>,
}

impl Pace {
    /// Of these, and of those that were held back, the ones that are to be told now.
    pub(super) fn due(&mut self, changed: Vec<Event>) -> Vec<Event> {
        let now = Instant::now();
        let mut due: Vec<Event> = changed.into_iter().filter_map(|event| self.at_once(event, now)).collect();
        for told in self.going_on.values_mut().filter(|told| now.duration_since(told.at) >= EVERY) {
            if let Some(event) = told.since.take() {
                told.at = now;
                due.push(event);
            }
        }
        due
    }

    /// The event, if it is new or has ended; else it is kept.
    fn at_once(&mut self, event: Event, now: Instant) -> Option<Event> {
        if !event.ongoing {
            self.going_on.remove(&event.id);
            return Some(event);
        }
        match self.going_on.get_mut(&event.id) {
            Some(told) => {
                told.since = Some(event);
                None
            }
            None => {
                self.going_on.insert(event.id.clone(), Told { at: now, since: None });
                Some(event)
            }
        }
    }

    /// All that was held back.
    pub(super) fn rest(self) -> Vec<Event> {
        self.going_on.into_values().filter_map(|told| told.since).collect()
    }
}

#[cfg(test)]
mod tests {
    use nbw_detect::{Kind, Severity, event::SCHEMA};

    use super::*;

    fn event(id: &str, ongoing: bool) -> Event {
        Event {
            schema: SCHEMA,
            id: id.into(),
            kind: Kind::SynFlood,
            signature: "syn-flood".into(),
            first_seen: jiff::Timestamp::UNIX_EPOCH,
            last_seen: jiff::Timestamp::UNIX_EPOCH,
            sources: Vec::new(),
            source_count: 0,
            targets: Vec::new(),
            target_count: 0,
            severity: Severity::Critical,
            confidence: 1.0,
            technique: None,
            evidence: [].into(),
            advice: String::new(),
            concerned: Vec::new(),
            ongoing,
        }
    }

    fn ids(events: &[Event]) -> Vec<(&str, bool)> {
        events.iter().map(|event| (event.id.as_str(), event.ongoing)).collect()
    }

    #[test]
    fn beginnings_and_ends_are_told_at_once_and_the_rest_now_and_then() {
        let mut pace = Pace::default();
        assert_eq!(ids(&pace.due(vec![event("a", true)])), [("a", true)]);
        assert!(pace.due(vec![event("a", true)]).is_empty());
        pace.going_on.get_mut("a").unwrap().at -= EVERY;
        assert_eq!(ids(&pace.due(Vec::new())), [("a", true)]);
        assert!(pace.due(vec![event("a", true)]).is_empty());
        assert_eq!(ids(&pace.due(vec![event("a", false), event("b", true)])), [("a", false), ("b", true)]);
        assert!(pace.rest().is_empty(), "nothing is held back of what is over");
    }
}
