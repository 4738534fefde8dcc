//! `type = "webhook"`: JSON as Alertmanager posts it to webhooks, version 4.

use std::{sync::Arc, time::Duration};

use serde::Serialize;

use super::{
    Webhook,
    deliver::Deliver,
    http::{Poster, Server},
    payload::{Pairs, annotations, began, labels, same_rule, time},
    retry::Trouble,
};
use crate::{
    alert::{Alert, Notice, State},
    failure::Failure,
};

/// As Alertmanager writes the end of what has not ended.
const NO_END: &str = "0001-01-01T00:00:00Z";

/// Posts to one address.
pub(super) struct ToWebhook {
    poster: Poster,
    action: Arc<str>,
    host: Arc<str>,
}

impl ToWebhook {
    /// # Errors
    /// Which setting is wrong.
    pub(super) fn new(action: &Arc<str>, settings: &Webhook, host: &Arc<str>) -> Result<Self, Failure> {
        let Webhook { url, timeout, headers, ca_file } = settings;
        let server = Server { url, timeout: *timeout, headers, ca_file: ca_file.as_deref() };
        let poster = Poster::new(action, server, None)?;
        Ok(Self { poster, action: Arc::clone(action), host: Arc::clone(host) })
    }
}

impl Deliver for ToWebhook {
    const GATHERING: Duration = Duration::from_millis(100);
    const MOST: usize = 500;

    fn together(first: &Notice, other: &Notice) -> bool {
        same_rule(first, other)
    }

    async fn send(&mut self, notices: &[Arc<Notice>]) -> Result<(), Trouble> {
        let message = Message::new(&self.action, &self.host, notices);
        let json = serde_json::to_vec(&message).map_err(|error| Trouble::lasting(error.to_string()))?;
        self.poster.post(json).await
    }
}

/// One post: alerts of one rule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    receiver: &'a str,
    status: &'static str,
    alerts: Vec<One>,
    group_labels: Pairs,
    common_labels: Pairs,
    common_annotations: Pairs,
    #[serde(rename = "externalURL")]
    external_url: &'static str,
    version: &'static str,
    group_key: String,
    truncated_alerts: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct One {
    status: &'static str,
    labels: Pairs,
    annotations: Pairs,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'static str,
    fingerprint: Arc<str>,
}

impl<'a> Message<'a> {
    fn new(receiver: &'a str, host: &str, notices: &[Arc<Notice>]) -> Self {
        let alerts: Vec<One> = notices.iter().map(|notice| One::new(notice, host)).collect();
        let first = notices.first().map(|notice| &notice.alert);
        let (name, rule) = first.map_or(("", ""), |alert| (&*alert.name, &*alert.rule));
        Self {
            receiver,
            status: if alerts.iter().any(|one| one.status == "firing") { "firing" } else { "resolved" },
            group_labels: Pairs::from([("alertname".to_owned(), name.to_owned())]),
            common_labels: common(alerts.iter().map(|one| &one.labels)),
            common_annotations: common(alerts.iter().map(|one| &one.annotations)),
            external_url: "",
            version: "4",
            group_key: format!("{{}}/{{rule={rule:?}}}:{{alertname={name:?}}}"),
            truncated_alerts: 0,
            alerts,
        }
    }
}

impl One {
    fn new(notice: &Notice, host: &str) -> Self {
        let alert = &notice.alert;
        Self {
            status: status(alert),
            labels: labels(notice, host),
            annotations: annotations(alert),
            starts_at: began(alert).to_string(),
            ends_at: alert.resolved.map_or_else(|| NO_END.to_owned(), |end| time(Some(end))),
            generator_url: "",
            fingerprint: Arc::clone(&alert.id),
        }
    }
}

fn status(alert: &Alert) -> &'static str {
    if alert.state == State::Resolved { "resolved" } else { "firing" }
}

/// What all of them have.
fn common<'a>(mut all: impl Iterator<Item = &'a Pairs>) -> Pairs {
    let mut common = all.next().cloned().unwrap_or_default();
    for pairs in all {
        common.retain(|name, value| pairs.get(name) == Some(value));
    }
    common
}
