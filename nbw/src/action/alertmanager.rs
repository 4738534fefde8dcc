//! `type = "alertmanager"`: alerts raised and ended by Alertmanager's v2 API.
//!
//! What fires is told again and again, each time with an end some time ahead: an Alertmanager that hears no more of it
//! takes it for ended.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Action, Alertmanager,
    board::{Board, Due},
    http::{Poster, Server},
    payload::{Pairs, annotations, began},
    retry::{Backoff, Pace, Trouble},
    wrong,
};
use crate::failure::Failure;

/// What comes within this goes in one post.
const GATHERING: Duration = Duration::from_millis(100);

/// Alerts in one post.
const MOST: usize = 500;

/// What fires ends of itself after so many times [`Alertmanager::resend`].
const MISSED: i32 = 4;

/// One Alertmanager.
pub(super) struct ToAlertmanager {
    poster: Poster,
    resend: Duration,
}

/// An alert as the API has it. It has no `generatorURL`: nbw has no page to look at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    labels: Pairs,
    annotations: Pairs,
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl ToAlertmanager {
    /// # Errors
    /// Which setting is wrong.
    pub(super) fn new(action: &str, settings: &Alertmanager) -> Result<Self, Failure> {
        let Alertmanager { url, timeout, resend, headers, ca_file } = settings;
        if resend.is_zero() {
            return Err(wrong(action, "resend", "has to be longer than nothing, such as 1m"));
        }
        let server = Server { url, timeout: *timeout, headers, ca_file: ca_file.as_deref() };
        let poster = Poster::new(action, server, Some("api/v2/alerts"))?;
        Ok(Self { poster, resend: *resend })
    }

    async fn send(&self, due: &[Due]) -> Result<(), Trouble> {
        let alerts: Vec<Posted> = due.iter().map(|due| Posted::new(due, self.resend)).collect();
        let json = serde_json::to_vec(&alerts).map_err(|error| Trouble::lasting(error.to_string()))?;
        self.poster.post(json).await
    }
}

impl Posted {
    fn new(due: &Due, resend: Duration) -> Self {
        let alert = &due.notice.alert;
        let starts_at = began(alert);
        let later = jiff::SignedDuration::try_from(resend).unwrap_or(jiff::SignedDuration::MAX).saturating_mul(MISSED);
        let ends_at = due.ended.unwrap_or_else(|| Timestamp::now().saturating_add(later).unwrap_or(Timestamp::MAX));
        Self { labels: due.labels.clone(), annotations: annotations(alert), starts_at, ends_at: ends_at.max(starts_at) }
    }
}

/// Tells all that happens, until no more will.
pub(super) async fn run(way: ToAlertmanager, action: Arc<Action>, pace: Pace) {
    action.board.begin_anew();
    let mut backoff = Backoff::new(pace);
    loop {
        let due = action.board.due(way.resend, MOST);
        if !due.is_empty() {
            tell(&way, &action, &due, &mut backoff, pace.patience).await;
        } else if action.inbox.is_closing() {
            return;
        } else if tokio::time::timeout(action.board.wait(way.resend), action.inbox.changed()).await.is_ok() {
            tokio::time::sleep(GATHERING).await;
        }
    }
}

async fn tell(way: &ToAlertmanager, action: &Action, due: &[Due], backoff: &mut Backoff, patience: Duration) {
    let Err(trouble) = way.send(due).await else {
        backoff.succeeded();
        return action.tally.sent(action.board.done(due));
    };
    let delay = backoff.failed(trouble.after);
    if !trouble.again {
        return action.failed(action.board.done(due), &trouble);
    }
    action.retrying(&trouble);
    give_up_old_ends(&action.board, due, patience, |ends| action.failed(ends, &trouble));
    tokio::time::sleep(delay).await;
}

/// What ended long ago has ended at the Alertmanager, too.
fn give_up_old_ends(board: &Board, due: &[Due], patience: Duration, count: impl Fn(usize)) {
    let is_old = |due: &&Due| due.ended.is_some() && due.changed.elapsed() >= patience;
    let old: Vec<Due> = due.iter().filter(is_old).cloned().collect();
    if !old.is_empty() {
        count(board.done(&old));
    }
}
