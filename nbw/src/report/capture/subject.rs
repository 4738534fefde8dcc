//! Whose a packet of a capture is.

use std::{net::IpAddr, sync::Arc};

use nbw_detect::{Body, Direction, Facts, Ip, Transport, capture::protocol_name};

use crate::history::{Kind, OTHER, Subject};

const TCP: u8 = 6;
const UDP: u8 = 17;

/// What packets are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Protocol,
    Host,
    Pair,
    Port,
}

/// Somebody who is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Who {
    /// An IP protocol.
    Protocol(u8),
    Arp,
    /// Neither IP nor ARP, or broken.
    NoIp,
    Host(IpAddr),
    /// The lower address first.
    Pair(IpAddr, IpAddr),
    /// TCP's or UDP's.
    Port(u8, u16),
    /// Neither TCP nor UDP, or a later fragment of one.
    NoPort,
}

/// Which way a packet went, seen from [`Who`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Rx,
    Tx,
}

impl By {
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Protocol => Kind::Protocol,
            Self::Host => Kind::Host,
            Self::Pair => Kind::Pair,
            Self::Port => Kind::Port,
        }
    }

    /// Calls `add` for each whose this packet is: once, or for both hosts.
    pub(super) fn each(self, facts: &Facts, mut add: impl FnMut(Who, Way)) {
        match self {
            Self::Protocol => add(protocol(&facts.body), way(facts.direction)),
            Self::Port => port(facts, add),
            Self::Host | Self::Pair => match (self, ends(&facts.body)) {
                (_, None) => add(Who::NoIp, way(facts.direction)),
                (Self::Host, Some((source, destination))) => {
                    add(Who::Host(source), Way::Tx);
                    add(Who::Host(destination), Way::Rx);
                }
                (_, Some((source, destination))) if source <= destination => {
                    add(Who::Pair(source, destination), Way::Tx)
                }
                (_, Some((source, destination))) => add(Who::Pair(destination, source), Way::Rx),
            },
        }
    }
}

/// Where nobody says which way, all was received.
fn way(direction: Direction) -> Way {
    if direction == Direction::Out { Way::Tx } else { Way::Rx }
}

fn protocol(body: &Body) -> Who {
    match body {
        Body::Ip(ip) => Who::Protocol(ip.protocol),
        Body::Arp(_) => Who::Arp,
        Body::Other => Who::NoIp,
    }
}

/// From whom, to whom.
fn ends(body: &Body) -> Option<(IpAddr, IpAddr)> {
    match body {
        Body::Ip(ip) => Some((ip.source, ip.destination)),
        Body::Arp(arp) => Some((arp.sender_ip.into(), arp.target_ip.into())),
        Body::Other => None,
    }
}

/// The lower port is the service's: servers' are below those that systems give to clients (RFC 6335).
fn port(facts: &Facts, mut add: impl FnMut(Who, Way)) {
    let Body::Ip(Ip { transport, .. }) = &facts.body else { return add(Who::NoPort, way(facts.direction)) };
    let (protocol, source, destination) = match *transport {
        Transport::Tcp { source, destination, .. } => (TCP, source, destination),
        Transport::Udp { source, destination, .. } => (UDP, source, destination),
        _ => return add(Who::NoPort, way(facts.direction)),
    };
    let way = if destination <= source { Way::Rx } else { Way::Tx };
    add(Who::Port(protocol, source.min(destination)), way);
}

impl Who {
    /// As reports name it.
    pub(super) fn subject(self, by: By) -> Subject {
        let name = self.to_string();
        Subject { kind: by.kind(), key: name.as_str().into(), name: name.into() }
    }
}

/// All others together.
pub(super) fn rest(by: By) -> Subject {
    Subject { kind: by.kind(), key: Arc::from(""), name: OTHER.into() }
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Protocol(number) => match protocol_name(*number) {
                Some(name) => f.write_str(name),
                None => write!(f, "IP protocol {number}"),
            },
            Self::Arp => f.write_str("ARP"),
            Self::NoIp => f.write_str("neither IP nor ARP"),
            Self::Host(address) => write!(f, "{address}"),
            Self::Pair(low, high) => write!(f, "{low} <-> {high}"),
            Self::Port(protocol, port) => write!(f, "{port}/{}", if *protocol == TCP { "tcp" } else { "udp" }),
            Self::NoPort => f.write_str("without a port"),
        }
    }
}
