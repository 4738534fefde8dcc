//! What leaves the host, by its own counters: for the signatures that go by volume.

use std::{collections::HashSet, net::IpAddr, time::Duration};

use nbw_detect::{Time, Volume};

use crate::snapshot::{Connection, Snapshot};

/// Who has sent how much to whom in a tick, by its connections (`--by connection`), the largest first.
///
/// `usual` says how many bytes an address of this host usually sends in so much time; who is not known has no volume, since
/// nothing can be said of it. It is asked once for each address in a tick, and counted once.
pub fn leaving(snapshot: &Snapshot, mut usual: impl FnMut(IpAddr, Duration) -> Option<u64>) -> Vec<Volume> {
    let time = Time(u64::try_from(snapshot.time.as_nanosecond()).unwrap_or(0));
    let mut rows: Vec<&Connection> =
        snapshot.rows.connections.iter().flatten().filter(|row| row.tx.bytes > 0).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.tx.bytes));
    let mut asked = HashSet::new();
    let mut volumes = Vec::new();
    for row in rows {
        let (Some(source), Some(target)) = (row.local.address, row.remote.address) else { continue };
        let Some(known) = usual(source, snapshot.elapsed) else { continue };
        let usual = if asked.insert(source) { known } else { 0 };
        volumes.push(Volume { time, source, target, bytes: row.tx.bytes.unsigned_abs(), usual });
    }
    volumes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    #[test]
    fn what_is_usual_counts_once_a_tick_and_who_is_unknown_not_at_all() {
        let server: IpAddr = "10.0.0.2".parse().unwrap();
        let volumes = leaving(&fixture::with_rows(), |source, _| (source == server).then_some(700));
        let seen: Vec<_> = volumes.iter().map(|it| (it.source, it.target.to_string(), it.bytes, it.usual)).collect();
        let expected = [("192.0.2.7", 400_000, 700), ("192.0.2.8", 1_000, 0), ("10.0.0.3", 90, 0)];
        assert_eq!(seen, expected.map(|(target, bytes, usual)| (server, target.to_owned(), bytes, usual)));
    }
}
