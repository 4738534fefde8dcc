//! The interfaces of a network namespace, and word of their changes.

mod watch;

use std::{ffi::CString, fs, sync::Arc};

use futures_util::{StreamExt, TryStreamExt};
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkLayerType, LinkMessage};
use rtnetlink::Handle;

use crate::text;

pub use watch::LinkWatch;

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its index in its network namespace.
    pub index: u32,
    /// Its name, cleaned for display.
    pub name: Arc<str>,
    /// Whether it is administratively up.
    pub up: bool,
    /// Whether it has a carrier; its speed may be another each time it gets one.
    pub carrier: bool,
    /// Length of its link-layer header in bytes, as TC sees it.
    pub header: u32,
    /// Which driver of virtual devices made it; none for hardware.
    pub kind: Option<InfoKind>,
    /// The interface of the same namespace (a bridge, a bond) that it is a port of.
    pub master: Option<u32>,
    /// The interface that it cannot be without.
    pub joint: Option<Joint>,
}

/// What one interface has to do with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Both ends of a cable: what one sends the other receives (veth, netkit, vxcan).
    Peer,
    /// It sits on the other (VLAN, macvlan, ipvlan, tunnels): the other carries its traffic too.
    Parent,
}

/// The interface that another one is joined to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joint {
    /// What it is to the one that has this.
    pub relation: Relation,
    /// Its index, in its own namespace.
    pub index: u32,
    /// The id of its namespace, which is only known by that id in the namespace of the one that has this; none if they
    /// are in the same. Negative where the kernel cannot tell.
    pub namespace: Option<i32>,
}

impl Link {
    /// Whether it is the loopback interface, by its conventional name.
    pub fn is_loopback(&self) -> bool {
        &*self.name == "lo"
    }

    /// Speed in bit/s; none where the device has none or does not know it.
    ///
    /// Read from sysfs, whose mount may belong to another network namespace: then the index there is another's.
    pub fn speed(&self) -> Option<u64> {
        let read = |file: &str| fs::read_to_string(format!("/sys/class/net/{}/{file}", self.name)).ok();
        let same = read("ifindex")?.trim().parse() == Ok(self.index);
        // -1 stands for unknown; the unit is Mbit/s.
        let megabits: u64 = read("speed")?.trim().parse().ok().filter(|&speed| speed > 0)?;
        same.then_some(megabits * 1_000_000)
    }
}

/// More interfaces than this are not looked at: in a namespace of his own any user may make as many as he likes.
const MOST: usize = 65_536;

/// All interfaces of the network namespace that `handle` was opened in, in the order of their indices.
///
/// # Errors
/// What netlink says.
pub async fn list(handle: &Handle) -> Result<Vec<Link>, rtnetlink::Error> {
    let messages: Vec<LinkMessage> = handle.link().get().execute().take(MOST).try_collect().await?;
    let mut links: Vec<Link> = messages.iter().filter_map(link).collect();
    links.sort_by_key(|link| link.index);
    Ok(links)
}

/// Whether the current network namespace has an interface with this index.
pub fn exists(index: u32) -> bool {
    name_of(index).is_some()
}

/// The name that the kernel has for an interface now, not cleaned.
pub fn name_of(index: u32) -> Option<CString> {
    let name = nix::net::if_::if_indextoname(index).ok();
    // nix 0.31 takes the null pointer that says "none" for success, and gives an empty name.
    name.filter(|name| !name.is_empty())
}

