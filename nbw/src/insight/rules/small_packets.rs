//! Small packets at a high rate.

use super::{Rule, percent, quoted};
use crate::{
    history::{Kind, query::Point},
    insight::{Evidence, Finding, Severity, evidence::Row, facts::Interface, finding::Unit},
    units,
};

/// From this rate on packets cost what bytes do not: 64-byte datagrams at 200,000 a second keep two cores busy (nbw's own
/// measurement, see the page), so these take a fifth of a core.
const MANY: f64 = 20_000.0;

/// The mean of both directions, on the wire. Bulk transfers with their acknowledgements are above 500.
const SMALL: f64 = 200.0;

/// For this share of the time.
const OFTEN: f64 = 0.05;

/// Packets of less than 200 bytes on the average, 20,000 and more a second.
pub(super) struct SmallPackets;

impl Rule for SmallPackets {
    fn id(&self) -> &'static str {
        "small-packets"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        // A packet goes through a bridge, its port and more: the one with most tells of all.
        let found = evidence.interfaces().filter_map(|(link, row)| Some((link, row, Many::of(row)?)));
        let most = found.max_by(|a, b| a.2.packets.total_cmp(&b.2.packets));
        most.map(|(link, row, many)| self.tell(evidence, link, row, &many)).into_iter().collect()
    }
}

/// The time in which packets were small and many.
struct Many {
    seconds: f64,
    time: f64,
    packets: f64,
    bytes: f64,
}

impl Many {
    fn of(row: Row<'_>) -> Option<Self> {
        let mut many = Self { seconds: 0.0, time: 0.0, packets: 0.0, bytes: 0.0 };
        for (part, point) in row.recorded() {
            let seconds = f64::from(part.recorded_seconds);
            let (packets, bytes) = both(point);
            many.time += seconds;
            if packets / seconds >= MANY && bytes / packets < SMALL {
                many.seconds += seconds;
                many.packets += packets;
                many.bytes += bytes;
            }
        }
        (many.seconds > 0.0 && many.seconds >= OFTEN * many.time).then_some(many)
    }
}

fn both(point: &Point) -> (f64, f64) {
    ((point.rx.packets + point.tx.packets) as f64, (point.rx.bytes + point.tx.bytes) as f64)
}

impl SmallPackets {
    fn tell(&self, evidence: &Evidence, link: &Interface, row: Row<'_>, many: &Many) -> Finding {
        let (rate, size) = (many.packets / many.seconds, many.bytes / many.packets);
        let sends = row.whole.tx.packets >= row.whole.rx.packets;
        let name = &link.name;
        let title = format!("{name} carries {} small packets: {size:.0} bytes each", units::packet_rate(rate));
        let seen = format!(
            "For {} of the time {name} {} most of them.{}",
            percent(many.seconds / many.time),
            if sends { "sent" } else { "received" },
            who(evidence)
        );
        let finding = Finding::new(self.id(), Severity::Hint, name, title)
            .seen(0.9, seen)
            .number("packet_rate", rate, Unit::PacketsPerSecond)
            .number("mean_size", size, Unit::Bytes)
            .number("time_share", many.seconds / many.time, Unit::Share)
            .number("mtu", f64::from(link.mtu), Unit::Bytes);
        settings(finding, link)
    }
}

/// What to do, by how the interface is set up.
fn settings(finding: Finding, link: &Interface) -> Finding {
    let name = quoted(&link.name);
    let mut finding = finding.advise(
        "Have the program send more at once: larger messages, sendmmsg(2), UDP_SEGMENT (udp(7)), and for TCP no TCP_NODELAY \
         with tiny writes.",
    );
    for offload in &link.offloads_off {
        finding = finding.command("An offload is off that could be on.", format!("ethtool -K {name} {offload} on"));
    }
    if link.hardware {
        finding = finding
            .command("Have the card interrupt less often.", format!("ethtool -C {name} adaptive-rx on"))
            .command(
                "Spread packets over all CPUs.",
                format!("ethtool -x {name}; cat /sys/class/net/{name}/queues/rx-0/rps_cpus"),
            );
    }
    // A tunnel's is small for a reason; and hosts whose MTUs differ lose packets.
    if link.hardware && link.mtu < 1_500 {
        finding =
            finding.advise(format!("Its MTU is {}: let it be 1500, if all hosts on the link can have that.", link.mtu));
    }
    finding
}

/// Who has most packets, if that is most of them.
fn who(evidence: &Evidence) -> String {
    let groups: Vec<Row<'_>> = evidence.rows(Kind::Group).collect();
    let sum: u64 = groups.iter().map(Row::packets).sum();
    match groups.iter().max_by_key(|row| row.packets()) {
        Some(row) if row.packets() * 2 > sum => {
            format!(" {} of all packets are those of {}.", percent(super::share(row.packets(), sum)), row.name())
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named};

    fn packets(rate: f64, size: f64) -> Evidence {
        live().with_packets(Kind::Interface, "eth0", size, move |_| (0.0, rate * size))
    }

    #[test]
    fn many_and_small_ones_are_told() {
        assert_eq!(named(&SmallPackets, &packets(20_500.0, 106.0)), ["eth0"]);
        assert!(named(&SmallPackets, &packets(19_500.0, 106.0)).is_empty());
        assert_eq!(named(&SmallPackets, &packets(50_000.0, 199.0)), ["eth0"]);
        assert!(named(&SmallPackets, &packets(50_000.0, 201.0)).is_empty());
    }

    #[test]
    fn a_second_of_thirty_is_not_often_and_two_are() {
        let seconds = |count: usize| {
            live().with_packets(Kind::Interface, "eth0", 100.0, move |second| {
                (if second < count { 5e6 } else { 0.0 }, 0.0)
            })
        };
        assert!(named(&SmallPackets, &seconds(1)).is_empty());
        assert_eq!(named(&SmallPackets, &seconds(2)), ["eth0"]);
    }

    #[test]
    fn the_settings_that_could_be_better_are_named() {
        let evidence = packets(50_000.0, 106.0).eth0(|eth0| eth0.offloads_off = vec!["rx-gro".into()]);
        let advice = SmallPackets.find(&evidence).remove(0).advice;
        assert!(
            advice.iter().any(|advice| advice.command.as_deref() == Some("ethtool -K eth0 rx-gro on")),
            "{advice:?}"
        );
    }

    #[test]
    fn two_interfaces_on_one_way_are_told_once() {
        let evidence = packets(50_000.0, 106.0).with_packets(Kind::Interface, "veth1", 106.0, |_| (0.0, 4e6));
        assert_eq!(named(&SmallPackets, &evidence), ["eth0"]);
    }
}
