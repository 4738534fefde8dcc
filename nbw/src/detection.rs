//! Recognises attacks in live traffic: digests of packets from the kernel, as facts, through the engine of `nbw-detect`.
//!
//! A [`Feed`] needs a [`Kernel`] that was loaded with [`DetectOptions`](crate::bpf::DetectOptions), and to be polled every
//! [`POLL`]. It knows neither the command line nor who is told.
//!
//! For those who show or tell them, events are alerts ([`alert()`]): [`Current`] has those that go on, [`Deliver`] says what actions
//! are told.

mod alert;
mod clock;
mod concern;
mod current;
mod deliver;
mod endpoint;
mod facts;
#[cfg(test)]
pub(crate) mod fixture;
mod leaving;
mod netns;
mod owners;
mod sentence;
mod set;

use std::{net::SocketAddr, time::Duration};

use nbw_common::abi::MOST_WATCHED;
use nbw_detect::{Engine, Event, Limits, Signatures, Time, Volume};

pub use self::{
    alert::{alert, of_kind},
    clock::Clock,
    concern::Concerns,
    current::Current,
    deliver::{Deliver, Wish},
    facts::facts,
    leaving::leaving,
    sentence::{advice, named, sentence},
    set::signatures,
};
use crate::bpf::Kernel;

/// How often the ring is to be read: often enough that a flood's first second gives many eras of sampling.
pub const POLL: Duration = Duration::from_millis(100);

/// An attack that goes on is told of again after this, if anything has changed.
const EVERY: Duration = Duration::from_secs(5);

/// A digest that was begun and is not finished after so long will not be soon: its CPU stands still.
const LATEST: u64 = 1_000_000_000;

/// Keys of each signature, and connections: seven eighths of a power of two, as a hash table that holds more is twice as large.
const KEYS: u32 = 4_096 / 8 * 7;
const CONNECTIONS: u32 = 65_536 / 8 * 7;

/// Live traffic through the engine.
pub struct Feed {
    engine: Engine,
    clock: Clock,
    /// Up to when everything was seen.
    complete: Time,
    /// The generation of endpoints that the kernel side watches.
    watched: u64,
    /// Whether the kernel refused some: that is told once.
    refused: bool,
    /// How many attacks had been ended early when that was told last.
    ended_early: u64,
}

impl Feed {
    /// Nothing was seen yet.
    #[must_use]
    pub fn new(signatures: &Signatures) -> Self {
        let watched = MOST_WATCHED as usize;
        let limits = Limits { live: true, watched, keys: KEYS, connections: CONNECTIONS };
        let engine = Engine::new(signatures, limits);
        let watched = engine.watch_generation();
        let clock = Clock::now();
        Self { engine, clock, complete: clock.time(), watched, refused: false, ended_early: 0 }
    }

    /// Takes in what the kernel side has seen since the last time. Returns events that have begun, have another signature or
    /// have ended, and those that go on, each of these not more than once in [`EVERY`].
    pub fn poll(&mut self, kernel: &mut Kernel) -> Vec<Event> {
        self.read(kernel);
        self.watch(kernel);
        let news = self.engine.take_news(EVERY);
        self.complain();
        news.into_iter().map(|event| self.clock.on_wall(event)).collect()
    }

    /// Takes in what the host has sent, by its own counters: see [`leaving`]. What comes of it the next [`Self::poll`] tells.
    pub fn sent(&mut self, volumes: &[Volume]) {
        for volume in volumes {
            self.engine.volume(&Volume { time: self.clock.of_wall(volume.time), ..*volume });
        }
    }

    fn read(&mut self, kernel: &mut Kernel) {
        let Some(digests) = &mut kernel.digests else { return };
        self.clock.set();
        let (engine, clock) = (&mut self.engine, &self.clock);
        let before = clock.time();
        let read = digests.read(|digest| engine.observe(&facts(digest, clock)));
        self.complete = seen_until(self.complete, before, read.complete);
        engine.advance(self.complete);
    }

    /// Asks for what the engine wants to see more of. What the kernel refuses is asked for again with the next poll; all else
    /// goes on without.
    fn watch(&mut self, kernel: &mut Kernel) {
        let generation = self.engine.watch_generation();
        let Some(digests) = kernel.digests.as_mut().filter(|_| generation != self.watched) else { return };
        match digests.watch(self.engine.watched().iter().map(|&(ip, port)| SocketAddr::new(ip, port))) {
            Ok(()) => {
                (self.watched, self.refused) = (generation, false);
                self.engine.watches(self.clock.time());
            }
            Err(failure) if !std::mem::replace(&mut self.refused, true) => tracing::warn!(
                "attacks that show in established connections (brute force, Slowloris) may be missed: {failure}"
            ),
            Err(_) => {}
        }
    }

    /// Tells what there was no room for, each time that it has doubled.
    fn complain(&mut self) {
        let early = self.engine.ended_early();
        if early > self.ended_early.saturating_mul(2) {
            self.ended_early = early;
            tracing::warn!(
                "there are too many attacks at a time: {early} were said to be over that may go on, and be told anew"
            );
        }
    }

    /// How often an endpoint was to be watched, of which every packet is looked at, and there was no place for it.
    pub fn not_watched(&self) -> u64 {
        self.engine.not_watched()
    }

    /// The last of it: all events that go on, as ended.
    #[must_use]
    pub fn finish(mut self, kernel: &mut Kernel) -> Vec<Event> {
        self.read(kernel);
        self.engine.finish().into_iter().map(|event| self.clock.on_wall(event)).collect()
    }
}

/// Up to when everything was seen, that was so up to `last`: all of what was seen `before` this reading, if it was complete. A
/// CPU of a virtual machine may be stopped while it writes a digest, and what is behind that in the ring cannot be read until it
/// goes on; but it does not stop the clock.
fn seen_until(last: Time, before: Time, complete: bool) -> Time {
    if complete { before } else { last.max(Time(before.0.saturating_sub(LATEST))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_missed_before_the_ring_was_read_to_the_end() {
        let [last, soon, late] = [1, 500, 2_500].map(|millis| Time(10 * LATEST + millis * 1_000_000));
        assert_eq!(seen_until(last, soon, true), soon);
        assert_eq!(seen_until(last, soon, false), last);
        assert_eq!(
            seen_until(last, late, false),
            Time(late.0 - LATEST),
            "a CPU that stands still does not stop the clock"
        );
    }
}
