//! Slots on their way back: closed, then final after a grace period.

use futures_util::FutureExt;
use tokio::task::JoinHandle;

use crate::bpf::grace_period;

/// Slots that are closed, in batches: one waits, the next is gathered meanwhile.
#[derive(Default)]
pub(super) struct Closing {
    gathered: Vec<u32>,
    waiting: Option<(Vec<u32>, JoinHandle<()>)>,
}

impl Closing {
    /// A slot was closed.
    pub(super) fn add(&mut self, slot: u32) {
        self.gathered.push(slot);
    }

    /// The slots in which nothing can be counted any more.
    pub(super) fn finished(&mut self) -> Vec<u32> {
        let done = self.waiting.take_if(|(_, grace)| grace.now_or_never().is_some());
        done.map(|(slots, _)| slots).unwrap_or_default()
    }

    /// Begins to wait for those that were gathered, if none are waited for.
    pub(super) fn wait(&mut self) {
        if self.waiting.is_none() && !self.gathered.is_empty() {
            let slots = std::mem::take(&mut self.gathered);
            self.waiting = Some((slots, tokio::task::spawn_blocking(grace_period)));
        }
    }
}
