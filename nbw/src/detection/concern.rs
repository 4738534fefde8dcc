//! Says of events whose they are on this host. A thread of its own looks it up: that reads files of every process.

use std::{
    collections::VecDeque,
    sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, channel, sync_channel},
    thread,
    time::{Duration, Instant},
};

use nbw_detect::Event;

use super::{endpoint::End, owners::Owners};
use crate::failure::Failure;

/// Events that wait to be looked up; more are told without.
const MOST_WAITING: usize = 64;

/// Who is concerned by one event is said of so many at most.
const MOST_NAMED: usize = 16;

/// How long the end waits for what is still being looked up.
const PATIENCE: Duration = Duration::from_secs(2);

/// The thread, and the events that it has.
pub struct Concerns {
    ask: SyncSender<Event>,
    told: Receiver<Event>,
    /// Those that it has, as they would be told without it, the first one first.
    waiting: VecDeque<Event>,
}

impl Concerns {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system refuses one.
    pub fn start() -> Result<Self, Failure> {
        let (ask, asked) = sync_channel::<Event>(MOST_WAITING);
        let (tell, told) = channel();
        let serve = move || {
            let mut owners = Owners::default();
            for mut event in asked {
                look_up(&mut event, &mut owners);
                if tell.send(event).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new().name("nbw-concerns".into()).spawn(serve)?;
        Ok(Self { ask, told, waiting: VecDeque::new() })
    }

    /// Takes events; returns those, of these and earlier ones, that are ready. None is overtaken by one that came later, unless
    /// there are too many to be looked up.
    pub fn add(&mut self, events: Vec<Event>) -> Vec<Event> {
        let mut ready = Vec::new();
        for event in events {
            match self.ask.try_send(event.clone()) {
                Ok(()) => self.waiting.push_back(event),
                Err(TrySendError::Full(event) | TrySendError::Disconnected(event)) => ready.push(event),
            }
        }
        loop {
            match self.told.try_recv() {
                Ok(event) => {
                    self.waiting.pop_front();
                    ready.push(event);
                }
                Err(TryRecvError::Empty) => return ready,
                // The thread is gone: what it had is told without.
                Err(TryRecvError::Disconnected) => {
                    ready.extend(self.waiting.drain(..));
                    return ready;
                }
            }
        }
    }

    /// Those that are left; what takes too long to be looked up is told without.
    #[must_use]
    pub fn finish(mut self) -> Vec<Event> {
        let end = Instant::now() + PATIENCE;
        let mut ready = Vec::new();
        while !self.waiting.is_empty()
            && let Ok(event) = self.told.recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            self.waiting.pop_front();
            ready.push(event);
        }
        ready.extend(self.waiting);
        ready
    }
}

fn look_up(event: &mut Event, owners: &mut Owners) {
    let ends = |names: &[String]| names.iter().filter_map(|name| End::parse(name)).collect::<Vec<_>>();
    event.concerned = owners.of(&ends(&event.sources), &ends(&event.targets));
    event.concerned.truncate(MOST_NAMED);
}
