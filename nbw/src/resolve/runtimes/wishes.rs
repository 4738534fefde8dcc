//! What has no name yet: when it is to be asked for.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lru::LruCache;
use tokio::{sync::Notify, time::Instant};

use super::{Wanted, book::Book};

/// This long an event may take that names a new container; asking is for those that none names.
const EVENTS_FIRST: Duration = Duration::from_millis(200);

/// How long after a question in vain the next one comes; doubled each time.
const BACK_OFF: Duration = Duration::from_secs(1);

/// No longer than this.
const LONGEST: Duration = Duration::from_secs(30);

/// Questions until nobody is expected to know: minutes.
const QUESTIONS: u32 = 10;

/// No more than these wait; the oldest are given up first.
const WAITING: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// All that is to be asked for.
#[derive(Debug)]
pub(super) struct Wishes {
    waiting: Mutex<LruCache<Wanted, Wish>>,
    added: Notify,
}

#[derive(Debug, Clone, Copy)]
struct Wish {
    due: Instant,
    asked: u32,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { waiting: Mutex::new(LruCache::new(WAITING)), added: Notify::new() }
    }
}

impl Wishes {
    /// One more, unless it waits already.
    pub(super) fn add(&self, wanted: Wanted) {
        self.waiting().get_or_insert(wanted, || Wish { due: Instant::now() + EVENTS_FIRST, asked: 0 });
        self.added.notify_one();
    }

    /// Waits for those whose time has come.
    pub(super) async fn due(&self, book: &Book) -> Vec<Wanted> {
        loop {
            let added = self.added.notified();
            let (due, next) = self.take_due(book);
            if !due.is_empty() {
                return due;
            }
            match next {
                Some(next) => drop(tokio::time::timeout_at(next, added).await),
                None => added.await,
            }
        }
    }

    /// Those that are due, which wait anew; and when the next one is.
    fn take_due(&self, book: &Book) -> (Vec<Wanted>, Option<Instant>) {
        let now = Instant::now();
        let mut waiting = self.waiting();
        let is_over = |wanted: &Wanted, wish: &Wish| wish.asked >= QUESTIONS || wanted.is_known(book);
        let over: Vec<Wanted> =
            waiting.iter().filter(|(wanted, wish)| is_over(wanted, wish)).map(|(wanted, _)| wanted.clone()).collect();
        for wanted in over {
            waiting.pop(&wanted);
        }
        let mut due = Vec::new();
        for (wanted, wish) in waiting.iter_mut().filter(|(_, wish)| wish.due <= now) {
            due.push(wanted.clone());
            *wish = wish.asked_at(now);
        }
        (due, waiting.iter().map(|(_, wish)| wish.due).min())
    }

    fn waiting(&self) -> MutexGuard<'_, LruCache<Wanted, Wish>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wish {
    fn asked_at(self, now: Instant) -> Self {
        Self { due: now + back_off(self.asked, LONGEST), asked: self.asked + 1 }
    }
}

/// How long to wait after so many times in vain.
pub(super) fn back_off(times: u32, longest: Duration) -> Duration {
    BACK_OFF.saturating_mul(1 << times.min(16)).min(longest)
}

#[cfg(test)]
impl Wishes {
    /// Waits until something was asked for so many times.
    pub(super) async fn was_asked(&self, times: u32) -> bool {
        while !self.waiting().iter().any(|(_, wish)| wish.asked >= times) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        true
    }
}
