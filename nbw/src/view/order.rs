//! The order of rows.

use std::{cmp::Reverse, net::IpAddr};

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
    /// See [`Self::name`].
    type Name<'a>: Ord
    where
        Self: 'a;

    /// What people call it, and what tells it from another of that name. Nothing that has to be made first: most of many
    /// thousand connections are silent, and it is compared a dozen times for each.
    fn name(&self) -> Self::Name<'_>;
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
        by_rate.then_with(|| a.name().cmp(&b.name()))
    });
}

macro_rules! sortable {
    ($row:ty, $name:ty, |$it:ident| $value:expr) => {
        impl Sortable for $row {
            type Name<'a> = $name;

            fn flows(&self) -> (&Flow, &Flow) {
                (&self.rx, &self.tx)
            }

            fn name(&self) -> Self::Name<'_> {
                let $it = self;
                $value
            }
        }
    };
}

sortable!(Group, (&'a str, &'a str), |row| (&row.name, &row.interface));
sortable!(Container, (&'a str, &'a str), |row| (&row.name, &row.id));
sortable!(Pod, (&'a str, &'a str), |row| (&row.name, &row.uid));
sortable!(Unit, (&'a str, &'a str), |row| (&row.name, &row.path));
sortable!(Process, (&'a str, u32), |row| (&row.name, row.pid));
sortable!(Connection, (Option<IpAddr>, u64), |row| (row.remote.address, row.id));
sortable!(Remote, Option<IpAddr>, |row| row.address);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_rows_are_in_the_order_of_their_addresses() {
        let row = |address: &str| Remote {
            address: address.parse().ok(),
            host: None,
            country: None,
            network: None,
            connections: 0,
            rx: Flow::default(),
            tx: Flow::default(),
        };
        let mut rows = ["fd00::1", "10.0.0.10", "", "10.0.0.9"].map(row);
        rows[0].rx.bytes_per_second = 1.0;
        sort(&mut rows, Sort::Total);
        let order = rows.map(|row| row.address.map(|address| address.to_string()).unwrap_or_default());
        assert_eq!(order, ["fd00::1", "", "10.0.0.9", "10.0.0.10"]);
    }
}
