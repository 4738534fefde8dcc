//! What goes on now: the events that have not ended, for those who show them tick by tick.

use std::collections::BTreeMap;

use nbw_detect::Event;

/// So many are remembered at a time: an engine that says more has lost its bounds.
const MOST: usize = 10_000;

/// The events that go on.
#[derive(Debug, Default)]
pub struct Current(BTreeMap<String, Event>);

impl Current {
    /// Takes in what is new, and returns all that goes on or has ended in it, the worst first, then by when it began.
    pub fn take(&mut self, news: &[Event]) -> Vec<Event> {
        let mut ended: BTreeMap<&str, &Event> = BTreeMap::new();
        for event in news {
            if event.ongoing && (self.0.len() < MOST || self.0.contains_key(&event.id)) {
                ended.remove(event.id.as_str());
                self.0.insert(event.id.clone(), event.clone());
            } else if !event.ongoing {
                self.0.remove(&event.id);
                ended.insert(&event.id, event);
            }
        }
        let mut all: Vec<Event> = self.0.values().chain(ended.into_values()).cloned().collect();
        all.sort_by(|one, other| other.severity.cmp(&one.severity).then(one.first_seen.cmp(&other.first_seen)));
        all
    }

    /// All that goes on.
    pub fn all(&self) -> impl Iterator<Item = &Event> {
        self.0.values()
    }

    /// Nothing is looked at any more: all of it, as ended.
    pub fn end(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.0).into_values().map(|event| Event { ongoing: false, ..event }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::fixture::{flood, leak, over, scan};

    fn shown(events: &[Event]) -> Vec<(&str, bool)> {
        events.iter().map(|event| (event.signature.as_str(), event.ongoing)).collect()
    }

    #[test]
    fn what_goes_on_stays_and_what_ends_is_shown_once_more() {
        let mut current = Current::default();
        let events = current.take(&[leak(), scan(), flood()]);
        let names = [("syn-flood-spoofed", true), ("port-scan-syn", true), ("exfiltration-volume", true)];
        assert_eq!(shown(&events), names, "the worst first");
        let events = current.take(&[over(scan())]);
        assert_eq!(shown(&events)[1], ("port-scan-syn", false));
        assert_eq!(current.take(&[]).len(), 2);
        assert_eq!((current.end().len(), current.all().count()), (2, 0));
    }

    #[test]
    fn an_update_takes_the_place_of_what_was_known() {
        let mut current = Current::default();
        current.take(&[flood()]);
        let more = Event { source_count: 5_000, ..flood() };
        assert_eq!(current.take(&[more])[0].source_count, 5_000);
        let (begins, ends) = (flood(), over(flood()));
        assert_eq!(shown(&current.take(&[begins, ends])), [("syn-flood-spoofed", false)]);
    }
}
