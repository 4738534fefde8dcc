//! Attacks on their way into the history.

use std::collections::BTreeMap;

use nbw_detect::Event;
use tracing::warn;

/// So many wait at most: of more, the new ones are lost.
const MOST: usize = 10_000;

/// The events that are not written yet, each as it was last.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    events: BTreeMap<String, Event>,
    lost: u64,
    /// Whether what an agent before has left going on was ended.
    pub(super) begun: bool,
}

impl Waiting {
    pub(super) fn take(&mut self, events: &[Event]) {
        for event in events {
            if self.events.len() < MOST || self.events.contains_key(&event.id) {
                self.events.insert(event.id.clone(), event.clone());
                continue;
            }
            self.lost += 1;
            if self.lost == 1 {
                warn!("the history cannot be written, and more than {MOST} events wait: others are not remembered");
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether anything was written, and what is to be now.
    pub(super) fn due(&self) -> (bool, Vec<Event>) {
        (self.begun, self.events.values().cloned().collect())
    }

    /// These were written: what has not changed since does not wait any more.
    pub(super) fn written(&mut self, events: &[Event]) {
        for event in events {
            if self.events.get(&event.id) == Some(event) {
                self.events.remove(&event.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::fixture::{flood, over, scan};

    #[test]
    fn what_has_changed_while_it_was_written_still_waits() {
        let mut waiting = Waiting::default();
        waiting.take(&[flood(), scan()]);
        let (_, due) = waiting.due();
        waiting.take(&[over(scan())]);
        waiting.written(&due);
        assert_eq!(waiting.due().1, [over(scan())]);
        waiting.written(&[over(scan())]);
        assert!(waiting.is_empty());
    }

    #[test]
    fn what_waits_is_bounded_and_can_still_change() {
        let mut waiting = Waiting::default();
        let many: Vec<Event> = (0..MOST + 5).map(|number| Event { id: format!("{number:05}"), ..scan() }).collect();
        waiting.take(&many);
        waiting.take(&[over(many[0].clone())]);
        assert_eq!((waiting.due().1.len(), waiting.lost, waiting.due().1[0].ongoing), (MOST, 5, false));
    }
}
