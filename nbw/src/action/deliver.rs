//! Telling the notices of one queue, one batch after the other, each until it is told or given up.

use std::{sync::Arc, time::Duration};

use super::{
    Action,
    inbox::Item,
    retry::{Backoff, Pace, Trouble},
};
use crate::alert::Notice;

/// A way to tell.
pub(super) trait Deliver: Send {
    /// How long to wait for others after the first one has come.
    const GATHERING: Duration;
    /// How many are told in one go.
    const MOST: usize;

    /// Whether two notices may be told in one go.
    fn together(_first: &Notice, _other: &Notice) -> bool {
        true
    }

    /// One attempt to tell them, which ends within a time limit.
    fn send(&mut self, notices: &[Arc<Notice>]) -> impl Future<Output = Result<(), Trouble>> + Send;
}

/// Tells all that comes, until no more will.
pub(super) async fn deliver<D: Deliver>(mut way: D, action: Arc<Action>, pace: Pace) {
    let mut backoff = Backoff::new(pace);
    while let Some(batch) = action.inbox.batch(D::GATHERING, D::MOST, D::together).await {
        until_told(&mut way, &action, &batch, &mut backoff, pace.patience).await;
    }
}

async fn until_told<D: Deliver>(
    way: &mut D,
    action: &Action,
    batch: &[Item],
    backoff: &mut Backoff,
    patience: Duration,
) {
    let notices: Vec<Arc<Notice>> = batch.iter().map(|item| Arc::clone(&item.notice)).collect();
    let Some(youngest) = batch.iter().map(|item| item.arrived).max() else { return };
    while let Err(trouble) = way.send(&notices).await {
        let delay = backoff.failed(trouble.after);
        let goes_on = trouble.again && youngest.elapsed() < patience;
        if goes_on {
            action.retrying(&trouble);
        } else {
            action.failed(batch.len(), &trouble);
            action.inbox.done(batch);
        }
        // The next batch has the same server: it waits too.
        if trouble.again {
            tokio::time::sleep(delay).await;
        }
        if !goes_on {
            return;
        }
    }
    backoff.succeeded();
    action.tally.sent(batch.len());
    action.inbox.done(batch);
}
