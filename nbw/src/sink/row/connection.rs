//! Connections, by both their ends.

use std::borrow::Cow;

use super::Row;
use crate::snapshot::{Connection, ConnectionState, End, Flow};
use crate::words;

impl Row for Connection {
    fn rx(&self) -> &Flow {
        &self.rx
    }

    fn tx(&self) -> &Flow {
        &self.tx
    }

    fn sentence(&self) -> String {
        let (local, remote) = (described(&self.local), described(&self.remote));
        let sentence = format!("connection {} {local} {} {remote}", self.protocol, words::arrow(self));
        match words::process(&self.process, self.pid) {
            process if process.is_empty() => sentence,
            process => format!("{sentence} {process}"),
        }
    }

    /// What sets connections apart is mostly their other end.
    fn name(&self) -> Cow<'_, str> {
        words::named_socket(&self.remote).into()
    }

    fn facts(&self, now: jiff::Timestamp) -> Vec<Cow<'_, str>> {
        vec![
            (&*self.protocol).into(),
            words::named_socket(&self.local).into(),
            words::process(&self.process, self.pid).into(),
            (&*self.group_name).into(),
            words::short(words::since(self.since, now)).into(),
        ]
    }

    fn ended(&self) -> Option<&'static str> {
        (self.state == ConnectionState::Closed).then_some("closed")
    }
}

/// `192.0.2.7:443 (host.example, https)`.
fn described(end: &End) -> String {
    let names: Vec<&str> = [&end.host, &end.service].into_iter().filter_map(Option::as_deref).collect();
    let socket = words::socket(end);
    if names.is_empty() { socket } else { format!("{socket} ({})", names.join(", ")) }
}
