//! Interfaces and what the kernel has counted for each, by rtnetlink.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkInfo, LinkMessage, Stats64};
use rtnetlink::Handle;

use super::{Counter, counter};
use crate::text;

/// More interfaces than this are not looked at.
const MOST: usize = 4_096;

/// Whether both ends may send at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplex {
    /// One at a time.
    Half,
    /// Both.
    Full,
}

/// How an interface is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its name, cleaned.
    pub name: Arc<str>,
    /// Its index.
    pub index: u32,
    /// Whether it is made by no driver of virtual devices: only then its speed means something.
    pub hardware: bool,
    /// Whether it is `lo`.
    pub loopback: bool,
    /// Whether it has a carrier.
    pub carrier: bool,
    /// The longest packet, without the link-layer header.
    pub mtu: u32,
    /// Bits a second; none where there is none or nobody knows.
    pub speed: Option<u64>,
    /// None where nobody knows.
    pub duplex: Option<Duplex>,
    /// The fastest of the modes that it offers to the other end, in bits a second.
    pub fastest: Option<u64>,
    /// The fastest of those that the other end offers, too, in bits a second; none where it offers nothing, or the driver
    /// does not tell.
    pub fastest_of_both: Option<u64>,
    /// Offloads that could be on and are off, as `ethtool -k` calls them.
    pub offloads_off: Vec<Arc<str>>,
    /// Length of the receive ring, and how long it could be.
    pub ring: Option<(u32, u32)>,
}

impl Interface {
    /// The speed in bytes a second, where it means something.
    pub fn limit(&self) -> Option<f64> {
        self.speed.filter(|_| self.hardware).map(|bits| bits as f64 / 8.0)
    }
}

/// All interfaces, and their counters.
pub(super) async fn read(handle: &Handle) -> (Vec<Interface>, Vec<Counter>) {
    let messages = handle.link().get().execute().take(MOST).try_collect::<Vec<LinkMessage>>().await;
    let (mut interfaces, mut counters) = (Vec::new(), Vec::new());
    for message in messages.unwrap_or_default() {
        let interface = interface(&message);
        if interface.name.is_empty() {
            continue;
        }
        if let Some(stats) = message.attributes.iter().find_map(stats) {
            counters.extend(counted(&interface.name, stats));
        }
        interfaces.push(interface);
    }
    (interfaces, counters)
}

fn interface(message: &LinkMessage) -> Interface {
    let flags = message.header.flags;
    let mut interface = Interface {
        index: message.header.index,
        loopback: flags.contains(LinkFlags::Loopback),
        carrier: flags.contains(LinkFlags::LowerUp),
        hardware: !flags.contains(LinkFlags::Loopback),
        ..Interface::default()
    };
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => interface.name = text::clean(name).into(),
            LinkAttribute::Mtu(mtu) => interface.mtu = *mtu,
            LinkAttribute::LinkInfo(infos) if infos.iter().any(|info| matches!(info, LinkInfo::Kind(_))) => {
                interface.hardware = false;
            }
            _ => {}
        }
    }
    interface
}

fn stats(attribute: &LinkAttribute) -> Option<&Stats64> {
    match attribute {
        LinkAttribute::Stats64(stats) => Some(stats),
        _ => None,
    }
}

fn counted(name: &str, stats: &Stats64) -> Vec<Counter> {
    let all = [
        ("rx_packets", stats.rx_packets),
        ("tx_packets", stats.tx_packets),
        ("rx_dropped", stats.rx_dropped),
        ("tx_dropped", stats.tx_dropped),
        ("rx_errors", stats.rx_errors),
        ("tx_errors", stats.tx_errors),
        ("rx_missed_errors", stats.rx_missed_errors),
        ("rx_fifo_errors", stats.rx_fifo_errors),
        ("rx_crc_errors", stats.rx_crc_errors),
        ("tx_carrier_errors", stats.tx_carrier_errors),
        ("collisions", stats.collisions),
        ("multicast", stats.multicast),
    ];
    all.map(|(what, value)| counter(name, what, value)).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_read_from_the_kernel() {
        let read = crate::netlink::blocking(async |handle| read(&handle).await);
        let (interfaces, counters) = read.unwrap();
        let lo = interfaces.iter().find(|interface| &*interface.name == "lo").unwrap();
        assert!(lo.loopback && !lo.hardware && lo.mtu > 0 && lo.limit().is_none());
        assert!(counters.iter().any(|(name, _)| &**name == "lo rx_dropped"));
    }

    #[test]
    fn only_hardware_has_a_limit() {
        let interface = Interface { speed: Some(1_000_000_000), hardware: true, ..Interface::default() };
        assert_eq!(interface.limit(), Some(125e6));
        assert_eq!(Interface { hardware: false, ..interface }.limit(), None);
    }
}
