//! Packets with random headers, written by etherparse's builder.

use etherparse::{
    IpAuthHeader, IpFragOffset, IpHeaders, Ipv4Extensions, Ipv4Header, Ipv4Options, Ipv6Extensions, Ipv6FragmentHeader,
    Ipv6Header, Ipv6RawExtHeader, Ipv6RoutingExtensions, PacketBuilder, PacketBuilderStep, TcpHeader, TcpOptions,
    VlanId, ip_number,
};
use nbw_common::packet::{Headers, Start};
use proptest::{collection::vec, option, prelude::*};

/// The headers of a packet.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    link: Option<Tags>,
    ip: IpHeaders,
    transport: Transport,
}

#[derive(Debug, Clone, Copy)]
enum Tags {
    None,
    One,
    Two,
}

#[derive(Debug, Clone)]
enum Transport {
    Tcp(Box<TcpHeader>),
    Udp,
    Icmp,
}

impl Packet {
    /// Any packet that the builder can write.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        (link(), prop_oneof![ipv4(), ipv6()], transport()).prop_map(|(link, ip, transport)| Self {
            link,
            ip,
            transport,
        })
    }

    /// Any packet whose transport the kernel segments.
    pub(crate) fn segmentable() -> impl Strategy<Value = Self> {
        (link(), prop_oneof![ipv4(), ipv6()], prop_oneof![tcp(), Just(Transport::Udp)])
            .prop_map(|(link, ip, transport)| Self { link, ip, transport })
    }

    /// IPv6 without hop-by-hop options, before TCP.
    pub(crate) fn ipv6_tcp() -> impl Strategy<Value = Self> {
        (link(), ipv6(), tcp()).prop_map(|(link, mut ip, transport)| {
            if let IpHeaders::Ipv6(_, extensions) = &mut ip {
                extensions.hop_by_hop_options = None;
            }
            Self { link, ip, transport }
        })
    }

    /// Where it starts.
    pub(crate) fn start(&self) -> Start {
        if self.link.is_some() { Start::Ethernet } else { Start::Network }
    }

    /// The lengths of the builder's own headers.
    pub(crate) fn lengths(&self) -> Headers {
        let link = match self.link {
            None => 0,
            Some(Tags::None) => 14,
            Some(Tags::One) => 18,
            Some(Tags::Two) => 22,
        };
        let transport = match &self.transport {
            Transport::Tcp(tcp) => tcp.header_len(),
            Transport::Udp => 8,
            Transport::Icmp => 0,
        };
        Headers { link, network: self.ip.header_len() as u32, transport: transport as u32, jumbo: 0 }
    }

    /// The packet with this payload.
    pub(crate) fn bytes(&self, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![];
        let written = match (&self.transport, &self.ip) {
            (Transport::Tcp(tcp), _) => self.network().tcp_header((**tcp).clone()).write(&mut bytes, payload),
            (Transport::Udp, _) => self.network().udp(40_000, 443).write(&mut bytes, payload),
            (Transport::Icmp, IpHeaders::Ipv4(..)) => {
                self.network().icmpv4_echo_request(1, 2).write(&mut bytes, payload)
            }
            (Transport::Icmp, IpHeaders::Ipv6(..)) => {
                self.network().icmpv6_echo_request(1, 2).write(&mut bytes, payload)
            }
        };
        written.expect("a packet that can be written");
        bytes
    }

    fn network(&self) -> PacketBuilderStep<IpHeaders> {
        let id = |id| VlanId::try_new(id).expect("a VLAN");
        let ethernet = || PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
        match self.link {
            None => PacketBuilder::ip(self.ip.clone()),
            Some(Tags::None) => ethernet().ip(self.ip.clone()),
            Some(Tags::One) => ethernet().single_vlan(id(5)).ip(self.ip.clone()),
            Some(Tags::Two) => ethernet().double_vlan(id(100), id(5)).ip(self.ip.clone()),
        }
    }
}

/// The big packet, as "BIG TCP" makes it: a hop-by-hop header with its length, and none in the IPv6 header.
pub(crate) fn into_jumbo(link: u32, bytes: &mut Vec<u8>) {
    let ip = link as usize;
    let payload = u32::try_from(bytes.len() - ip - 40).expect("a length");
    let first = std::mem::replace(&mut bytes[ip + 6], 0);
    bytes[ip + 4..ip + 6].fill(0);
    let option = [first, 0, 0xc2, 4].into_iter().chain((payload + 8).to_be_bytes());
    bytes.splice(ip + 40..ip + 40, option);
}

fn link() -> impl Strategy<Value = Option<Tags>> {
    option::weighted(0.8, prop_oneof![Just(Tags::None), Just(Tags::One), Just(Tags::Two)])
}

fn ipv4() -> BoxedStrategy<IpHeaders> {
    let header = (0..=10usize, any::<u8>()).prop_map(|(words, fill)| {
        let mut header = Ipv4Header::new(0, 64, ip_number::TCP, [10, 0, 0, 1], [10, 0, 0, 2]).expect("a header");
        header.options = Ipv4Options::try_from(vec![fill; words * 4].as_slice()).expect("options");
        IpHeaders::Ipv4(header, Ipv4Extensions::default())
    });
    header.boxed()
}

fn ipv6() -> BoxedStrategy<IpHeaders> {
    let routing = (raw(), option::of(raw()))
        .prop_map(|(routing, final_destination_options)| Ipv6RoutingExtensions { routing, final_destination_options });
    let parts = (
        option::of(raw()),
        option::of(raw()),
        option::of(routing),
        option::of(fragment()),
        option::of(authentication()),
    );
    let ip = parts.prop_map(|(hop_by_hop_options, destination_options, routing, fragment, auth)| {
        let (source, destination) = ([0xfd; 16], [0xfe; 16]);
        let header = Ipv6Header { hop_limit: 64, source, destination, ..Ipv6Header::default() };
        IpHeaders::Ipv6(header, Ipv6Extensions { hop_by_hop_options, destination_options, routing, fragment, auth })
    });
    ip.boxed()
}

fn raw() -> impl Strategy<Value = Ipv6RawExtHeader> {
    (0..=255usize, any::<u8>()).prop_map(|(units, fill)| {
        Ipv6RawExtHeader::new_raw(ip_number::TCP, &vec![fill; 6 + units * 8]).expect("a header")
    })
}

/// Of a packet in one piece: the builder writes the transport header behind it.
fn fragment() -> impl Strategy<Value = Ipv6FragmentHeader> {
    any::<u32>().prop_map(|id| Ipv6FragmentHeader::new(ip_number::TCP, IpFragOffset::ZERO, false, id))
}

fn authentication() -> impl Strategy<Value = IpAuthHeader> {
    (0..=16usize).prop_map(|words| IpAuthHeader::new(ip_number::TCP, 1, 1, &vec![0xaa; words * 4]).expect("a header"))
}

fn transport() -> impl Strategy<Value = Transport> {
    prop_oneof![2 => tcp(), 1 => Just(Transport::Udp), 1 => Just(Transport::Icmp)]
}

fn tcp() -> impl Strategy<Value = Transport> {
    vec(any::<[u8; 4]>(), 0..=10).prop_map(|options| {
        let mut tcp = TcpHeader::new(40_000, 443, 1, 512);
        tcp.options = TcpOptions::try_from_slice(&options.concat()).expect("options");
        Transport::Tcp(Box::new(tcp))
    })
}
