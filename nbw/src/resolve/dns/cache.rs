//! What is known about addresses, and when to ask again.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use lru::LruCache;

use super::Limits;

/// A question that was never answered may be put again after this long; answers normally come within seconds, or when the
/// servers are back.
const FORGOTTEN: Duration = Duration::from_secs(3_600);

/// What came of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A name, or word that there is none, and for how long that is so.
    Name(Option<Arc<str>>, Duration),
    /// No usable answer.
    Nothing,
}

/// Names by address; never more than [`Limits::kept`].
#[derive(Debug)]
pub(super) struct Cache {
    entries: LruCache<IpAddr, Entry>,
    limits: Limits,
}

#[derive(Debug)]
struct Entry {
    name: Option<Arc<str>>,
    /// When to ask, or to ask again.
    due: Instant,
    /// Look-ups in a row that came to nothing.
    failures: u32,
}

impl Cache {
    pub(super) fn new(limits: Limits) -> Self {
        Self { entries: LruCache::new(limits.kept), limits }
    }

    /// The name; an old one is better than none while it is asked for again.
    pub(super) fn name(&mut self, ip: IpAddr) -> Option<Arc<str>> {
        self.entries.get(&ip)?.name.clone()
    }

    /// Whether the address has to be asked for (again).
    pub(super) fn is_due(&self, ip: IpAddr, now: Instant) -> bool {
        self.entries.peek(&ip).is_none_or(|entry| entry.due <= now)
    }

    /// Notes that the address was asked for.
    pub(super) fn asked(&mut self, ip: IpAddr, now: Instant) {
        self.entry(ip, now).due = now + FORGOTTEN;
    }

    /// Notes what came of it.
    pub(super) fn answered(&mut self, ip: IpAddr, found: Found, now: Instant) {
        let limits = self.limits;
        let entry = self.entry(ip, now);
        match found {
            Found::Name(name, time_to_live) => {
                let believed = time_to_live.clamp(limits.shortest, limits.longest);
                *entry = Entry { name, due: now + believed, failures: 0 };
            }
            Found::Nothing => {
                let wait = limits.back_off.saturating_mul(2_u32.saturating_pow(entry.failures));
                entry.due = now + wait.min(limits.longest);
                entry.failures += 1;
            }
        }
    }

    fn entry(&mut self, ip: IpAddr, now: Instant) -> &mut Entry {
        self.entries.get_or_insert_mut(ip, || Entry { name: None, due: now, failures: 0 })
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ip(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    fn named(seconds: u32) -> Found {
        Found::Name(Some("a.example".into()), SECOND * seconds)
    }

    /// For how many seconds from `now` the address is not asked for again.
    fn quiet_for(cache: &Cache, ip: IpAddr, now: Instant) -> u32 {
        (0..).find(|&seconds| cache.is_due(ip, now + SECOND * seconds)).unwrap()
    }

    #[test]
    fn an_answer_is_believed_for_its_ttl_within_bounds() {
        let mut cache = Cache::new(Limits::default());
        let now = Instant::now();
        for (time_to_live, believed) in [(0, 60), (59, 60), (300, 300), (3_600, 3_600), (u32::MAX, 3_600)] {
            cache.answered(ip(1), named(time_to_live), now);
            assert_eq!(quiet_for(&cache, ip(1), now), believed, "{time_to_live}");
        }
    }

    #[test]
    fn failures_are_tried_again_ever_less_often_until_one_is_answered() {
        let mut cache = Cache::new(Limits::default());
        let now = Instant::now();
        let mut waits = vec![];
        for _ in 0..100 {
            cache.answered(ip(1), Found::Nothing, now);
            waits.push(quiet_for(&cache, ip(1), now));
        }
        assert_eq!(waits[..9], [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!(waits[99], 3_600);
        cache.answered(ip(1), Found::Name(None, SECOND), now);
        cache.answered(ip(1), Found::Nothing, now);
        assert_eq!(quiet_for(&cache, ip(1), now), 30);
    }

    #[test]
    fn an_old_name_stays_until_there_is_word_of_another() {
        let mut cache = Cache::new(Limits::default());
        let now = Instant::now();
        cache.answered(ip(1), named(60), now);
        cache.asked(ip(1), now + SECOND * 60);
        assert!(!cache.is_due(ip(1), now + SECOND * 61));
        cache.answered(ip(1), Found::Nothing, now + SECOND * 61);
        assert_eq!(cache.name(ip(1)).as_deref(), Some("a.example"));
        cache.answered(ip(1), Found::Name(None, SECOND), now + SECOND * 62);
        assert_eq!(cache.name(ip(1)), None);
    }

    #[test]
    fn what_was_not_asked_for_longest_makes_room() {
        let mut cache = Cache::new(Limits { kept: NonZeroUsize::new(100).unwrap(), ..Limits::default() });
        let now = Instant::now();
        for number in 0..10_000 {
            cache.answered(ip(number), named(600), now);
            assert!(cache.name(ip(0)).is_some(), "in use all the time");
        }
        assert_eq!(cache.len(), 100);
        assert!(cache.name(ip(9_999)).is_some() && cache.name(ip(9_000)).is_none());
    }
}
