//! The rows of `--by KIND`, as plain lines and bars see them: each kind says what it is called and what else there is
//! to know.

mod connection;
mod container;
mod group;
mod pod;
mod process;
mod remote;
mod unit;

use std::borrow::Cow;

use crate::snapshot::{By, Flow, Snapshot};

/// A row of any kind.
pub(super) trait Row {
    /// Received.
    fn rx(&self) -> &Flow;

    /// Sent.
    fn tx(&self) -> &Flow;

    /// All in one line: the word for its kind, its name, and what tells it from others.
    fn sentence(&self) -> String;

    /// What it is called where its kind is known.
    fn name(&self) -> Cow<'_, str>;

    /// What else there is to know, one for each of the kind's columns (`bars::design`); empty where it is not known.
    /// `now` is the time of the snapshot.
    fn facts(&self, now: jiff::Timestamp) -> Vec<Cow<'_, str>>;

    /// The word for how it came to its end, if it has.
    fn ended(&self) -> Option<&'static str> {
        None
    }

    /// Whether it was reckoned from others and not counted.
    fn derived(&self) -> bool {
        false
    }

    /// Both directions, bytes a second.
    fn rate(&self) -> f64 {
        self.rx().bytes_per_second + self.tx().bytes_per_second
    }

    /// Both directions, bytes since nbw attached.
    fn total(&self) -> u64 {
        self.rx().total_bytes.saturating_add(self.tx().total_bytes)
    }

    /// Whether it had traffic in this tick. A derived row that only went back had none.
    fn moved(&self) -> bool {
        [self.rx(), self.tx()].iter().any(|flow| flow.bytes > 0 || flow.packets > 0)
    }

    /// Whether it has had no traffic at all.
    fn never_moved(&self) -> bool {
        self.rx().total_packets == 0 && self.tx().total_packets == 0
    }
}

/// The rows of one kind; none for interfaces, which every sink shows by itself.
pub(super) fn rows(snapshot: &Snapshot, by: By) -> Vec<&dyn Row> {
    let rows = &snapshot.rows;
    match by {
        By::Interface => Vec::new(),
        By::Group => list(Some(&snapshot.groups)),
        By::Container => list(rows.containers.as_ref()),
        By::Pod => list(rows.pods.as_ref()),
        By::Unit => list(rows.units.as_ref()),
        By::Process => list(rows.processes.as_ref()),
        By::Connection => list(rows.connections.as_ref()),
        By::Remote => list(rows.remotes.as_ref()),
    }
}

fn list<T: Row>(rows: Option<&Vec<T>>) -> Vec<&dyn Row> {
    rows.into_iter().flatten().map(|row| row as &dyn Row).collect()
}

/// Text that may not be there.
fn or_empty<T: AsRef<str>>(text: Option<&T>) -> Cow<'_, str> {
    text.map_or("", AsRef::as_ref).into()
}

/// ` in SOMEWHERE`, or nothing.
fn prefixed(word: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" {word} {text}") }
}
