//! From packets to what happens: the trackers, and what needs none.

use super::{
    arp::Arp,
    flow::Flow,
    happening::{Happening, Sight},
    icmp::Icmp,
    packet::{Class, FIRST, LATER, Packet, WHOLE},
    route::Routes,
    tcp::Tcp,
    udp::Udp,
    watch::Watch,
};
use crate::Volume;

/// ARP addresses and questions that are remembered at most.
const ARP: u32 = 8_192;

/// All that remembers packets.
#[derive(Debug)]
pub(crate) struct Trackers {
    most: u32,
    routes: Routes,
    tcp: Tcp,
    udp: Udp,
    icmp: Icmp,
    arp: Arp,
}

impl Trackers {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most,
            routes: Routes::new(most / 4),
            tcp: Tcp::new(most),
            udp: Udp::new(most),
            icmp: Icmp::new(most / 4),
            arp: Arp::new(ARP),
        }
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.most);
    }

    pub(crate) fn arp(&self) -> &Arp {
        &self.arp
    }

    /// What a packet says, and what it means with those before it.
    pub(crate) fn see(&mut self, packet: &Packet, now: u64, watch: &Watch, out: &mut Vec<Sight>) {
        if !self.routes.takes(packet, now) {
            return;
        }
        match packet.fragment {
            FIRST => out.push(Sight::of(packet, Happening::FirstFragment, now)),
            LATER => return out.push(Sight::of(packet, Happening::LaterFragment, now)),
            _ => {}
        }
        match packet.class {
            // Connections are known by all that begins and ends them, or not at all.
            Class::Tcp if packet.is_alone() => self.tcp.leave_out(packet, now),
            Class::Tcp => self.tcp.see(packet, now, watch, out),
            Class::Udp => self.udp.see(packet, now, out),
            Class::Icmp => self.icmp.see(packet, now, out),
            Class::Arp => self.arp.see(packet, now, out),
            // Of the others the header could not be read.
            Class::Other if packet.fragment == WHOLE && !matches!(packet.protocol, 1 | 6 | 17 | 58) => {
                out.push(Sight::of(packet, Happening::IpOther, now))
            }
            Class::Other => {}
        }
        if packet.class != Class::Tcp || packet.flags & 0x17 != 0x10 {
            out.push(Sight::of(packet, Happening::Packet, now));
        }
    }

    /// Whether an ordinary packet of TCP may say something, though its endpoints are not watched.
    pub(crate) fn expects(&self, packet: &Packet) -> bool {
        self.tcp.expects(packet)
    }

    /// Whether any may.
    pub(crate) fn curious(&self, now: u64) -> bool {
        self.tcp.curious(now)
    }

    /// How much is remembered, and how much is waited for.
    #[cfg(test)]
    pub(crate) fn len(&self) -> (usize, usize) {
        let all = [self.tcp.len(), self.udp.len(), self.icmp.len()];
        all.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    /// What has not come, and will not, as nothing comes any more.
    pub(crate) fn end(&mut self, now: u64, out: &mut Vec<Sight>) {
        self.tcp.end(now, out);
    }

    /// What has not come by now.
    pub(crate) fn advance(&mut self, now: u64, out: &mut Vec<Sight>) {
        self.tcp.advance(now, out);
        self.udp.advance(now, out);
        self.icmp.advance(now, out);
    }
}

impl Sight {
    /// What the host has counted of two.
    pub(crate) fn of_volume(volume: &Volume, now: u64) -> Self {
        let flow = Flow::between(volume.source.into(), volume.target.into());
        Self { bytes: volume.bytes, usual: volume.usual, ..flow.sight(Happening::Volume, now, true) }
    }
}
