//! `nbw detect --write`: the packets of what was found, from a second look at the capture.

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
    path::Path,
};

use nbw_detect::{
    Arp, Body, Event, Facts, Kind, Time,
    capture::{LinkType, Reader, Writer},
};

use crate::failure::Failure;

/// An event's packets, as far as they can be told from others.
struct Wanted<'a> {
    event: &'a Event,
    from: u64,
    to: u64,
    /// None where there are more than the event names.
    sources: Option<Names>,
    targets: Option<Names>,
    left: u32,
}

/// Addresses without ports.
#[derive(Debug, Default, PartialEq, Eq)]
struct Names {
    ips: HashSet<IpAddr>,
    macs: HashSet<[u8; 6]>,
}

/// Writes at most so many packets of each event: those between its sources and targets, both ways, while it lasted.
///
/// # Errors
/// [`Failure::Running`] when the capture cannot be read again, or the file not be written.
pub(super) fn write(file: &Path, to: &Path, events: &[Event], most: u32) -> Result<(), Failure> {
    let cannot = |error| Failure::Running(format!("cannot write {}: {error}", to.display()));
    let mut reader = Reader::open(file).map_err(|error| Failure::running(&error))?;
    let mut wanted: Vec<Wanted> = events.iter().map(|event| Wanted::new(event, most)).collect();
    let mut out: Option<(Writer, LinkType)> = None;
    // A fault in the capture was told of the first time.
    while let Ok(Some(packet)) = reader.next_packet() {
        if wanted.iter().all(|wanted| wanted.left == 0) {
            break;
        }
        let facts = packet.facts();
        let Some(event) = wanted.iter_mut().find(|wanted| wanted.left > 0 && wanted.has(&facts)) else { continue };
        let record = packet.record();
        if out.is_none() {
            out = Some((Writer::create(to, record.link_type).map_err(cannot)?, record.link_type));
        }
        // A pcap file has one kind of link.
        if let Some((writer, kind)) = &mut out
            && *kind == record.link_type
        {
            writer.write(record.time, record.original_length, record.bytes).map_err(cannot)?;
            event.left -= 1;
        }
    }
    match out {
        Some((writer, _)) => writer.finish().map_err(cannot),
        None => Writer::create(to, LinkType(1)).and_then(Writer::finish).map_err(cannot),
    }
}

impl<'a> Wanted<'a> {
    fn new(event: &'a Event, most: u32) -> Self {
        let nanoseconds = |time: jiff::Timestamp| u64::try_from(time.as_nanosecond()).unwrap_or(0);
        Self {
            event,
            from: nanoseconds(event.first_seen),
            to: nanoseconds(event.last_seen),
            sources: addresses(&event.sources, event.source_count),
            targets: addresses(&event.targets, event.target_count),
            left: most,
        }
    }

    fn has(&self, facts: &Facts) -> bool {
        let Time(time) = facts.time;
        if time < self.from || time > self.to {
            return false;
        }
        let kind = self.event.kind;
        match &facts.body {
            Body::Ip(ip) if !is_arp(kind) && protocols(kind).is_none_or(|all| all.contains(&ip.protocol)) => {
                self.between(ip.source, ip.destination) || self.between(ip.destination, ip.source)
            }
            Body::Arp(arp) if is_arp(kind) => self.has_arp(arp),
            _ => false,
        }
    }

    fn between(&self, source: IpAddr, target: IpAddr) -> bool {
        let known = |names: &Option<Names>, ip: IpAddr| names.as_ref().is_none_or(|names| names.ips.contains(&ip));
        known(&self.sources, source) && known(&self.targets, target)
    }

    fn has_arp(&self, arp: &Arp) -> bool {
        let (macs, ips) = ([arp.sender_mac, arp.target_mac], [arp.sender_ip, arp.target_ip]);
        self.sources.as_ref().is_none_or(|names| macs.iter().any(|mac| names.macs.contains(mac)))
            && self.targets.as_ref().is_none_or(|names| ips.iter().any(|ip| names.ips.contains(&IpAddr::V4(*ip))))
    }
}

fn is_arp(kind: Kind) -> bool {
    matches!(kind, Kind::ArpScan | Kind::ArpSpoof)
}

/// The IP protocols of a kind of attack; none where it may be any. Fragments belong to any.
fn protocols(kind: Kind) -> Option<&'static [u8]> {
    match kind {
        Kind::SynFlood | Kind::Backscatter | Kind::BruteForce | Kind::Slowloris | Kind::Beacon => Some(&[6]),
        Kind::UdpFlood | Kind::Amplification => Some(&[17, 1, 58]),
        Kind::IcmpFlood => Some(&[1, 58]),
        _ => None,
    }
}

/// The addresses alone, if all of them are named.
fn addresses(names: &[String], count: u64) -> Option<Names> {
    if count > names.len() as u64 {
        return None;
    }
    let mut all = Names::default();
    for word in names.iter().flat_map(|name| name.split_whitespace()) {
        if let Ok(socket) = word.parse::<SocketAddr>() {
            all.ips.insert(socket.ip());
        } else if let Ok(ip) = word.parse() {
            all.ips.insert(ip);
        } else {
            all.macs.extend(mac(word));
        }
    }
    Some(all)
}

fn mac(text: &str) -> Option<[u8; 6]> {
    let bytes: Option<Vec<u8>> = text.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_addresses_again() {
        let names = ["192.0.2.7:80", "[2001:db8::7]:80", "192.0.2.8", "10.0.0.3 08:00:27:90:93:1c"].map(str::to_owned);
        let all = addresses(&names, 4).unwrap();
        for name in ["192.0.2.7", "2001:db8::7", "192.0.2.8", "10.0.0.3"] {
            assert!(all.ips.contains(&name.parse().unwrap()), "{name}");
        }
        assert_eq!(all.macs.into_iter().collect::<Vec<_>>(), [[8, 0, 0x27, 0x90, 0x93, 0x1c]]);
        assert_eq!(addresses(&names, 5), None);
    }
}
