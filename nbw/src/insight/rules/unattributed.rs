//! Traffic that no socket of this host owns, and why.

use super::{Rule, percent, quoted, rate, share};
use crate::{
    history::Kind,
    insight::{
        Evidence, Finding, Severity,
        evidence::Row,
        facts::{Hook, Interface},
        finding::Unit,
    },
    units,
};

/// It is worth a word from this share of the interface's traffic on ...
const SHARE: f64 = 0.2;

/// ... and from this rate on, in bytes a second (1 Mbit/s): ARP and multicast are always there.
const LEAST: f64 = 125_000.0;

/// A reason that explains this much is the reason.
const EXPLAINS: f64 = 0.5;

/// What nobody owns of an interface that leads out, and the counters that say why.
pub(super) struct Unattributed;

impl Rule for Unattributed {
    fn id(&self) -> &'static str {
        "unattributed"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        // What a container's virtual interface carries is owned inside the container.
        let hardware = evidence.facts.interfaces.iter().any(|link| link.hardware);
        let leads_out = |link: &Interface| link.hardware || !hardware;
        let links = evidence.interfaces().filter(|(link, _)| leads_out(link));
        links.filter_map(|(link, row)| self.judge(evidence, link, row)).collect()
    }
}

/// Why.
struct Reason {
    name: &'static str,
    packets: u64,
    /// Which part of the packets it explains, 0 to 1.
    part: f64,
    says: &'static str,
    advice: (&'static str, &'static str),
}

impl Unattributed {
    fn judge(&self, evidence: &Evidence, link: &Interface, row: Row<'_>) -> Option<Finding> {
        let nobody = evidence.unattributed(&link.name)?;
        let (bytes, packets) = (nobody.bytes(), nobody.packets());
        let part = share(bytes, row.bytes());
        let mean = bytes as f64 / evidence.seconds(Kind::Group).max(1.0);
        let containers: u64 = evidence.rows(Kind::Container).map(|row| row.bytes()).sum();
        if part < SHARE || mean < LEAST || containers * 2 >= bytes {
            return None;
        }
        let reasons = reasons(evidence, link, packets);
        let reason = reasons.iter().max_by(|a, b| a.part.total_cmp(&b.part)).filter(|reason| reason.part >= EXPLAINS);
        let says = reason.map_or("No counter of the kernel explains it: look at the packets.", |reason| reason.says);
        let title = format!("{} of {}'s traffic belongs to no program of this host", percent(part), link.name);
        let seen = format!("{} of it, {} in {} packets. {says}", rate(mean), units::volume(bytes), packets);
        let mut finding = Finding::new(self.id(), Severity::Hint, &link.name, title)
            .seen(if reason.is_some() { 0.8 } else { 0.5 }, seen)
            .number("bytes", bytes as f64, Unit::Bytes)
            .number("packets", packets as f64, Unit::Packets)
            .number("share", part, Unit::Share);
        for reason in &reasons {
            finding = finding.number(reason.name, reason.packets as f64, Unit::Packets);
        }
        Some(match reason {
            Some(Reason { advice: (what, command), .. }) => finding.command(*what, *command),
            None => finding.command("See what they are.", format!("tcpdump -ni {} -c 1000", quoted(&link.name))),
        })
    }
}

/// What the kernel has counted that no socket owns, of so many packets.
fn reasons(evidence: &Evidence, link: &Interface, packets: u64) -> Vec<Reason> {
    let counters = &evidence.counters;
    let dropping = evidence.facts.firewall.iter().filter(|verdict| verdict.hook == Hook::Input);
    let forwarded = counters.total("ip", "forw_datagrams");
    // A forwarded packet is counted once by IP, and twice on interfaces that it comes by and leaves by. But GRO makes one packet
    // of up to 45 before IP counts it: of what IP has received the part is the same either way.
    let by_ip = share(forwarded, counters.total("ip", "in_receives"));
    let reason = |name, count, says, advice| Reason { name, packets: count, part: share(count, packets), says, advice };
    let forwarding = reason(
        "forwarded",
        2 * forwarded,
        "It is forwarded: this host routes for others, or for containers and virtual machines.",
        ("See it by the interface that it goes to.", "nbw watch --by interface; nbw watch --by container"),
    );
    vec![
        Reason { part: forwarding.part.max(by_ip), ..forwarding },
        reason(
            "firewall_dropped",
            dropping.map(|verdict| counters.total(&verdict.owner(), "packets")).sum(),
            "The firewall drops it before it reaches a socket.",
            ("See which rule.", "iptables -vnL INPUT --line-numbers; nft list ruleset"),
        ),
        reason(
            "no_socket",
            counters.total("udp", "no_ports") + counters.total("tcp", "out_rsts"),
            "It is for ports at which nobody listens: a scan, or somebody with an old address.",
            ("See who sends it.", "tcpdump -ni any 'icmp[icmptype] == icmp-unreach'"),
        ),
        reason(
            "multicast",
            counters.total(&link.name, "multicast"),
            "It is multicast that nobody here has subscribed to.",
            ("Have the switch keep it away (IGMP snooping), and see the groups.", "ip maddr show"),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named};

    fn nobody(rate: f64, all: f64) -> Evidence {
        let evidence = live().with(Kind::Interface, "eth0", move |_| (all, 0.0));
        evidence.with(Kind::Group, "unattributed eth0", move |_| (rate, 0.0))
    }

    #[test]
    fn a_fifth_and_a_megabit_are_told() {
        assert_eq!(named(&Unattributed, &nobody(210_000.0, 1e6)), ["eth0"]);
        assert!(named(&Unattributed, &nobody(190_000.0, 1e6)).is_empty());
        assert!(named(&Unattributed, &nobody(124_000.0, 2e5)).is_empty());
    }

    #[test]
    fn counters_say_why() {
        // 1 MB/s in packets of 1,000 bytes for 30 seconds: 30,000 packets.
        let forwarded = |packets| nobody(1e6, 2e6).grew("ip", "forw_datagrams", packets);
        assert!(Unattributed.find(&forwarded(7_500))[0].seen.contains("It is forwarded"));
        assert!(Unattributed.find(&forwarded(7_499))[0].seen.contains("No counter"));
        // GRO has put twenty together: half of what IP received in all was forwarded.
        let together = |received| forwarded(1_500).grew("ip", "in_receives", received);
        assert!(Unattributed.find(&together(3_000))[0].seen.contains("It is forwarded"));
        assert!(Unattributed.find(&together(3_001))[0].seen.contains("No counter"));
    }

    #[test]
    fn what_containers_own_is_not_nobody_s() {
        let containers = nobody(1e6, 2e6).with(Kind::Container, "web", |_| (5e5, 0.0));
        assert!(named(&Unattributed, &containers).is_empty());
        let inside =
            live()
                .with(Kind::Interface, "veth1", |_| (1e6, 0.0))
                .with(Kind::Group, "unattributed veth1", |_| (1e6, 0.0));
        assert!(named(&Unattributed, &inside).is_empty());
    }
}
