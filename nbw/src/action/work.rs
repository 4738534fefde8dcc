//! One action, as the dispatcher and its own task share it.

use std::sync::Arc;

use super::{ActionStatus, Settings, board::Board, inbox::Inbox, retry::Trouble, status::Tally};
use crate::alert::Notice;

/// One action: what it has to tell, and how that goes. It outlives a change of its settings.
#[derive(Debug, Clone)]
pub(super) struct Action {
    pub(super) name: Arc<str>,
    pub(super) settings: Settings,
    pub(super) inbox: Arc<Inbox>,
    /// Instead of what is in the inbox, for those that have to know all that fires.
    pub(super) board: Arc<Board>,
    pub(super) tally: Arc<Tally>,
}

impl Action {
    pub(super) fn new(name: &Arc<str>, settings: &Settings) -> Self {
        let (inbox, board, tally) = Default::default();
        Self { name: Arc::clone(name), settings: settings.clone(), inbox, board, tally }
    }

    fn knows_all(&self) -> bool {
        matches!(self.settings, Settings::Alertmanager(_))
    }

    pub(super) fn put(&self, notice: &Arc<Notice>, host: &str) {
        if self.knows_all() {
            self.board.put(notice, host);
            self.inbox.wake();
        } else {
            self.inbox.put(Arc::clone(notice));
        }
    }

    /// This, and nothing else, fires of what it is told of.
    pub(super) fn reconcile<'a>(&self, firing: impl Iterator<Item = &'a Arc<Notice>>, host: &str) {
        if self.knows_all() && self.board.reconcile(firing, host) {
            self.inbox.wake();
        }
    }

    pub(super) fn status(&self) -> ActionStatus {
        let counts = self.tally.counts();
        let (queued, dropped) = if self.knows_all() { self.board.counts() } else { self.inbox.counts() };
        ActionStatus {
            name: Arc::clone(&self.name),
            kind: self.settings.word().to_owned(),
            queued,
            sent: counts.sent,
            failed: counts.failed,
            dropped,
            retrying: counts.retrying,
            last_error: counts.last_error,
        }
    }

    /// An attempt failed and will be made again. Said in the log once for each row of failures.
    pub(super) fn retrying(&self, trouble: &Trouble) {
        if self.tally.retrying(trouble) {
            tracing::warn!("action {}: {trouble}; trying again", self.name);
        }
    }

    /// So many notices are given up.
    pub(super) fn failed(&self, notices: usize, trouble: &Trouble) {
        self.tally.failed(notices, trouble);
        tracing::warn!("action {}: {trouble}; {notices} not told", self.name);
    }
}
