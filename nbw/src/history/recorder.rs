//! Remembers what snapshots tell. Who takes them never waits: a thread of its own writes.

mod batch;
mod carried;
mod events;
mod held;
mod moved;
mod pending;
mod shrink;
mod status;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    io,
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use nbw_detect::Event;

pub use self::status::{Fault, Status};
use self::{events::Waiting, moved::Tick, pending::Pending, status::Told, writer::Writer};
use super::Tiers;
use crate::snapshot::Snapshot;

/// How long the writer may take when nbw ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes snapshots, and has them written.
pub struct Recorder {
    shared: Arc<Shared>,
    ended: mpsc::Receiver<()>,
}

/// What the taker and the writer share. Neither holds a lock while it waits for anything.
struct Shared {
    pending: Mutex<Pending>,
    /// Something is to be written, or the end has come.
    due: Condvar,
    told: Mutex<Told>,
    events: Mutex<Waiting>,
}

impl Recorder {
    /// Starts the writer. It opens the database itself: what is wrong with that is told by [`Recorder::status`], and tried again.
    ///
    /// # Errors
    /// When no thread can be made.
    pub fn start(dir: &Path, tiers: &Tiers) -> io::Result<Self> {
        let pending = Mutex::new(Pending::new(tiers));
        let told = Mutex::new(Told::new(dir));
        let shared = Arc::new(Shared { pending, due: Condvar::new(), told, events: Mutex::default() });
        let (end, ended) = mpsc::channel();
        let writer = Writer::new(dir, tiers, Arc::clone(&shared));
        let telling = Arc::clone(&shared);
        thread::Builder::new().name("history".into()).spawn(move || {
            if panic::catch_unwind(AssertUnwindSafe(|| writer.run())).is_err() {
                telling.told().fails("the writer of the history has failed: start the agent again".into());
            }
            // Nobody listens any more if nbw has ended without waiting.
            let _ = end.send(());
        })?;
        Ok(Self { shared, ended })
    }

    /// Remembers what was moved in a tick.
    pub fn take(&self, snapshot: &Snapshot) {
        let tick = Tick::of(snapshot);
        let mut pending = self.shared.pending();
        pending.take(tick);
        if pending.has_due() {
            self.shared.due.notify_one();
        }
    }

    /// Remembers by how much counters that only grow (such as `eth0 rx_dropped`) went up since they were noted before. One that
    /// went back has begun anew, and counts from there on.
    pub fn note_counters(&self, counters: &[(Arc<str>, u64)]) {
        self.shared.pending().note_counters(counters);
    }

    /// Remembers attacks, each in place of what was known of it. They are written with what comes besides, within 10 s.
    pub fn take_events(&self, events: &[Event]) {
        if !events.is_empty() {
            self.shared.events().take(events);
        }
    }

    /// How the recording goes.
    pub fn status(&self) -> Status {
        let pending = self.shared.pending();
        let (left, lost) = (pending.left(), pending.lost);
        drop(pending);
        self.shared.told().status(left, lost)
    }

    /// Has all that is pending written, the unfinished part too; whether that was done in time.
    pub fn finish(self) -> bool {
        self.shared.pending().finishing = true;
        self.shared.due.notify_one();
        self.ended.recv_timeout(PATIENCE).is_ok() && self.shared.pending().is_empty() && self.shared.events().is_empty()
    }
}

/// A recorder that is dropped is not waited for, and its writer does not wait for it.
impl Drop for Recorder {
    fn drop(&mut self) {
        self.shared.pending().finishing = true;
        self.shared.due.notify_one();
    }
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn events(&self) -> MutexGuard<'_, Waiting> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
