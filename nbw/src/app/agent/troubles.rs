//! What the kernel side has failed to do, told in good time and not with each tick.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::snapshot::Health;

/// What grows is told again after this.
const AGAIN: Duration = Duration::from_secs(600);

/// What was told of each count, and when.
#[derive(Debug, Default)]
pub(super) struct Troubles(HashMap<&'static str, (u64, Instant)>);

impl Troubles {
    /// What there is to tell now, in lines: a count that has left zero, and at most every 10 min by how much it has grown.
    pub(super) fn news(&mut self, health: &Health, now: Instant) -> Vec<String> {
        // The kernel side was started anew: it counts from zero on.
        self.0.retain(|name, (told, _)| health.0.iter().any(|(other, count)| other == name && count >= told));
        health.troubles().filter_map(|(name, count)| self.line(name, count, now)).collect()
    }

    fn line(&mut self, name: &'static str, count: u64, now: Instant) -> Option<String> {
        let line = match self.0.get(name) {
            None => format!("kernel side: {name} {count}"),
            Some((told, at)) if count > *told && now.duration_since(*at) >= AGAIN => {
                format!("kernel side: {name} {count}, {} more than before", count - told)
            }
            Some(_) => return None,
        };
        self.0.insert(name, (count, now));
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_told_when_it_begins_and_then_seldom() {
        let (mut troubles, start) = (Troubles::default(), Instant::now());
        let mut news = |count, seconds| {
            let health = Health(vec![("lost", count), ("fine", 0)]);
            troubles.news(&health, start + Duration::from_secs(seconds))
        };
        assert!(news(0, 0).is_empty());
        assert_eq!(news(3, 1), ["kernel side: lost 3"]);
        for seconds in 2..600 {
            assert!(news(3 + seconds, seconds).is_empty(), "{seconds}");
        }
        assert_eq!(news(610, 601), ["kernel side: lost 610, 607 more than before"]);
        assert!(news(610, 5000).is_empty(), "it has not grown");
        assert_eq!(news(611, 5001), ["kernel side: lost 611, 1 more than before"]);
        assert!(news(0, 5002).is_empty());
        assert_eq!(news(1, 5003), ["kernel side: lost 1"], "it was started anew");
    }
}
