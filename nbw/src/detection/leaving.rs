//! What leaves the host, by its own counters: for the signatures that go by volume.

use std::{collections::HashSet, net::IpAddr, time::Duration};

use nbw_detect::{Time, Volume};

use crate::snapshot::{Connection, Snapshot};

/// Who has sent how much to whom in a tick, by its connections (`--by connection`), the largest first.
///
/// `usual` says how many bytes an address of this host usually sends in so much time; who is not known has no volume, since
/// nothing can be said of it. It counts once a tick for each address: with the first row of what goes to the Internet, since that is
/// what it is held against.
pub fn leaving(snapshot: &Snapshot, mut usual: impl FnMut(IpAddr, Duration) -> Option<u64>) -> Vec<Volume> {
    let time = Time(u64::try_from(snapshot.time.as_nanosecond()).unwrap_or(0));
    let mut rows: Vec<&Connection> =
        snapshot.rows.connections.iter().flatten().filter(|row| row.tx.bytes > 0).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.tx.bytes));
    let mut counted = HashSet::new();
    let mut volumes = Vec::new();
    for row in rows {
        let (Some(source), Some(target)) = (row.local.address, row.remote.address) else { continue };
        let Some(known) = usual(source, snapshot.elapsed) else { continue };
        let volume = Volume { time, source, target, bytes: row.tx.bytes.unsigned_abs(), usual: 0 };
        let usual = if volume.is_outside() && counted.insert(source) { known } else { 0 };
        volumes.push(Volume { usual, ..volume });
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

    #[test]
    fn what_is_usual_is_held_against_what_goes_to_the_internet() {
        let mut snapshot = fixture::with_rows();
        let largest = snapshot.rows.connections.iter_mut().flatten().max_by_key(|row| row.tx.bytes).unwrap();
        largest.remote.address = "10.0.0.9".parse().ok();
        let server: IpAddr = "10.0.0.2".parse().unwrap();
        let volumes = leaving(&snapshot, |source, _| (source == server).then_some(700));
        let with: Vec<_> = volumes.iter().filter(|it| it.usual > 0).map(|it| it.target.to_string()).collect();
        assert_eq!((volumes[0].target.to_string().as_str(), with), ("10.0.0.9", vec!["192.0.2.8".to_owned()]));
    }
}
