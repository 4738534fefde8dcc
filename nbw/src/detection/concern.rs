//! Says of events whose they are on this host. A thread of its own looks it up: that reads files of every process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TryRecvError, channel, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use nbw_detect::{Event, event::Concerned};

use super::{endpoint::End, owners::Owners};
use crate::{failure::Failure, resolve::runtimes::Runtimes};

/// Events that wait to be looked up; more are told without.
const MOST_WAITING: usize = 64;

/// How long the end waits for what is still being looked up.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long what was found for an event is used for what comes of it later.
const KEPT: Duration = Duration::from_secs(60);

/// Of so many events that go on it is known what was found.
const MOST_KNOWN: usize = 4_096;

/// The thread, and the events that it has.
pub struct Concerns {
    ask: SyncSender<Event>,
    told: Receiver<Event>,
    /// Those that are not told yet, the first one first.
    waiting: VecDeque<Waiting>,
}

/// An event as it would be told without the thread, and whether the thread has it.
struct Waiting {
    event: Event,
    asked: bool,
}

impl Concerns {
    /// Starts the thread. Containers have the names that these runtimes know.
    ///
    /// # Errors
    /// When the operating system refuses one.
    pub fn start(runtimes: Arc<Runtimes>) -> Result<Self, Failure> {
        let (ask, asked) = sync_channel::<Event>(MOST_WAITING);
        let (tell, told) = channel();
        let serve = move || {
            let mut lookup = Lookup { owners: Owners::new(Some(runtimes)), known: HashMap::new() };
            for mut event in asked {
                lookup.complete(&mut event);
                if tell.send(event).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new().name("nbw-concerns".into()).spawn(serve)?;
        Ok(Self { ask, told, waiting: VecDeque::new() })
    }

    /// Takes events; returns those, of these and earlier ones, that are ready. None is overtaken by one that came later. Where
    /// there are too many to be looked up, some are told without; and of these only the last that is known of each.
    pub fn add(&mut self, events: Vec<Event>) -> Vec<Event> {
        events.into_iter().for_each(|event| self.wait(event));
        let mut ready = Vec::new();
        while let Some(first) = self.waiting.front() {
            // If the thread is gone, what it had is told without.
            let told = if first.asked { self.told.try_recv() } else { Err(TryRecvError::Disconnected) };
            if told == Err(TryRecvError::Empty) {
                break;
            }
            ready.extend(self.waiting.pop_front().map(|first| told.unwrap_or(first.event)));
        }
        ready
    }

    fn wait(&mut self, event: Event) {
        let before = self.waiting.iter_mut().rfind(|before| before.event.id == event.id);
        if let Some(unasked) = before.filter(|before| !before.asked) {
            unasked.event = event;
            return;
        }
        let asked = self.ask.try_send(event.clone()).is_ok();
        self.waiting.push_back(Waiting { event, asked });
    }

    /// Those that are left; what takes too long to be looked up is told without.
    #[must_use]
    pub fn finish(self) -> Vec<Event> {
        let end = Instant::now() + PATIENCE;
        let told = self.told;
        rest(self.waiting, || told.recv_timeout(end.saturating_duration_since(Instant::now())).ok())
    }
}

/// Those that wait, with what the thread says of those that it has. When it has said nothing in time, its next word is about the one
/// that was told without: nothing that comes after is listened to.
fn rest(waiting: VecDeque<Waiting>, mut told: impl FnMut() -> Option<Event>) -> Vec<Event> {
    let mut late = false;
    let complete = |waiting: Waiting| {
        let told = if waiting.asked && !late { told() } else { None };
        late |= waiting.asked && told.is_none();
        told.unwrap_or(waiting.event)
    };
    waiting.into_iter().map(complete).collect()
}

/// Looks it up, once for each event in a while.
#[derive(Default)]
struct Lookup {
    owners: Owners,
    known: HashMap<String, (Instant, Vec<Concerned>)>,
}

impl Lookup {
    fn complete(&mut self, event: &mut Event) {
        let known = self.known.get(&event.id);
        event.concerned = match known.filter(|(at, found)| !found.is_empty() && at.elapsed() < KEPT) {
            Some((_, found)) => found.clone(),
            None => self.look_up(event),
        };
        if !event.ongoing {
            self.known.remove(&event.id);
        }
    }

    fn look_up(&mut self, event: &Event) -> Vec<Concerned> {
        let ends = |names: &[String]| names.iter().filter_map(|name| End::parse(name)).collect::<Vec<_>>();
        let found = self.owners.of(&ends(&event.sources), &ends(&event.targets));
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        self.known.insert(event.id.clone(), (Instant::now(), found.clone()));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::fixture::{flood, over, scan};

    /// With room for one, and the ends that a thread would have.
    fn stopped() -> (Concerns, Receiver<Event>, std::sync::mpsc::Sender<Event>) {
        let (ask, asked) = sync_channel(1);
        let (tell, told) = channel();
        (Concerns { ask, told, waiting: VecDeque::new() }, asked, tell)
    }

    fn seen(events: &[Event]) -> Vec<(&str, bool)> {
        events.iter().map(|event| (event.signature.as_str(), event.ongoing)).collect()
    }

    #[test]
    fn an_end_does_not_overtake_its_beginning_where_too_many_wait() {
        let (mut concerns, asked, tell) = stopped();
        assert!(concerns.add(vec![scan(), flood()]).is_empty());
        assert!(concerns.add(vec![over(scan()), over(flood())]).is_empty(), "the first one is still looked up");
        tell.send(asked.recv().unwrap()).unwrap();
        let ready = concerns.add(Vec::new());
        let expected = [("port-scan-syn", true), ("syn-flood-spoofed", false), ("port-scan-syn", false)];
        assert_eq!(seen(&ready), expected, "each as it was last, in the order in which they came");
    }

    #[test]
    fn without_the_thread_all_are_told_in_order() {
        let (mut concerns, asked, tell) = stopped();
        assert!(concerns.add(vec![scan()]).is_empty());
        drop((asked, tell));
        assert_eq!(seen(&concerns.add(vec![over(scan())])), [("port-scan-syn", true), ("port-scan-syn", false)]);
    }

    #[test]
    fn the_end_tells_all_that_is_left_in_order() {
        let (mut concerns, asked, tell) = stopped();
        concerns.add(vec![scan(), flood(), over(scan())]);
        tell.send(asked.recv().unwrap()).unwrap();
        drop(tell);
        let expected = [("port-scan-syn", true), ("syn-flood-spoofed", true), ("port-scan-syn", false)];
        assert_eq!(seen(&concerns.finish()), expected);
    }

    #[test]
    fn what_is_looked_up_too_late_takes_nobody_elses_place() {
        let waiting = [scan(), flood(), over(scan())].map(|event| Waiting { event, asked: true });
        let mut said = [None, Some(scan()), Some(flood())].into_iter();
        let left = rest(waiting.into(), || said.next().flatten());
        assert_eq!(left, [scan(), flood(), over(scan())], "each once");
    }

    #[test]
    fn what_was_found_is_used_for_what_comes_later() {
        let found = vec![Concerned {
            role: nbw_detect::event::Role::Target,
            cgroup: None,
            name: Some("web".into()),
            pid: None,
            process: None,
        }];
        let mut lookup = Lookup::default();
        lookup.known.insert(scan().id, (Instant::now(), found.clone()));
        let mut event = scan();
        lookup.complete(&mut event);
        assert_eq!(event.concerned, found);
        let mut event = over(scan());
        lookup.complete(&mut event);
        assert_eq!((event.concerned, lookup.known.len()), (found, 0));
    }
}
