//! Attacks that are not bad enough to be told: a line in the log when one begins, is called something else, and ends.

use std::collections::HashMap;

use nbw_detect::{Event, Severity};

/// What the log knows: the signatures of those that go on, by their ids.
#[derive(Debug, Default)]
pub(super) struct Untold(HashMap<String, String>);

impl Untold {
    /// Those of these events that are to be logged.
    pub(super) fn news<'a>(&mut self, events: &'a [Event], least: Severity) -> Vec<&'a Event> {
        events.iter().filter(|event| self.is_news(event, least)).collect()
    }

    fn is_news(&mut self, event: &Event, least: Severity) -> bool {
        let untold = event.severity < least;
        if !event.ongoing || !untold {
            self.0.remove(&event.id);
            return untold;
        }
        self.0.insert(event.id.clone(), event.signature.clone()).as_ref() != Some(&event.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::fixture::{flood, leak, over};

    #[test]
    fn what_goes_on_all_day_is_three_lines() {
        let mut untold = Untold::default();
        let mut lines = |event: &Event| untold.news(std::slice::from_ref(event), Severity::Warning).len();
        assert_eq!(lines(&leak()), 1);
        let said: usize = (0..17_280).map(|count| lines(&Event { source_count: count, ..leak() })).sum();
        assert_eq!(said, 0);
        assert_eq!(lines(&Event { signature: "another".into(), ..leak() }), 1);
        assert_eq!(lines(&over(leak())), 1);
        assert_eq!(lines(&flood()), 0, "actions are told of that");
        assert!(untold.0.is_empty());
    }
}
