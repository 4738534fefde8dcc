//! The rows that nbw shows.

use std::collections::HashMap;

use nbw_tests::lab::{Nbw, Netns, Totals, until};
use serde_json::Value;

/// nbw beside the processes, with rows by `kind`, on one interface only.
pub(crate) fn watch(netns: &Netns, kind: &str, interface: &str, more: &str) -> Nbw {
    Nbw::watch(netns, &format!("--by {kind} -i {interface} --interval 50ms --no-dns {more}"))
}

/// The rows of a list for which `wanted` is true.
pub(crate) fn rows<'a>(snapshot: &'a Value, list: &str, wanted: impl Fn(&Value) -> bool) -> Vec<&'a Value> {
    let all = snapshot[list].as_array().unwrap_or_else(|| panic!("no {list} in {snapshot}"));
    all.iter().filter(|row| wanted(row)).collect()
}

/// What rows add up to.
pub(crate) fn sum<'a>(rows: impl IntoIterator<Item = &'a Value>) -> Totals {
    rows.into_iter().map(Totals::of).fold(Totals::default(), Totals::plus)
}

/// What a process has moved; nothing if it has no row.
pub(crate) fn process(snapshot: &Value, pid: u32) -> Totals {
    sum(rows(snapshot, "processes", |row| row["pid"] == pid))
}

/// Connections as they were last shown, those that were closed included.
#[derive(Default)]
pub(crate) struct History {
    /// By id.
    pub(crate) last: HashMap<u64, Value>,
    /// How often each was said to be closed.
    pub(crate) closings: HashMap<u64, u32>,
}

impl History {
    /// Takes a snapshot in.
    pub(crate) fn take(&mut self, snapshot: &Value) {
        for row in rows(snapshot, "connections", |_| true) {
            let id = row["id"].as_u64().expect("an id");
            assert!(!self.closings.contains_key(&id), "shown after it was closed: {row}");
            if row["state"] == "closed" {
                *self.closings.entry(id).or_default() += 1;
            }
            if let Some(before) = self.last.insert(id, row.clone()) {
                let (before, now) = (Totals::of(&before), Totals::of(row));
                assert!(now.rx_bytes >= before.rx_bytes && now.tx_bytes >= before.tx_bytes, "went back: {row}");
            }
        }
    }

    /// Follows nbw until what has been seen is as wanted.
    pub(crate) fn follow(&mut self, nbw: &mut Nbw, what: &str, wanted: impl Fn(&Self) -> bool) {
        until(what, || {
            self.take(&nbw.next());
            wanted(self).then_some(())
        });
    }

    /// Those for which `wanted` is true.
    pub(crate) fn rows(&self, wanted: impl Fn(&Value) -> bool) -> Vec<&Value> {
        self.last.values().filter(|row| wanted(row)).collect()
    }
}
