//! Many DNS queries.

use std::collections::BTreeMap;

use super::{Rule, percent, share};
use crate::{
    history::Kind,
    insight::{Evidence, Finding, Severity, evidence::Talk, finding::Unit},
};

/// DNS, and DNS over TLS.
const PORTS: [u16; 2] = [53, 853];

/// Who keeps answers for as long as they are valid (RFC 1035, 3.2.1: the TTL) asks for hundreds of names to need this many
/// queries a second.
const MANY: f64 = 10.0;

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
        for talk in talks.iter().filter(|talk| PORTS.contains(&talk.port)) {
            let sum = queries.entry(&talk.who).or_default();
            *sum = (sum.0 + talk.sent, sum.1 + talk.bytes);
        }
        let all: u64 = evidence.rows(Kind::Host).map(|row| row.packets()).sum();
        let many = queries.into_iter().filter(|(_, (sent, _))| *sent as f64 / seconds >= MANY);
        many.map(|(who, (sent, bytes))| self.tell(who, sent, bytes, seconds, all, talks)).collect()
    }
}

impl DnsVolume {
    fn tell(&self, who: &str, sent: u64, bytes: u64, seconds: f64, all: u64, talks: &[Talk]) -> Finding {
        let rate = sent as f64 / seconds;
        let own = talks.iter().filter(|talk| &*talk.who == who && PORTS.contains(&talk.port));
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
    fn ten_queries_a_second_are_told() {
        let asked = |sent: u64, port: u16| live().talk("web", "192.0.2.53", port, 70 * sent, sent);
        assert_eq!(named(&DnsVolume, &asked(300, 53)), ["web"]);
        assert_eq!(named(&DnsVolume, &asked(300, 853)), ["web"]);
        assert!(named(&DnsVolume, &asked(299, 53)).is_empty());
        assert!(named(&DnsVolume, &asked(3_000, 54)).is_empty());
    }

    #[test]
    fn without_connections_it_is_silent() {
        assert!(named(&DnsVolume, &week()).is_empty());
    }
}
