//! What arrived and found no room at its socket.

use super::{Rule, percent, share};
use crate::insight::{Evidence, Finding, Severity, finding::Unit};

/// As for `drops`.
const SHARE: f64 = 0.001;

/// Datagrams, and connections, that are worth a word.
const DATAGRAMS: u64 = 100;
const CONNECTIONS: u64 = 10;

/// UDP receive buffers and TCP accept queues that are full.
pub(super) struct SocketDrops;

impl Rule for SocketDrops {
    fn id(&self) -> &'static str {
        "socket-drops"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        [self.datagrams(evidence), self.connections(evidence)].into_iter().flatten().collect()
    }
}

impl SocketDrops {
    fn datagrams(&self, evidence: &Evidence) -> Option<Finding> {
        let total = |what| evidence.counters.total("udp", what);
        let dropped = total("rcvbuf_errors");
        let part = share(dropped, dropped + total("in_datagrams"));
        if dropped < DATAGRAMS || part < SHARE {
            return None;
        }
        let title = format!("Programs are too slow for {} of their datagrams", percent(part));
        let seen = format!("{dropped} UDP datagrams found their socket's receive buffer full.");
        Some(
            Finding::new(self.id(), Severity::Warning, "udp", title)
                .seen(0.9, seen)
                .number("rcvbuf_errors", dropped as f64, Unit::Packets)
                .number("drop_share", part, Unit::Share)
                .command("See whose it is (d in skmem is what was dropped).", "ss -uamp")
                .command(
                    "Let programs ask for larger buffers (SO_RCVBUF), if they may not yet.",
                    "sysctl -w net.core.rmem_max=8388608",
                )
                .advise(
                    "Have the program read in a thread of its own, or several at once (recvmmsg(2), SO_REUSEPORT).",
                ),
        )
    }

    fn connections(&self, evidence: &Evidence) -> Option<Finding> {
        let total = |what| evidence.counters.total("tcp", what);
        let refused = total("listen_overflows");
        let part = share(refused, refused + total("passive_opens"));
        if refused < CONNECTIONS || part < SHARE {
            return None;
        }
        let title = format!("A listening program accepts too slowly: {refused} times its queue was full");
        let seen =
            format!("That is {} of the connections that came in; the clients try again after a second.", percent(part));
        Some(
            Finding::new(self.id(), Severity::Warning, "tcp", title)
                .seen(0.9, seen)
                .number("listen_overflows", refused as f64, Unit::Count)
                .number("overflow_share", part, Unit::Share)
                .command("See whose it is: Recv-Q is above Send-Q.", "ss -ltnp")
                .command("Let queues be longer, if they are shorter now; the program's own backlog (listen(2)) must be, too.", "sysctl -w net.core.somaxconn=8192"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named};

    #[test]
    fn full_buffers_are_told() {
        let full = |count: u64, all: u64| live().grew("udp", "rcvbuf_errors", count).grew("udp", "in_datagrams", all);
        assert_eq!(named(&SocketDrops, &full(100, 50_000)), ["udp"]);
        assert!(named(&SocketDrops, &full(99, 1_000)).is_empty());
        assert!(named(&SocketDrops, &full(100, 100_000)).is_empty());
    }

    #[test]
    fn full_queues_are_told() {
        let full = |count: u64| live().grew("tcp", "listen_overflows", count).grew("tcp", "passive_opens", 5_000);
        assert_eq!(named(&SocketDrops, &full(10)), ["tcp"]);
        assert!(named(&SocketDrops, &full(9)).is_empty());
    }
}
