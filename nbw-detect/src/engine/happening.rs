//! What can happen: what packets are, and what only several of them together say.

use serde::{Deserialize, Serialize};

use super::who::Who;

/// What a counter can count.
///
/// Of what concerns a connection or a flow, the source is who began it, whoever has sent the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happening {
    /// A packet of any kind, but for ordinary ones of TCP connections.
    Packet,
    /// TCP: a new connection is asked for.
    TcpSyn,
    /// TCP: it is asked for again as sockets do (RFC 6298): after a second or three, then as long or twice as long.
    TcpSynAgain,
    /// TCP: the target has accepted it (SYN and ACK).
    TcpAnswered,
    /// TCP: the target has refused it (RST).
    TcpRefused,
    /// TCP: nothing came back within a second, the time after which a client asks again (RFC 6298), or before it gave up by a RST.
    TcpUnanswered,
    /// TCP: the source has completed the handshake. Only of what is watched.
    TcpOpened,
    /// TCP: it was accepted, and the source has not completed it within a second. Only of what is watched.
    TcpHalfOpen,
    /// TCP: it was accepted, and the source has dropped it by a RST, as checks of ports do. Only of what is watched.
    TcpAbandoned,
    /// TCP: the server has sent its first bytes. Only of what is watched.
    TcpSpoken,
    /// TCP: a server that has been silent for five seconds has answered: within 20 s, or later and the client has gone on. Who gives
    /// up on a client says so after 20 s at the soonest (Apache's mod_reqtimeout), and closes. Only of what is watched.
    TcpSpokenLate,
    /// TCP: open for five seconds, and the server has said nothing. Only of what is watched.
    TcpSilent,
    /// TCP: it is closed, by a FIN of each side, or by a RST after a FIN or of an open one.
    TcpClosed,
    /// TCP: it was accepted and ended by a RST, and whether it was ever open is not known: it is not watched.
    TcpDropped,
    /// TCP: it is closed, and it was watched from its beginning: payload, answer, turns and length are known.
    TcpEnded,
    /// TCP: a packet with flags that no connection has: none, FIN without ACK, or SYN with FIN or RST.
    TcpOdd,
    /// TCP: SYN and ACK that answer nothing.
    TcpStraySynAck,
    /// TCP: a RST of no connection that is known.
    TcpStrayReset,
    /// TCP: FIN and ACK of no connection that is known.
    TcpStrayFin,
    /// TCP: packets that only a connection has, of which the other side's were never seen; the source is who was seen.
    TcpOneSided,
    /// UDP: the first packet of a flow.
    UdpNew,
    /// UDP: a packet of a flow that nobody has answered so far, the first one included.
    UdpOneWay,
    /// UDP: a packet of who has begun the flow, which was answered.
    UdpRequest,
    /// UDP: a packet of the other one, who answers.
    UdpAnswer,
    /// UDP: nothing came back within a second of the flow's first packet; its payload is that packet's.
    UdpUnanswered,
    /// ICMP: an echo request.
    IcmpEcho,
    /// ICMP: an echo reply that was asked for.
    IcmpEchoAnswered,
    /// ICMP: an echo reply that is not as long as the last request.
    IcmpEchoChanged,
    /// ICMP: nothing came back within a second of the first request.
    IcmpEchoUnanswered,
    /// ICMP: an echo reply that nobody has asked for.
    IcmpStrayReply,
    /// ICMP: an error, such as unreachable.
    IcmpError,
    /// ICMP: any other; an echo reply too, where it is not known whether it was asked for.
    IcmpOther,
    /// IP: a first fragment.
    FirstFragment,
    /// IP: a fragment behind the first.
    LaterFragment,
    /// IP: a protocol that is neither TCP nor UDP nor ICMP, and no fragment.
    IpOther,
    /// ARP: a request for an address.
    ArpRequest,
    /// ARP: a reply that was asked for.
    ArpReply,
    /// ARP: a reply to one host that has not asked for it.
    ArpUnasked,
    /// ARP: a reply that was not asked for, or a request, gives an address to another hardware address than the one that had it.
    ArpFlip,
    /// What a source has sent to a target, as the host counts it.
    Volume,
}

impl Happening {
    /// Whether it is about a connection as a whole, rather than a packet.
    pub(crate) fn is_of_connection(self) -> bool {
        use Happening as H;
        matches!(
            self,
            H::TcpAnswered
                | H::TcpRefused
                | H::TcpUnanswered
                | H::TcpOpened
                | H::TcpHalfOpen
                | H::TcpAbandoned
                | H::TcpSpoken
                | H::TcpSpokenLate
                | H::TcpSilent
                | H::TcpClosed
                | H::TcpDropped
                | H::TcpEnded
                | H::TcpOneSided
        )
    }

    /// Whether it has TCP's flags.
    pub(crate) fn has_flags(self) -> bool {
        use Happening as H;
        matches!(
            self,
            H::Packet | H::TcpSyn | H::TcpSynAgain | H::TcpOdd | H::TcpStraySynAck | H::TcpStrayReset | H::TcpStrayFin
        )
    }

    /// Whether it has a type of ICMP.
    pub(crate) fn has_icmp(self) -> bool {
        use Happening as H;
        let of_reply = matches!(self, H::IcmpEchoAnswered | H::IcmpEchoChanged | H::IcmpStrayReply);
        of_reply || matches!(self, H::Packet | H::IcmpEcho | H::IcmpError | H::IcmpOther)
    }

    /// Whether it has bytes on the wire.
    pub(crate) fn has_bytes(self) -> bool {
        !self.is_of_connection() && !matches!(self, Self::UdpUnanswered | Self::IcmpEchoUnanswered)
    }

    /// How many there are.
    pub(crate) const MANY: usize = Self::Volume as usize + 1;
}

/// Something that has happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight {
    pub(crate) what: Happening,
    /// When it is known, in nanoseconds: windows go by it.
    pub(crate) time: u64,
    /// When the packet was seen that it is about: of what has not come, the one that asked for it.
    pub(crate) seen: u64,
    pub(crate) link: u32,
    pub(crate) source: Who,
    pub(crate) target: Who,
    pub(crate) source_port: u16,
    pub(crate) target_port: u16,
    /// How many packets it stands for.
    pub(crate) count: u64,
    /// Bytes on the wire, of all of them.
    pub(crate) bytes: u64,
    pub(crate) usual: u64,
    pub(crate) payload: u32,
    pub(crate) answer: u32,
    /// Milliseconds.
    pub(crate) lasted: u32,
    pub(crate) turns: u16,
    pub(crate) server_first: bool,
    /// The target's port has answered the source before.
    pub(crate) known: bool,
    pub(crate) protocol: u8,
    pub(crate) flags: u8,
    pub(crate) icmp: u8,
}

/// What of something that has happened an event is to say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trace {
    pub(crate) source: Who,
    pub(crate) target: Who,
    pub(crate) seen: u64,
    pub(crate) count: u64,
    pub(crate) bytes: u64,
    pub(crate) target_port: u16,
}

impl Trace {
    pub(crate) fn of(sight: &Sight) -> Self {
        let Sight { source, target, seen, count, bytes, target_port, .. } = *sight;
        Self { source, target, seen, count, bytes, target_port }
    }
}
