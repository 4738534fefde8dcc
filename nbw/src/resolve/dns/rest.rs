//! How long to leave servers alone that do not answer.

use std::time::Duration;

/// Each rest is twice as long as the one before, up to this many times the first.
const MOST: u32 = 16;

/// Counts silences, and says when to stop asking.
#[derive(Debug)]
pub(super) struct Rest {
    first: Duration,
    silences: u32,
    enough: u32,
}

impl Rest {
    pub(super) fn new(first: Duration, enough: u32) -> Self {
        Self { first, silences: 0, enough: enough.max(1) }
    }

    /// Notes whether a question was answered.
    pub(super) fn note(&mut self, heard: bool) {
        self.silences = if heard { 0 } else { self.silences.saturating_add(1) };
    }

    /// Whether so many questions in a row were met with silence that the servers may be gone.
    pub(super) fn is_suspicious(&self) -> bool {
        self.silences >= self.enough
    }

    /// The rests to take, one after the other, while nobody answers.
    pub(super) fn lengths(&self) -> impl Iterator<Item = Duration> + use<> {
        let first = self.first;
        std::iter::successors(Some(1_u32), |times| Some((times * 2).min(MOST))).map(move |times| first * times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_is_enough_to_go_on() {
        let mut rest = Rest::new(Duration::from_secs(20), 3);
        for heard in [false, false, true, false, false] {
            rest.note(heard);
            assert!(!rest.is_suspicious());
        }
        rest.note(false);
        assert!(rest.is_suspicious());
        rest.note(true);
        assert!(!rest.is_suspicious());
    }

    #[test]
    fn rests_grow_to_some_minutes() {
        let seconds: Vec<_> =
            Rest::new(Duration::from_secs(20), 3).lengths().take(7).map(|rest| rest.as_secs()).collect();
        assert_eq!(seconds, [20, 40, 80, 160, 320, 320, 320]);
    }
}
