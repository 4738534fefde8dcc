use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::{links::Joint, sink::fixture, snapshot::Interface};

fn link(index: u32, name: &str, kind: Option<InfoKind>) -> Link {
    let (name, master, joint) = (name.into(), None, None);
    Link { index, name, up: true, carrier: true, header: 14, kind, master, joint }
}

fn on(parent: u32, link: Link) -> Link {
    let joint = Joint { relation: Relation::Parent, index: parent, namespace: None };
    Link { joint: Some(joint), ..link }
}

fn leads_to(namespace: i32, link: Link) -> Link {
    let joint = Joint { relation: Relation::Peer, index: 2, namespace: Some(namespace) };
    Link { joint: Some(joint), ..link }
}

fn port_of(master: u32, link: Link) -> Link {
    Link { master: Some(master), ..link }
}

/// Names of the edges, in the order of their indices.
fn edge_names(links: &[Link]) -> Vec<&str> {
    let by_index = links.iter().map(|link| (link.index, link.clone())).collect();
    let edges = edges(&by_index);
    links.iter().filter(|link| edges.contains(&link.index)).map(|link| &*link.name).collect()
}

#[test]
fn hardware_is_the_edge_and_what_is_made_of_it_is_not() {
    let links = [
        link(1, "lo", None),
        port_of(10, link(2, "eth0", None)),
        port_of(10, link(3, "eth1", None)),
        link(4, "wlan0", None),
        link(5, "ib0", Some(InfoKind::Ipoib)),
        on(5, link(6, "ib0.8001", Some(InfoKind::Ipoib))),
        link(7, "wwan0", Some(InfoKind::Wwan)),
        port_of(12, link(10, "bond0", Some(InfoKind::Bond))),
        on(10, link(11, "bond0.5", Some(InfoKind::Vlan))),
        link(12, "br0", Some(InfoKind::Bridge)),
        port_of(12, leads_to(0, link(13, "veth12ab", Some(InfoKind::Veth)))),
        link(14, "wg0", Some(InfoKind::Wireguard)),
        link(15, "tun0", Some(InfoKind::Tun)),
        on(2, link(16, "macvlan0", Some(InfoKind::MacVlan))),
    ];
    assert_eq!(edge_names(&links), ["eth0", "eth1", "wlan0", "ib0", "wwan0"]);
}

/// Azure's pairs: the fast one is a port of the other, and hands all that it receives on to it.
#[test]
fn hardware_that_serves_hardware_is_counted_by_that() {
    let links = [link(2, "eth0", None), port_of(2, link(3, "enP1", None))];
    assert_eq!(edge_names(&links), ["eth0"]);
}

#[test]
fn in_a_container_the_edge_is_what_leads_out_of_it() {
    let docker_in_docker = [
        link(1, "lo", None),
        leads_to(0, link(2, "eth0", Some(InfoKind::Veth))),
        link(3, "docker0", Some(InfoKind::Bridge)),
        port_of(3, leads_to(1, link(4, "veth12ab", Some(InfoKind::Veth)))),
        link(5, "tun0", Some(InfoKind::Tun)),
    ];
    assert_eq!(edge_names(&docker_in_docker), ["eth0"]);
    let rootless = [link(1, "lo", None), link(2, "tap0", Some(InfoKind::Tun))];
    assert_eq!(edge_names(&rootless), ["tap0"]);
    assert!(edge_names(&[link(1, "lo", None)]).is_empty());
}

#[test]
fn the_hosts_total_is_the_sum_of_its_edges() {
    let edge = |name, rx, tx| Interface { edge: true, ..fixture::interface(name, 2, None, rx, tx) };
    let (a, b, c) = (fixture::flow(1_000), fixture::flow(20_000), fixture::flow(300_000));
    let interfaces = vec![edge("eth0", a, b), edge("eth1", b, c), fixture::interface("docker0", 3, None, c, c)];
    let total = host_total(&Snapshot { interfaces, ..fixture::snapshot() });
    assert_eq!(total, (fixture::flow(21_000), fixture::flow(320_000)));
}

fn links() -> impl Strategy<Value = Vec<Link>> {
    let kinds = vec![None, Some(InfoKind::Veth), Some(InfoKind::Bridge), Some(InfoKind::Vlan), Some(InfoKind::Tun)];
    let joint = (any::<bool>(), 0..8_u32, option::of(-1..3_i32)).prop_map(|(peer, index, namespace)| {
        let relation = if peer { Relation::Peer } else { Relation::Parent };
        Joint { relation, index, namespace }
    });
    let shape = (select(kinds), option::of(0..8_u32), option::of(joint));
    let number = |(index, (kind, master, joint))| Link { master, joint, ..link(index, "x", kind) };
    vec(shape, 0..8).prop_map(move |shapes| (0..).zip(shapes).map(number).collect())
}

proptest! {
    #[test]
    fn no_edge_carries_what_another_does(links in links()) {
        let by_index: HashMap<u32, Link> = links.iter().map(|link| (link.index, link.clone())).collect();
        let edges = edges(&by_index);
        for link in links.iter().filter(|link| edges.contains(&link.index)) {
            prop_assert!(link.master.is_none_or(|master| !edges.contains(&master)), "{link:?}");
            let parent = link.joint.filter(|joint| joint.relation == Relation::Parent && joint.namespace.is_none());
            prop_assert!(parent.is_none_or(|joint| !edges.contains(&joint.index)), "{link:?}");
        }
    }
}
