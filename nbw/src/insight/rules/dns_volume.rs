//! Many DNS queries.

use std::collections::BTreeMap;

use super::{Rule, percent, share};
use crate::{
    history::Kind,
    insight::{Evidence, Finding, Severity, evidence::Talk, finding::Unit},
};

/// DNS. Over UDP a packet sent is a query; over TCP, TLS and QUIC it may as well be an acknowledgement, so these are left out.
const PORT: u16 = 53;

/// Queries a second from which on a resolver takes a client for one that runs wild: Pi-hole refuses more than 1,000 in 60 seconds.
const MANY: f64 = 1_000.0 / 60.0;

/// Queries are told by their remote port, where connections were watched.
pub(super) struct DnsVolume;

impl Rule for DnsVolume {
    fn id(&self) -> &'static str {
        "dns-volume"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let Some(talks) = &evidence.talks else { return Vec::new() };
        let seconds = (evidence.to - evidence.from).total(jiff::Unit::Second).unwrap_or(0.0).max(1.0);
        let mut queries: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for talk in talks.iter().filter(|talk| is_dns(talk)) {
            let sum = queries.entry(&talk.who).or_default();
            *sum = (sum.0 + talk.sent, sum.1 + talk.bytes);
        }
        let all: u64 = evidence.rows(Kind::Host).map(|row| row.packets()).sum();
        let many = queries.into_iter().filter(|(_, (sent, _))| *sent as f64 / seconds >= MANY);
        many.map(|(who, (sent, bytes))| self.tell(who, sent, bytes, seconds, all, talks)).collect()
    }
}

fn is_dns(talk: &Talk) -> bool {
    talk.port == PORT && &*talk.protocol == "udp"
}

impl DnsVolume {
    fn tell(&self, who: &str, sent: u64, bytes: u64, seconds: f64, all: u64, talks: &[Talk]) -> Finding {
        let rate = sent as f64 / seconds;
        let own = talks.iter().filter(|talk| &*talk.who == who && is_dns(talk));
        let mut servers: Vec<String> = own.map(|talk| talk.remote.to_string()).collect();
        servers.sort();
        servers.dedup();
        servers.truncate(3);
        let title = format!("{who} asks DNS {rate:.0} times a second");
        let part = share(sent * 2, all.max(sent * 2));
        let seen = format!(
            "{sent} queries went to {}; with their answers they are {} of this host's packets.",
            servers.join(", "),
            percent(part)
        );
        Finding::new(self.id(), Severity::Hint, who, title)
            .seen(0.8, seen)
            .number("queries_a_second", rate, Unit::PacketsPerSecond)
            .number("bytes", bytes as f64, Unit::Bytes)
            .number("packet_share", part, Unit::Share)
            .command("See which names it asks for.", "tcpdump -ni any -c 100 udp port 53")
            .advise("Keep answers on this host by a cache (systemd-resolved, dnsmasq, unbound); if this is one, look at who asks it.")
            .advise("In Kubernetes write names with a dot at the end, or lower ndots (dnsConfig): each name is asked for up to ten times.")
            .advise("Have the program keep its connections open instead of resolving for each.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named, week};

    #[test]
    fn a_thousand_queries_a_minute_are_told() {
        let asked = |sent: u64, port: u16| live().talk("web", "192.0.2.53", port, 70 * sent, sent);
        assert_eq!(named(&DnsVolume, &asked(500, 53)), ["web"]);
        assert!(named(&DnsVolume, &asked(499, 53)).is_empty());
        assert!(named(&DnsVolume, &asked(5_000, 54)).is_empty());
    }

    #[test]
    fn acknowledgements_are_no_queries() {
        let mut over_tcp = live().talk("web", "192.0.2.53", 53, 7_000_000, 100_000);
        over_tcp.talks.iter_mut().flatten().for_each(|talk| talk.protocol = "tcp".into());
        assert!(named(&DnsVolume, &over_tcp).is_empty());
    }

    #[test]
    fn without_connections_it_is_silent() {
        assert!(named(&DnsVolume, &week()).is_empty());
    }
}
