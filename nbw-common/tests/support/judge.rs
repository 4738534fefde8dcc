//! etherparse as the judge of our parser: other people's code, which reads every header as a whole.

use etherparse::{
    EtherType, IpNumber, Ipv4Slice, Ipv6ExtensionSlice, Ipv6Slice, LinkExtSlice, LinkSlice, NetSlice, SlicedPacket,
    TransportSlice, ether_type,
};
use nbw_common::packet::{Headers, MAX_EXTENSIONS, Malformed, Start};

/// What etherparse found in a packet.
#[derive(Debug)]
pub(crate) struct Judgement {
    link: u32,
    network: u32,
    transport: u32,
    /// What makes our lengths differ from these.
    pub(crate) difference: Option<Difference>,
}

/// Where the two parsers differ, because they are for different ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    /// etherparse knows ARP and leaves other types to its caller; we follow IP only.
    NotIp,
    /// etherparse follows three VLAN tags, we follow four.
    ManyTags,
    /// ICMP and IGMP have headers, but their packets are never segmented: nothing of them is in "each segment".
    Icmp,
    /// etherparse does not look into fragments; the first one has the transport header.
    FirstFragment,
    /// etherparse takes IPv4's authentication header (of so many bytes) for part of the network header. The kernel does
    /// not segment such packets; we see a transport that we do not know.
    Ipv4Authentication(u32),
    /// SCTP and UDP-Lite, whose headers (of so many bytes) etherparse does not know.
    UnknownTransport(u32),
    /// IPv6's mobility, host identity and shim6 headers, which etherparse leaves to its caller.
    OtherExtension,
    /// More extension headers than a host has reason to send: etherparse follows them all.
    LongChain,
}

/// etherparse's judgement of the packet; none where it refuses it.
pub(crate) fn judge(packet: &[u8], start: Start) -> Option<Judgement> {
    let sliced = match start {
        Start::Ethernet => SlicedPacket::from_ethernet(packet),
        Start::Network => SlicedPacket::from_ip(packet),
    };
    let sliced = sliced.ok()?;
    let link = link_length(&sliced);
    let judgement = match &sliced.net {
        Some(NetSlice::Ipv4(ip)) => ipv4(link, ip, sliced.transport.as_ref()),
        Some(NetSlice::Ipv6(ip)) => ipv6(link, ip, sliced.transport.as_ref()),
        Some(NetSlice::Arp(_)) | None => {
            Judgement { link, network: 0, transport: 0, difference: Some(without_ip(&sliced)) }
        }
    };
    // MACsec is a tunnel to us, whatever is inside.
    let macsec = sliced.link_exts.iter().any(|tag| matches!(tag, LinkExtSlice::Macsec(_)));
    Some(if macsec { Judgement { difference: Some(Difference::NotIp), ..judgement } } else { judgement })
}

