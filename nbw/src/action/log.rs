//! `type = "log"`: a line in nbw's own log, with fields for the journal.

use std::{sync::Arc, time::Duration};

use tracing::Dispatch;

use super::{
    deliver::Deliver,
    payload::{time, word},
    retry::Trouble,
};
use crate::alert::{Change, Notice, Severity};

/// Writes to whatever log there was when it was made.
pub(super) struct ToLog {
    log: Dispatch,
    action: Arc<str>,
}

impl ToLog {
    pub(super) fn new(action: &Arc<str>) -> Self {
        Self { log: tracing::dispatcher::get_default(Dispatch::clone), action: Arc::clone(action) }
    }
}

impl Deliver for ToLog {
    const GATHERING: Duration = Duration::ZERO;
    const MOST: usize = 100;

    /// In a thread of its own, as standard error may be a pipe that nobody reads.
    async fn send(&mut self, notices: &[Arc<Notice>]) -> Result<(), Trouble> {
        let (log, action, notices) = (self.log.clone(), Arc::clone(&self.action), notices.to_vec());
        let write = move || {
            tracing::dispatcher::with_default(&log, || notices.iter().for_each(|notice| tell(&action, notice)));
        };
        tokio::task::spawn_blocking(write).await.map_err(|_| Trouble::lasting("the log cannot be written to"))
    }
}

fn tell(action: &str, notice: &Notice) {
    match (notice.change, notice.alert.severity) {
        (Change::Resolved, _) | (_, Severity::Info) => event(notice, action, tracing::Level::INFO),
        _ => event(notice, action, tracing::Level::WARN),
    }
}

fn event(notice: &Notice, action: &str, level: tracing::Level) {
    let alert = &notice.alert;
    macro_rules! at {
        ($level:expr) => {
            tracing::event!(
                target: "nbw::alert",
                $level,
                action,
                change = word(notice.change),
                alert = &*alert.name,
                rule = &*alert.rule,
                severity = alert.severity.word(),
                scope = alert.subject.scope.word(),
                subject = &*alert.subject.name,
                metric = &*alert.metric,
                value = alert.value,
                threshold = alert.threshold,
                unit = word(alert.unit),
                since = time(Some(alert.since)),
                id = &*alert.id,
                "{}",
                alert.summary
            )
        };
    }
    // The level of an event is part of what is compiled for it.
    if level == tracing::Level::WARN { at!(tracing::Level::WARN) } else { at!(tracing::Level::INFO) }
}
