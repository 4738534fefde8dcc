//! The mails themselves. What comes from outside is cleaned of control characters, so that it can add no header.

use std::sync::Arc;

use lettre::{
    Message,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use crate::{
    action::payload::{advice, amount, threshold, time},
    alert::{Alert, Change, Notice},
    text,
};

/// A subject is cut to so many bytes.
const MOST_OF_A_SUBJECT: usize = 200;

/// What is the same in all mails.
#[derive(Debug)]
pub(super) struct Letters {
    from: Mailbox,
    to: Vec<Mailbox>,
    host: String,
}

impl Letters {
    pub(super) fn new(from: Mailbox, to: Vec<Mailbox>, host: &str) -> Self {
        Self { from, to, host: text::clean(host).into_owned() }
    }

    /// One mail of all these.
    ///
    /// # Errors
    /// When it would be no mail.
    pub(super) fn write(&self, notices: &[Arc<Notice>]) -> Result<Message, lettre::error::Error> {
        let mut letter = Message::builder().from(self.from.clone()).subject(self.subject(notices));
        for to in &self.to {
            letter = letter.to(to.clone());
        }
        // RFC 3834: nobody's absence is to be answered.
        let auto = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into());
        letter.message_id(None).raw_header(auto).header(ContentType::TEXT_PLAIN).body(self.body(notices))
    }

    fn subject(&self, notices: &[Arc<Notice>]) -> String {
        let subject = match notices {
            [notice] => {
                let alert = &notice.alert;
                format!("[nbw] {}: {} on {}: {}", shout(notice), alert.name, self.host, alert.subject.name)
            }
            notices => {
                let ended = notices.iter().filter(|notice| notice.change == Change::Resolved).count();
                match notices.len() - ended {
                    0 => format!("[nbw] RESOLVED: {ended} alerts on {}", self.host),
                    firing => format!("[nbw] FIRING: {firing}, resolved: {ended} on {}", self.host),
                }
            }
        };
        text::clean_to(&subject, MOST_OF_A_SUBJECT).into_owned()
    }

    fn body(&self, notices: &[Arc<Notice>]) -> String {
        let parts: Vec<String> = notices.iter().map(|notice| part(notice)).collect();
        format!("{}\n\n-- \nnbw on {}\n", parts.join("\n\n"), self.host)
    }
}

fn shout(notice: &Notice) -> &'static str {
    if notice.change == Change::Resolved { "RESOLVED" } else { "FIRING" }
}

fn part(notice: &Notice) -> String {
    let alert = &notice.alert;
    let first = format!("{}: {}", shout(notice), text::clean(&alert.summary));
    let rows = rows(alert).into_iter().filter(|(_, value)| !value.is_empty());
    let rows = rows.map(|(name, value)| format!("\n  {name:<10} {}", text::clean(&value)));
    std::iter::once(first).chain(rows).collect()
}

fn rows(alert: &Alert) -> [(&'static str, String); 10] {
    [
        ("alert:", alert.name.to_string()),
        ("severity:", alert.severity.word().to_owned()),
        ("rule:", alert.rule.to_string()),
        ("subject:", format!("{} {}", alert.subject.scope.word(), alert.subject.name)),
        ("value:", amount(alert.value, alert.unit)),
        ("threshold:", threshold(alert)),
        ("advice:", advice(alert)),
        ("fired:", time(alert.fired)),
        ("resolved:", time(alert.resolved)),
        ("id:", alert.id.to_string()),
    ]
}
