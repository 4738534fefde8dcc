//! Attacks, looked for between the ticks of a live view: each snapshot has those that go on.

use nbw_detect::Signatures;
use tokio::time::Interval;

use super::{live::Live, ticks};
use crate::{
    detection::{Concerns, Current, Feed, POLL},
    failure::Failure,
    snapshot::Snapshot,
};

/// Looks for attacks, where that was asked for (`--detect`).
pub(super) struct Attacks(Option<Looking>);

struct Looking {
    feed: Feed,
    concerns: Concerns,
    looks: Interval,
    current: Current,
}

impl Attacks {
    /// By the built-in signatures, if they are `wanted`. The kernel side has to be loaded for it.
    ///
    /// # Errors
    /// When there can be no thread that says whom an attack concerns.
    pub(super) fn start(wanted: bool, live: &Live) -> Result<Self, Failure> {
        let start = || {
            Ok::<_, Failure>(Looking {
                feed: Feed::new(&Signatures::built_in()),
                concerns: Concerns::start(live.monitor().runtimes())?,
                looks: ticks(POLL, false),
                current: Current::default(),
            })
        };
        wanted.then(start).transpose().map(Self)
    }

    /// Waits until it is time to look; for ever where nobody does. Nothing is lost if this is dropped while it waits.
    pub(super) async fn due(&mut self) {
        match &mut self.0 {
            Some(looking) => drop(looking.looks.tick().await),
            None => std::future::pending().await,
        }
    }

    /// Takes in what the kernel side has seen.
    pub(super) fn look(&mut self, live: &mut Live) {
        let Some(looking) = &mut self.0 else { return };
        let events = looking.feed.poll(live.kernel_mut());
        looking.current.hear(looking.concerns.add(events));
    }

    /// Puts the attacks into a snapshot: those that go on, and those that have ended since the one before.
    pub(super) fn see(&mut self, snapshot: &mut Snapshot) {
        if let Some(looking) = &mut self.0 {
            snapshot.events = Some(looking.current.show());
        }
    }
}
