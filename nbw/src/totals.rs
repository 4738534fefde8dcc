//! Which interfaces may be added up: each packet of the host once (docs/adr/0008-sums.md).

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use netlink_packet_route::link::InfoKind;

use crate::{
    links::{Link, Relation},
    snapshot::{Flow, Snapshot},
};

/// What the host has received from and sent to the world outside: the sum of the shown interfaces that are its edge.
pub fn host_total(snapshot: &Snapshot) -> (Flow, Flow) {
    let edges = || snapshot.interfaces.iter().filter(|interface| interface.edge);
    (edges().map(|interface| interface.rx).sum(), edges().map(|interface| interface.tx).sum())
}

/// The interfaces by which a host, whose interfaces are all of `links`, is joined to the world outside: of no two of them
/// does one carry what the other does.
///
/// That is its hardware. Where there is none (in a container) it is what leads to another network namespace; where there
/// is none of that either (in a rootless container) it is what leads to a process.
pub fn edges(links: &HashMap<u32, Link>) -> HashSet<u32> {
    let is_port = |link: &Link| link.master.is_some();
    // A bridge or a bond of hardware is not its master in this sense: it is none itself.
    let serves_hardware = |link: &Link| link.master.and_then(|master| links.get(&master)).is_some_and(is_hardware);
    let ways_out: [&dyn Fn(&Link) -> bool; 3] = [
        &|link| is_hardware(link) && !serves_hardware(link),
        &|link| !is_port(link) && link.joint.is_some_and(|joint| joint.namespace.is_some()),
        &|link| !is_port(link) && link.joint.is_none() && link.kind == Some(InfoKind::Tun),
    ];
    let such = |is_way_out: &&dyn Fn(&Link) -> bool| {
        let edges = links.values().filter(|link| !link.is_loopback() && is_way_out(link));
        edges.map(|link| link.index).collect::<HashSet<u32>>()
    };
    ways_out.iter().map(such).find(|edges| !edges.is_empty()).unwrap_or_default()
}

/// Whether it is a device of its own: made by no driver of virtual devices, or by one that some hardware uses, and sitting
/// on no other.
fn is_hardware(link: &Link) -> bool {
    let driver = matches!(link.kind, None | Some(InfoKind::Can | InfoKind::Ipoib | InfoKind::Wwan));
    let sits = link.joint.is_some_and(|joint| joint.relation == Relation::Parent);
    driver && !sits && !link.is_loopback()
}

impl std::iter::Sum for Flow {
    fn sum<I: Iterator<Item = Self>>(flows: I) -> Self {
        flows.fold(Self::default(), |sum, flow| Self {
            bytes: sum.bytes.saturating_add(flow.bytes),
            packets: sum.packets.saturating_add(flow.packets),
            bytes_per_second: sum.bytes_per_second + flow.bytes_per_second,
            packets_per_second: sum.packets_per_second + flow.packets_per_second,
            total_bytes: sum.total_bytes.saturating_add(flow.total_bytes),
            total_packets: sum.total_packets.saturating_add(flow.total_packets),
        })
    }
}