impl Judgement {
    /// Whether what our parser says is right by this judgement.
    pub(crate) fn accepts(&self, ours: Result<Headers, Malformed>) -> bool {
        use Malformed::{BadHeaderLength, NotIp, TooManyHeaders, Truncated};
        let is = |network, transport| {
            ours.is_ok_and(|ours| (ours.link, ours.network, ours.transport) == (self.link, network, transport))
        };
        match self.difference {
            None => is(self.network, self.transport),
            Some(Difference::NotIp) => ours == Err(NotIp),
            Some(Difference::ManyTags) => ours.is_err() || ours.is_ok_and(|ours| ours.link == 14 + 4 * 4),
            Some(Difference::Icmp) => is(self.network, 0),
            Some(Difference::FirstFragment) => match ours {
                Ok(ours) => (ours.link, ours.network) == (self.link, self.network),
                Err(error) => matches!(error, Truncated | BadHeaderLength),
            },
            Some(Difference::Ipv4Authentication(length)) => is(self.network - length, 0),
            Some(Difference::UnknownTransport(length)) => is(self.network, length) || ours == Err(Truncated),
            Some(Difference::OtherExtension) => {
                ours.is_err() || ours.is_ok_and(|ours| ours.network >= self.network + 8)
            }
            Some(Difference::LongChain) => ours == Err(TooManyHeaders),
        }
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a header is short")
}

fn link_length(sliced: &SlicedPacket<'_>) -> u32 {
    let ethernet = match &sliced.link {
        Some(LinkSlice::Ethernet2(ethernet)) => ethernet.header_len(),
        _ => 0,
    };
    let tags: usize = sliced.link_exts.iter().map(LinkExtSlice::header_len).sum();
    u32::try_from(ethernet + tags).expect("a header is short")
}

fn without_ip(sliced: &SlicedPacket<'_>) -> Difference {
    const TAGS: [EtherType; 3] =
        [ether_type::VLAN_TAGGED_FRAME, ether_type::PROVIDER_BRIDGING, ether_type::VLAN_DOUBLE_TAGGED_FRAME];
    match sliced.payload_ether_type() {
        Some(kind) if TAGS.contains(&kind) => Difference::ManyTags,
        _ => Difference::NotIp,
    }
}

fn ipv4(link: u32, ip: &Ipv4Slice<'_>, transport: Option<&TransportSlice<'_>>) -> Judgement {
    let header = length(ip.header().slice());
    if let Some(authentication) = ip.extensions().auth {
        let length = length(authentication.slice());
        let difference = Some(Difference::Ipv4Authentication(length));
        return Judgement { link, network: header + length, transport: 0, difference };
    }
    let (transport, mut difference) = transport_length(transport, ip.payload_ip_number());
    if ip.is_payload_fragmented() {
        let first = ip.header().fragments_offset().value() == 0;
        difference = first.then_some(Difference::FirstFragment);
    }
    Judgement { link, network: header, transport, difference }
}

fn ipv6(link: u32, ip: &Ipv6Slice<'_>, transport: Option<&TransportSlice<'_>>) -> Judgement {
    let (mut network, mut count, mut later) = (40, 0, false);
    for extension in ip.extensions().clone() {
        network += extension_length(&extension);
        count += 1;
        // etherparse goes on into later fragments, where there are no headers to be found.
        later = matches!(&extension, Ipv6ExtensionSlice::Fragment(header) if header.fragment_offset().value() != 0);
        if later {
            break;
        }
    }
    let number = ip.payload().ip_number;
    let (transport, difference) = match transport_length(transport, number) {
        _ if count > MAX_EXTENSIONS => (0, Some(Difference::LongChain)),
        _ if later => (0, None),
        _ if [135, 139, 140].contains(&number.0) => (0, Some(Difference::OtherExtension)),
        _ if ip.is_payload_fragmented() => (0, Some(Difference::FirstFragment)),
        found => found,
    };
    Judgement { link, network, transport, difference }
}

fn extension_length(extension: &Ipv6ExtensionSlice<'_>) -> u32 {
    length(match extension {
        Ipv6ExtensionSlice::HopByHop(header)
        | Ipv6ExtensionSlice::Routing(header)
        | Ipv6ExtensionSlice::DestinationOptions(header) => header.slice(),
        Ipv6ExtensionSlice::Fragment(header) => header.slice(),
        Ipv6ExtensionSlice::Authentication(header) => header.slice(),
    })
}

fn transport_length(transport: Option<&TransportSlice<'_>>, number: IpNumber) -> (u32, Option<Difference>) {
    match transport {
        Some(TransportSlice::Tcp(tcp)) => (length(tcp.header_slice()), None),
        Some(TransportSlice::Udp(udp)) => (length(udp.header_slice()), None),
        Some(TransportSlice::Icmpv4(_) | TransportSlice::Icmpv6(_) | TransportSlice::Igmp(_)) => {
            (8, Some(Difference::Icmp))
        }
        None if number.0 == 132 => (0, Some(Difference::UnknownTransport(12))),
        None if number.0 == 136 => (0, Some(Difference::UnknownTransport(8))),
        None => (0, None),
    }
}
