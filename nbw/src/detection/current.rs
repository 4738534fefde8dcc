//! What goes on now: the events that have not ended, for those who show them tick by tick.

use std::collections::BTreeMap;

use nbw_detect::Event;

/// So many are remembered at a time: an engine that says more has lost its bounds.
const MOST: usize = 10_000;

/// The events that go on, and those that have ended since they were shown.
#[derive(Debug, Default)]
pub struct Current {
    going_on: BTreeMap<String, Event>,
    ended: BTreeMap<String, Event>,
}

impl Current {
    /// Takes in what is new.
    pub fn hear(&mut self, news: Vec<Event>) {
        for event in news {
            let (from, to) = match event.ongoing {
                true => (&mut self.ended, &mut self.going_on),
                false => (&mut self.going_on, &mut self.ended),
            };
            from.remove(&event.id);
            if to.len() < MOST || to.contains_key(&event.id) {
                to.insert(event.id.clone(), event);
            }
        }
    }

    /// All that goes on or has ended since this was asked last, the worst first, then by when it began.
    pub fn show(&mut self) -> Vec<Event> {
        let ended = std::mem::take(&mut self.ended).into_values();
        let mut all: Vec<Event> = self.going_on.values().cloned().chain(ended).collect();
        all.sort_by(|one, other| other.severity.cmp(&one.severity).then(one.first_seen.cmp(&other.first_seen)));
        all
    }

    /// Forgets what has ended: nobody shows it.
    pub fn forget_ended(&mut self) {
        self.ended.clear();
    }

    /// All that goes on.
    pub fn all(&self) -> impl Iterator<Item = &Event> {
        self.going_on.values()
    }

    /// Nothing is looked at any more: all of it, as ended.
    pub fn end(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.going_on).into_values().map(|event| Event { ongoing: false, ..event }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::fixture::{flood, leak, over, scan};

    fn take(current: &mut Current, news: &[Event]) -> Vec<Event> {
        current.hear(news.to_vec());
        current.show()
    }

    fn shown(events: &[Event]) -> Vec<(&str, bool)> {
        events.iter().map(|event| (event.signature.as_str(), event.ongoing)).collect()
    }

    #[test]
    fn what_goes_on_stays_and_what_ends_is_shown_once_more() {
        let mut current = Current::default();
        let events = take(&mut current, &[leak(), scan(), flood()]);
        let names = [("syn-flood-spoofed", true), ("port-scan-syn", true), ("exfiltration-volume", true)];
        assert_eq!(shown(&events), names, "the worst first");
        let events = take(&mut current, &[over(scan())]);
        assert_eq!(shown(&events)[1], ("port-scan-syn", false));
        assert_eq!(take(&mut current, &[]).len(), 2);
        assert_eq!((current.end().len(), current.all().count()), (2, 0));
    }

    #[test]
    fn what_nobody_looks_at_is_kept_once_and_bounded() {
        let mut current = Current::default();
        for number in 0..MOST + 5 {
            let event = Event { id: number.to_string(), ..scan() };
            current.hear(vec![event.clone(), event.clone(), over(event)]);
        }
        assert_eq!((current.show().len(), current.show().len()), (MOST, 0));
    }

    #[test]
    fn an_update_takes_the_place_of_what_was_known() {
        let mut current = Current::default();
        take(&mut current, &[flood()]);
        let more = Event { source_count: 5_000, ..flood() };
        assert_eq!(take(&mut current, &[more])[0].source_count, 5_000);
        let (begins, ends) = (flood(), over(flood()));
        assert_eq!(shown(&take(&mut current, &[begins, ends])), [("syn-flood-spoofed", false)]);
    }
}
