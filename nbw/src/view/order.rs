//! The order of rows.

use std::{borrow::Cow, cmp::Reverse};

use clap::ValueEnum;

use crate::snapshot::{Connection, Container, Flow, Group, Pod, Process, Remote, Unit};

/// `--sort`: the order of rows. Rates and totals fall, names rise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Highest receive rate first.
    Rx,
    /// Highest send rate first.
    Tx,
    /// Highest sum of both rates first.
    #[default]
    Total,
    /// By name.
    Name,
}

/// What rows are sorted by.
pub(super) trait Sortable {
    /// Received, and sent.
    fn flows(&self) -> (&Flow, &Flow);
    /// What people call it, and what tells it from another of that name.
    fn names(&self) -> (Cow<'_, str>, Cow<'_, str>);
}

/// Puts rows in order. Among equal rates the higher total comes first, then the name decides.
pub(super) fn sort<T: Sortable>(rows: &mut [T], sort: Sort) {
    let rate = |row: &T| {
        let (rx, tx) = row.flows();
        match sort {
            Sort::Rx => rx.bytes_per_second,
            Sort::Tx => tx.bytes_per_second,
            Sort::Total => rx.bytes_per_second + tx.bytes_per_second,
            Sort::Name => 0.0,
        }
    };
    let total = |row: &T| {
        let (rx, tx) = row.flows();
        Reverse(if sort == Sort::Name { 0 } else { rx.total_bytes.saturating_add(tx.total_bytes) })
    };
    rows.sort_by(|a, b| {
        let by_rate = rate(b).total_cmp(&rate(a)).then_with(|| total(a).cmp(&total(b)));
        by_rate.then_with(|| a.names().cmp(&b.names()))
    });
}

macro_rules! sortable {
    ($row:ty, |$it:ident| $name:expr, $other:expr) => {
        impl Sortable for $row {
            fn flows(&self) -> (&Flow, &Flow) {
                (&self.rx, &self.tx)
            }

            fn names(&self) -> (Cow<'_, str>, Cow<'_, str>) {
                let $it = self;
                ($name.into(), $other.into())
            }
        }
    };
}

sortable!(Group, |row| &*row.name, &*row.interface);
sortable!(Container, |row| &*row.name, &*row.id);
sortable!(Pod, |row| &*row.name, &*row.uid);
sortable!(Unit, |row| &*row.name, &*row.path);
sortable!(Process, |row| &*row.name, format!("{:010}", row.pid));
sortable!(Connection, |row| address(row.remote.address), format!("{:020}", row.id));
sortable!(Remote, |row| address(row.address), "");

fn address(address: Option<std::net::IpAddr>) -> String {
    address.map(|address| address.to_string()).unwrap_or_default()
}
