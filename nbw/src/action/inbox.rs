//! What an action has still to tell: a bounded queue that never makes anybody wait who fills it.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::status::lock;
use crate::alert::Notice;

/// Notices that an action may have before it, those in the middle of being told included.
pub(super) const MOST_NOTICES: usize = 10_000;

/// A notice on its way.
#[derive(Debug, Clone)]
pub(super) struct Item {
    number: u64,
    /// When it was put in.
    pub(super) arrived: Instant,
    pub(super) notice: Arc<Notice>,
}

/// The queue of one action. It outlives the task that empties it: whoever is next goes on where that one was.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Item>,
    /// Taken, and neither told nor given up yet; in the order of the queue.
    hand: Vec<Item>,
    next: u64,
    dropped: u64,
    closing: bool,
}

impl Inbox {
    /// Puts a notice in. When there are too many, the oldest that nobody is about to tell is dropped.
    pub(super) fn put(&self, notice: Arc<Notice>) {
        let mut state = lock(&self.state);
        let number = state.next;
        state.next += 1;
        state.queue.push_back(Item { number, arrived: Instant::now(), notice });
        if state.queue.len() + state.hand.len() > MOST_NOTICES {
            state.queue.pop_front();
            state.dropped += 1;
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Nothing more will come: who waits gets what there is, without waiting for more.
    pub(super) fn close(&self) {
        lock(&self.state).closing = true;
        self.changed.notify_one();
    }

    /// Something was put elsewhere for whoever waits.
    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    pub(super) fn is_closing(&self) -> bool {
        lock(&self.state).closing
    }

    fn waiting(&self) -> usize {
        lock(&self.state).queue.len()
    }

    /// How many notices there are, and how many were dropped.
    pub(super) fn counts(&self) -> (usize, u64) {
        let state = lock(&self.state);
        (state.queue.len() + state.hand.len(), state.dropped)
    }

    /// Returns after something was put in, or taken out by others, or the end has come.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits for notices, and a moment more for those that come with them, and takes up to `most` that go `together` with
    /// the oldest. None when nothing more will come.
    pub(super) async fn batch(
        &self,
        gathering: Duration,
        most: usize,
        together: impl Fn(&Notice, &Notice) -> bool,
    ) -> Option<Vec<Item>> {
        loop {
            let is_closing = self.is_closing();
            match self.waiting() {
                0 if is_closing => return None,
                0 => self.changed().await,
                _ => break,
            }
        }
        self.gather(gathering, most).await;
        Some(self.take(most, together))
    }

    async fn gather(&self, gathering: Duration, most: usize) {
        let enough = async {
            while !self.is_closing() && self.waiting() < most {
                self.changed().await;
            }
        };
        let _ = tokio::time::timeout(gathering, enough).await;
    }

    /// Those that go together with the oldest; of each alert the oldest notice only, so that what is told in one go has
    /// each alert once.
    fn take(&self, most: usize, together: impl Fn(&Notice, &Notice) -> bool) -> Vec<Item> {
        let mut state = lock(&self.state);
        let Some(first) = state.queue.front().map(|item| Arc::clone(&item.notice)) else { return Vec::new() };
        let mut seen = HashSet::new();
        let mut taken = Vec::new();
        let all = std::mem::take(&mut state.queue);
        for item in all {
            let fits = taken.len() < most && together(&first, &item.notice);
            if fits && seen.insert(Arc::clone(&item.notice.alert.id)) {
                taken.push(item);
            } else {
                state.queue.push_back(item);
            }
        }
        state.hand.extend(taken.iter().cloned());
        taken
    }

    /// The oldest one that is `wanted`.
    pub(super) fn take_one(&self, wanted: impl Fn(&Notice) -> bool) -> Option<Item> {
        let mut state = lock(&self.state);
        let at = state.queue.iter().position(|item| wanted(&item.notice))?;
        let item = state.queue.remove(at)?;
        state.hand.push(item.clone());
        Some(item)
    }

    /// These were told, or given up.
    pub(super) fn done(&self, items: &[Item]) {
        let numbers: HashSet<u64> = items.iter().map(|item| item.number).collect();
        lock(&self.state).hand.retain(|item| !numbers.contains(&item.number));
    }

    /// What was taken and not done is in the queue again: whoever took it is not there any more.
    pub(super) fn put_back(&self) {
        let mut state = lock(&self.state);
        let mut hand = std::mem::take(&mut state.hand);
        hand.sort_by_key(|item| item.number);
        for item in hand.into_iter().rev() {
            state.queue.push_front(item);
        }
        drop(state);
        self.changed.notify_one();
    }
}
