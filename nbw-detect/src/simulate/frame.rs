//! Frames, built by etherparse.

use etherparse::{
    ArpHardwareId, ArpOperation, ArpPacket, EtherType, Icmpv4Type, IpFragOffset, IpHeaders, IpNumber, Ipv4Extensions,
    Ipv4Header, PacketBuilder, PacketBuilderStep, TcpHeader, UdpHeader,
};

use super::host::Host;

/// Bytes of an IP packet's payload on Ethernet without jumbo frames; a multiple of eight, as fragments need.
const MOST_PAYLOAD: usize = 1_480;

/// Bytes of an Ethernet header.
pub(super) const ETHERNET: usize = 14;

/// Everything of an IP packet but what is in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Envelope {
    /// Who sends it.
    pub(super) from: Host,
    /// To whom.
    pub(super) to: Host,
    /// IPv4's identification.
    pub(super) id: u16,
    /// Routers left.
    pub(super) ttl: u8,
}

impl Envelope {
    fn header(&self) -> Ipv4Header {
        Ipv4Header {
            identification: self.id,
            dont_fragment: true,
            time_to_live: self.ttl,
            source: self.from.ip.octets(),
            destination: self.to.ip.octets(),
            ..Ipv4Header::default()
        }
    }

    fn ip(&self, header: Ipv4Header) -> PacketBuilderStep<IpHeaders> {
        let headers = IpHeaders::Ipv4(header, Ipv4Extensions::default());
        PacketBuilder::ethernet2(self.from.mac, self.to.mac).ip(headers)
    }

    /// A TCP segment; the checksum is made here.
    pub(super) fn tcp(&self, header: TcpHeader, payload: &[u8]) -> Vec<u8> {
        written(|frame| self.ip(self.header()).tcp_header(header).write(frame, payload))
    }

    /// A UDP datagram: in fragments, where it is too long for one packet.
    pub(super) fn udp(&self, ports: (u16, u16), payload: &[u8]) -> Vec<Vec<u8>> {
        if payload.len() + UdpHeader::LEN <= MOST_PAYLOAD {
            return vec![written(|frame| self.ip(self.header()).udp(ports.0, ports.1).write(frame, payload))];
        }
        let (source, destination) = (self.from.ip.octets(), self.to.ip.octets());
        let header = UdpHeader::with_ipv4_checksum(
            ports.0,
            ports.1,
            &Ipv4Header { source, destination, ..Ipv4Header::default() },
            payload,
        );
        let header = header.expect("payloads here are far shorter than 65,507 bytes");
        let whole = [&header.to_bytes()[..], payload].concat();
        let last = (whole.len() - 1) / MOST_PAYLOAD;
        let pieces = whole.chunks(MOST_PAYLOAD).enumerate();
        pieces.map(|(n, piece)| self.fragment(n * MOST_PAYLOAD, n < last, IpNumber::UDP, piece)).collect()
    }

    /// A fragment that begins `offset` bytes (a multiple of eight) into its packet.
    pub(super) fn fragment(&self, offset: usize, more: bool, protocol: IpNumber, payload: &[u8]) -> Vec<u8> {
        let eighths = u16::try_from(offset / 8).ok().and_then(|eighths| IpFragOffset::try_new(eighths).ok());
        let header = Ipv4Header {
            dont_fragment: false,
            more_fragments: more,
            fragment_offset: eighths.expect("offsets here are below 65,536"),
            ..self.header()
        };
        written(|frame| self.ip(header).write(frame, protocol, payload))
    }

    /// An ICMP message.
    pub(super) fn icmp(&self, kind: Icmpv4Type, payload: &[u8]) -> Vec<u8> {
        written(|frame| self.ip(self.header()).icmpv4(kind).write(frame, payload))
    }

    /// A packet of any protocol.
    pub(super) fn raw(&self, protocol: IpNumber, payload: &[u8]) -> Vec<u8> {
        written(|frame| self.ip(self.header()).write(frame, protocol, payload))
    }
}

/// An ARP packet. `sender` and `target` are what it says; `macs` whose frame it is, and whom it is for.
pub(super) fn arp(operation: ArpOperation, macs: ([u8; 6], [u8; 6]), sender: Host, target: Host) -> Vec<u8> {
    let (sender_ip, target_ip) = (sender.ip.octets(), target.ip.octets());
    let packet = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        operation,
        &sender.mac,
        &sender_ip,
        &target.mac,
        &target_ip,
    );
    let packet = packet.expect("addresses of the same length");
    written(|frame| PacketBuilder::ethernet2(macs.0, macs.1).arp(packet).write(frame))
}

fn written<E: std::fmt::Debug>(write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Vec<u8> {
    let mut frame = Vec::with_capacity(128);
    write(&mut frame).expect("writing to memory, and no packet here is too long");
    frame
}
