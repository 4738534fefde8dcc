//! Recognises attacks in live traffic: digests of packets from the kernel, as facts, through the engine of `nbw-detect`.
//!
//! A [`Feed`] needs a [`Kernel`] that was loaded with [`DetectOptions`](crate::bpf::DetectOptions), and to be polled every
//! [`POLL`]. It knows neither the command line nor who is told.

mod clock;
mod concern;
mod endpoint;
mod facts;
mod leaving;
mod netns;
mod owners;
mod pace;

use std::{net::SocketAddr, time::Duration};

use nbw_detect::{Engine, Event, Limits, Signatures, Volume};

use self::pace::Pace;
pub use self::{clock::Clock, concern::Concerns, facts::facts, leaving::leaving};
use crate::{bpf::Kernel, failure::Failure};

/// How often the ring is to be read: often enough that a flood's first second gives many eras of sampling.
pub const POLL: Duration = Duration::from_millis(100);

/// From asking for the packets of an endpoint until they come: the next poll.
const WATCH_DELAY: Duration = Duration::from_millis(200);

/// Live traffic through the engine.
pub struct Feed {
    engine: Engine,
    clock: Clock,
    pace: Pace,
    watched: u64,
}

impl Feed {
    /// Nothing was seen yet.
    #[must_use]
    pub fn new(signatures: &Signatures) -> Self {
        let engine = Engine::new(signatures, Limits { watch_delay: WATCH_DELAY, ..Limits::default() });
        Self { watched: engine.watch_generation(), engine, clock: Clock::now(), pace: Pace::default() }
    }

    /// Takes in what the kernel side has seen since the last time. Returns events that have begun or ended, and those that go
    /// on, each of these not more than once in [`pace::EVERY`].
    ///
    /// # Errors
    /// When the kernel refuses to watch endpoints.
    pub fn poll(&mut self, kernel: &mut Kernel) -> Result<Vec<Event>, Failure> {
        self.read(kernel);
        self.watch(kernel)?;
        Ok(self.pace.due(self.engine.take_events()))
    }

    /// Takes in what the host has sent, by its own counters: see [`leaving`]. What comes of it the next [`Self::poll`] tells.
    pub fn sent(&mut self, volumes: &[Volume]) {
        volumes.iter().for_each(|volume| self.engine.volume(volume));
    }

    fn read(&mut self, kernel: &mut Kernel) {
        let Some(digests) = &mut kernel.digests else { return };
        self.clock.set();
        let (engine, clock) = (&mut self.engine, &self.clock);
        let before = clock.time();
        digests.read(|digest| engine.observe(&facts(digest, clock)));
        // What is in the ring by now is no older than this.
        engine.advance(before);
    }

    /// Asks for what the engine wants to see more of.
    fn watch(&mut self, kernel: &mut Kernel) -> Result<(), Failure> {
        let generation = self.engine.watch_generation();
        if generation == self.watched {
            return Ok(());
        }
        self.watched = generation;
        let Some(digests) = &mut kernel.digests else { return Ok(()) };
        digests.watch(self.engine.watched().iter().map(|&(ip, port)| SocketAddr::new(ip, port)))
    }

    /// The last of it: what was held back, and all events that go on, as ended.
    #[must_use]
    pub fn finish(mut self, kernel: &mut Kernel) -> Vec<Event> {
        self.read(kernel);
        let mut events = self.pace.rest();
        let last = self.engine.finish();
        events.retain(|held| last.iter().all(|event| event.id != held.id));
        events.extend(last);
        events
    }
}