fn link(message: &LinkMessage) -> Option<Link> {
    let (index, flags) = (message.header.index, message.header.flags);
    let mut link = Link {
        index,
        name: "".into(),
        up: flags.contains(LinkFlags::Up),
        carrier: flags.contains(LinkFlags::LowerUp),
        header: header_length(message.header.link_layer_type),
        kind: None,
        master: None,
        joint: None,
    };
    let (mut other, mut namespace) = (None, None);
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name = text::clean(name).into(),
            LinkAttribute::LinkInfo(infos) => link.kind = kind(infos),
            LinkAttribute::Controller(master) => link.master = Some(*master),
            LinkAttribute::Link(index) => other = Some(*index),
            LinkAttribute::LinkNetNsId(id) => namespace = Some(*id),
            _ => {}
        }
    }
    // Kernels before 5.13 leave the other's index out where it is the same, even if the namespace is another.
    let other = other.or(namespace.map(|_| index)).filter(|&other| other != 0);
    link.joint = other.map(|other| Joint { relation: relation(link.kind.as_ref()), index: other, namespace });
    (!link.name.is_empty()).then_some(link)
}

fn kind(infos: &[LinkInfo]) -> Option<InfoKind> {
    infos.iter().find_map(|info| match info {
        LinkInfo::Kind(kind) => Some(kind.clone()),
        _ => None,
    })
}

/// What the interface that `IFLA_LINK` names is to one of this kind.
fn relation(kind: Option<&InfoKind>) -> Relation {
    match kind {
        Some(InfoKind::Veth | InfoKind::Netkit | InfoKind::Vxcan) => Relation::Peer,
        _ => Relation::Parent,
    }
}

/// What `hard_header_len` is for a type of device (the kernel does not tell it over netlink): 14 for Ethernet and
/// loopback, nothing for devices that carry bare IP packets.
fn header_length(kind: LinkLayerType) -> u32 {
    match kind {
        LinkLayerType::None
        | LinkLayerType::Rawip
        | LinkLayerType::Ppp
        | LinkLayerType::Tunnel
        | LinkLayerType::Tunnel6
        | LinkLayerType::Sit
        | LinkLayerType::Ipgre
        | LinkLayerType::Ip6gre => 0,
        // IPoIB's own four bytes; the hardware address in front is not in the packet.
        LinkLayerType::Infiniband => 4,
        _ => 14,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(index: u32, attributes: Vec<LinkAttribute>) -> LinkMessage {
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.attributes = attributes;
        message.attributes.push(LinkAttribute::IfName("a\u{1B}b".to_owned()));
        message
    }

    fn of_kind(kind: InfoKind) -> LinkAttribute {
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(kind)])
    }

    #[test]
    fn hardware_is_joined_to_nothing() {
        let link = link(&message(2, vec![LinkAttribute::Controller(9)])).unwrap();
        assert_eq!((&*link.name, link.master, link.joint, link.kind), ("a\u{FFFD}b", Some(9), None, None));
    }

    #[test]
    fn a_veth_has_a_peer_and_a_vlan_a_parent() {
        let joint = |kind, attributes: &[LinkAttribute]| {
            let attributes = [&[of_kind(kind)], attributes].concat();
            link(&message(7, attributes)).unwrap().joint
        };
        let (index, id) = (LinkAttribute::Link(3), LinkAttribute::LinkNetNsId(4));
        let there = Joint { relation: Relation::Peer, index: 3, namespace: Some(4) };
        assert_eq!(joint(InfoKind::Veth, &[index.clone(), id.clone()]), Some(there));
        assert_eq!(joint(InfoKind::Netkit, &[id.clone(), index.clone()]), Some(there));
        let here = Joint { relation: Relation::Parent, namespace: None, ..there };
        assert_eq!(joint(InfoKind::Vlan, std::slice::from_ref(&index)), Some(here));
        // Kernels before 5.13.
        assert_eq!(joint(InfoKind::Veth, &[id]), Some(Joint { index: 7, ..there }));
        // A tunnel that sits on nothing.
        assert_eq!(joint(InfoKind::SitTun, &[LinkAttribute::Link(0)]), None);
        assert_eq!(joint(InfoKind::Wireguard, &[]), None);
    }

    #[test]
    fn one_without_a_name_is_none() {
        assert_eq!(link(&LinkMessage::default()), None);
    }
}
