//! The interfaces of a network namespace, and word of their changes.

use std::{collections::HashSet, ffi::CString, fs, io, sync::Arc};

use futures_util::{StreamExt, TryStreamExt};
use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage,
    link::{LinkAttribute, LinkFlags, LinkLayerType, LinkMessage},
};
use netlink_sys::{AsyncSocket, AsyncSocketExt, SocketAddr, TokioSocket, protocols::NETLINK_ROUTE};
use rtnetlink::Handle;

use crate::text;

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
    let name = message.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::IfName(name) => Some(text::clean(name)),
        _ => None,
    })?;
    Some(Link {
        index: message.header.index,
        name: name.into(),
        up: message.header.flags.contains(LinkFlags::Up),
        carrier: message.header.flags.contains(LinkFlags::LowerUp),
        header: header_length(message.header.link_layer_type),
    })
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

/// Tells when interfaces have appeared, vanished or changed.
pub struct LinkWatch {
    socket: TokioSocket,
    deleted: HashSet<u32>,
}

impl LinkWatch {
    /// Begins to listen, in the current network namespace.
    ///
    /// # Errors
    /// When the netlink socket cannot be made.
    pub fn start() -> io::Result<Self> {
        let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
        socket.socket_mut().bind(&SocketAddr::new(0, libc::RTMGRP_LINK as u32))?;
        Ok(Self { socket, deleted: HashSet::new() })
    }

    /// Waits for the next change. What it was hardly matters: the caller lists the interfaces anew, so messages that
    /// the kernel had to drop (`ENOBUFS`) are a change like any other.
    pub async fn changed(&mut self) {
        let mut buffer = bytes_for_a_message();
        // An error is the kernel's word that messages were lost.
        if self.socket.recv_from(&mut buffer).await.is_ok() {
            self.deleted.extend(deleted(&buffer));
        }
    }

    /// Takes in what has come meanwhile, so that a burst of changes is one change; to be called before the interfaces
    /// are listed. Returns the indices of interfaces that were deleted since the last call: another interface may have
    /// such an index by now.
    pub fn drain(&mut self) -> HashSet<u32> {
        let mut buffer = bytes_for_a_message();
        loop {
            match self.socket.socket_mut().recv_from(&mut buffer, libc::MSG_DONTWAIT) {
                Ok(_) => self.deleted.extend(deleted(&buffer)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => {}
            }
            buffer.clear();
        }
        std::mem::take(&mut self.deleted)
    }
}

/// The interface that a message says is gone. (A bridge says something similar of interfaces that only left it.)
fn deleted(message: &[u8]) -> Option<u32> {
    match NetlinkMessage::deserialize(message).ok()?.payload {
        NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelLink(link))
            if link.header.interface_family == AddressFamily::Unspec =>
        {
            Some(link.header.index)
        }
        _ => None,
    }
}

fn bytes_for_a_message() -> Vec<u8> {
    Vec::with_capacity(64 * 1024)
}
