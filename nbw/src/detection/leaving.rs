//! What leaves the host, by its own counters: for the signatures that go by volume.

use std::{collections::HashSet, net::IpAddr};

use jiff::Timestamp;
use nbw_detect::{Time, Volume};

use crate::connections::Sent;

/// Who had sent how much to whom by then, in a tick, the largest first.
///
/// `usual` is how many bytes an address of this host usually sends in so much time. It counts once a tick for each address: with the
/// first of what goes to the Internet, since that is what it is held against.
pub fn leaving(sent: &Sent, at: Timestamp, usual: u64) -> Vec<Volume> {
    let time = Time(u64::try_from(at.as_nanosecond()).unwrap_or(0));
    let mut sums: Vec<((IpAddr, IpAddr), u64)> = sent.iter().map(|(&ends, &bytes)| (ends, bytes)).collect();
    sums.sort_by_key(|&(ends, bytes)| (std::cmp::Reverse(bytes), ends));
    let mut counted = HashSet::new();
    let volume = |((source, target), bytes)| {
        let volume = Volume { time, source, target, bytes, usual: 0 };
        let first = volume.is_outside() && counted.insert(source);
        Volume { usual: if first { usual } else { 0 }, ..volume }
    };
    sums.into_iter().map(volume).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(sent: &[(&str, &str, u64)]) -> Vec<(String, u64, u64)> {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let sent = sent.iter().map(|&(from, to, bytes)| ((address(from), address(to)), bytes)).collect();
        let volumes = leaving(&sent, Timestamp::UNIX_EPOCH, 700);
        volumes.into_iter().map(|it| (format!("{} {}", it.source, it.target), it.bytes, it.usual)).collect()
    }

    fn expected(volumes: &[(&str, u64, u64)]) -> Vec<(String, u64, u64)> {
        volumes.iter().map(|&(ends, bytes, usual)| (ends.to_owned(), bytes, usual)).collect()
    }

    #[test]
    fn what_is_usual_counts_once_a_tick() {
        let sent = [("10.0.0.2", "192.0.2.8", 1_000), ("10.0.0.2", "192.0.2.7", 400_000), ("10.0.0.2", "10.0.0.3", 90)];
        let volumes =
            [("10.0.0.2 192.0.2.7", 400_000, 700), ("10.0.0.2 192.0.2.8", 1_000, 0), ("10.0.0.2 10.0.0.3", 90, 0)];
        assert_eq!(weighed(&sent), expected(&volumes));
    }

    #[test]
    fn what_is_usual_is_held_against_what_goes_to_the_internet() {
        let sent = [("10.0.0.2", "192.0.2.8", 1_000), ("10.0.0.2", "10.0.0.9", 400_000)];
        let volumes = [("10.0.0.2 10.0.0.9", 400_000, 0), ("10.0.0.2 192.0.2.8", 1_000, 700)];
        assert_eq!(weighed(&sent), expected(&volumes));
    }
}
