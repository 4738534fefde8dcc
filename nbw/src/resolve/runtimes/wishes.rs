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

/// Questions that are asked in any case, some minutes long; then only for what is shown.
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
    /// Since the question before.
    shown: bool,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { waiting: Mutex::new(LruCache::new(WAITING)), added: Notify::new() }
    }
}

impl Wishes {
    /// One more, or one that is still shown.
    pub(super) fn add(&self, wanted: Wanted) {
        let mut waiting = self.waiting();
        let new = || Wish { due: Instant::now() + EVENTS_FIRST, asked: 0, shown: false };
        let wish = waiting.get_or_insert_mut(wanted, new);
        if !std::mem::replace(&mut wish.shown, true) {
            self.added.notify_one();
        }
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
        let over: Vec<Wanted> =
            waiting.iter().filter(|(wanted, _)| wanted.is_settled(book)).map(|(wanted, _)| wanted.clone()).collect();
        for wanted in over {
            waiting.pop(&wanted);
        }
        let mut due = Vec::new();
        for (wanted, wish) in waiting.iter_mut().filter(|(_, wish)| wish.is_active() && wish.due <= now) {
            due.push(wanted.clone());
            *wish = wish.asked_at(now);
        }
        (due, waiting.iter().map(|(_, wish)| wish).filter(|wish| wish.is_active()).map(|wish| wish.due).min())
    }

    fn waiting(&self) -> MutexGuard<'_, LruCache<Wanted, Wish>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wish {
    fn asked_at(self, now: Instant) -> Self {
        Self { due: now + back_off(self.asked, LONGEST), asked: self.asked + 1, shown: false }
    }

    fn is_active(self) -> bool {
        self.shown || self.asked < QUESTIONS
    }
}

/// How long to wait after so many times in vain.
pub(super) fn back_off(times: u32, longest: Duration) -> Duration {
    BACK_OFF.saturating_mul(1 << times.min(16)).min(longest)
}

#[cfg(test)]
impl Wishes {
    /// Waits until something was asked for so many times; false if it never is.
    pub(super) async fn was_asked(&self, times: u32) -> bool {
        let asked = async {
            while !self.waiting().iter().any(|(_, wish)| wish.asked >= times) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), asked).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_knows_is_asked_for_again_while_it_is_shown() {
        let (wishes, book) = (Wishes::default(), Book::default());
        let wanted = || Wanted::Pod("12".into());
        let asked_after_long = || {
            wishes.waiting().iter_mut().for_each(|(_, wish)| wish.due = Instant::now());
            wishes.take_due(&book)
        };
        wishes.add(wanted());
        for _ in 0..QUESTIONS {
            assert_eq!(asked_after_long().0, [wanted()]);
        }
        assert_eq!(asked_after_long(), (vec![], None), "not shown any more");
        for _ in 0..2 {
            wishes.add(wanted());
            assert_eq!(asked_after_long().0, [wanted()]);
        }
        wishes.add(wanted());
        let (due, next) = wishes.take_due(&book);
        assert!(due.is_empty() && next.is_some_and(|next| next > Instant::now()), "not more often");
    }
}
