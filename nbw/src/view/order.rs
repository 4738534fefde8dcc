//! The order of rows.

use std::{
    cmp::{Ordering, Reverse},
    net::IpAddr,
    sync::Arc,
};

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
    /// What people call it.
    fn name(&self) -> Name;
}

/// What people call a row, and what tells it from another of that name. Nothing is formatted for it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    Text(Arc<str>, Arc<str>),
    Process(Arc<str>, u32),
    /// A remote host that has a name; the number of the connection, if it is one.
    Host(Arc<str>, Option<IpAddr>, u64),
    /// One without.
    Address(Option<IpAddr>, u64),
}

/// Bytes a second.
#[derive(Debug, PartialEq)]
struct Rate(f64);

impl Eq for Rate {}

impl PartialOrd for Rate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Puts rows in order. Among equal rates the higher total comes first, then the name decides.
pub(super) fn sort<T: Sortable>(rows: &mut [T], sort: Sort) {
    rows.sort_by_cached_key(|row| {
        let (rx, tx) = row.flows();
        let rate = match sort {
            Sort::Rx => rx.bytes_per_second,
            Sort::Tx => tx.bytes_per_second,
            Sort::Total => rx.bytes_per_second + tx.bytes_per_second,
            Sort::Name => 0.0,
        };
        let total = if sort == Sort::Name { 0 } else { rx.total_bytes.saturating_add(tx.total_bytes) };
        (Reverse(Rate(rate)), Reverse(total), row.name())
    });
}

macro_rules! sortable {
    ($row:ty, |$it:ident| $name:expr) => {
        impl Sortable for $row {
            fn flows(&self) -> (&Flow, &Flow) {
                (&self.rx, &self.tx)
            }

            fn name(&self) -> Name {
                let $it = self;
                $name
            }
        }
    };
}

sortable!(Group, |row| Name::Text(Arc::clone(&row.name), Arc::clone(&row.interface)));
sortable!(Container, |row| Name::Text(Arc::clone(&row.name), Arc::clone(&row.id)));
sortable!(Pod, |row| Name::Text(Arc::clone(&row.name), Arc::clone(&row.uid)));
sortable!(Unit, |row| Name::Text(Arc::clone(&row.name), Arc::clone(&row.path)));
sortable!(Process, |row| Name::Process(Arc::clone(&row.name), row.pid));
sortable!(Connection, |row| of_host(row.remote.host.as_ref(), row.remote.address, row.id));
sortable!(Remote, |row| of_host(row.host.as_ref(), row.address, 0));

fn of_host(name: Option<&Arc<str>>, address: Option<IpAddr>, id: u64) -> Name {
    name.map_or(Name::Address(address, id), |name| Name::Host(Arc::clone(name), address, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sink::fixture, snapshot::RemoteKind};

    fn remote(address: &str, host: Option<&str>) -> Remote {
        let template = fixture::with_rows().rows.remotes.unwrap().remove(0);
        let address = Some(address.parse().unwrap());
        Remote { kind: RemoteKind::Address, address, host: host.map(Into::into), ..template }
    }

    fn sorted(mut rows: Vec<Remote>, by: Sort) -> Vec<String> {
        sort(&mut rows, by);
        rows.iter().map(|row| row.address.unwrap().to_string()).collect()
    }

    #[test]
    fn names_come_before_addresses_and_these_by_their_numbers() {
        let rows = vec![
            remote("192.0.2.100", None),
            remote("2001:db8::10", None),
            remote("192.0.2.20", None),
            remote("2001:db8::9", None),
            remote("192.0.2.3", Some("b.example")),
            remote("192.0.2.4", Some("a.example")),
        ];
        let order = ["192.0.2.4", "192.0.2.3", "192.0.2.20", "192.0.2.100", "2001:db8::9", "2001:db8::10"];
        for by in [Sort::Name, Sort::Total] {
            assert_eq!(sorted(rows.clone(), by), order, "equal rates too");
        }
    }

    #[test]
    fn the_busiest_comes_first() {
        let mut busy = remote("192.0.2.100", None);
        busy.tx.bytes_per_second += 1.0;
        let rows = vec![remote("192.0.2.1", None), busy];
        assert_eq!(sorted(rows.clone(), Sort::Tx), ["192.0.2.100", "192.0.2.1"]);
        assert_eq!(sorted(rows, Sort::Rx), ["192.0.2.1", "192.0.2.100"]);
    }
}
