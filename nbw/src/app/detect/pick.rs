//! `nbw detect --write`: the packets of what was found, from a second look at the capture.

use std::{collections::HashSet, net::IpAddr, path::Path};

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
    sources: Option<HashSet<String>>,
    targets: Option<HashSet<String>>,
    left: u32,
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
        match &facts.body {
            Body::Ip(ip)
                if !is_arp(self.event.kind)
                    && protocols(self.event.kind).is_none_or(|all| all.contains(&ip.protocol)) =>
            {
                let (source, target) = (ip.source.to_string(), ip.destination.to_string());
                self.between(&source, &target) || self.between(&target, &source)
            }
            Body::Arp(arp) if is_arp(self.event.kind) => {
                let macs = [arp.sender_mac, arp.target_mac].map(mac);
                self.sources.as_ref().is_none_or(|sources| macs.iter().any(|mac| sources.contains(mac)))
                    && self.arp_target(arp)
            }
            _ => false,
        }
    }

    fn between(&self, source: &str, target: &str) -> bool {
        let known =
            |names: &Option<HashSet<String>>, name: &str| names.as_ref().is_none_or(|names| names.contains(name));
        known(&self.sources, source) && known(&self.targets, target)
    }

    fn arp_target(&self, arp: &Arp) -> bool {
        let addresses = [arp.sender_ip.to_string(), arp.target_ip.to_string()];
        self.targets.as_ref().is_none_or(|targets| addresses.iter().any(|address| targets.contains(address)))
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

/// The addresses alone, if all of them are named; of ARP the hardware addresses.
fn addresses(names: &[String], count: u64) -> Option<HashSet<String>> {
    if count > names.len() as u64 {
        return None;
    }
    let alone = |name: &String| {
        let word = name.split_whitespace().last().unwrap_or_default();
        let with_port = word.parse().ok().map(|socket: std::net::SocketAddr| socket.ip());
        with_port.map_or_else(|| word.to_owned(), |address: IpAddr| address.to_string())
    };
    Some(names.iter().map(alone).collect())
}

fn mac(bytes: [u8; 6]) -> String {
    bytes.map(|byte| format!("{byte:02x}")).join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_addresses_again() {
        let names = ["192.0.2.7:80", "[2001:db8::7]:80", "192.0.2.8", "10.0.0.3 08:00:27:90:93:1c"].map(str::to_owned);
        let all = addresses(&names, 4).unwrap();
        for name in ["192.0.2.7", "2001:db8::7", "192.0.2.8", "08:00:27:90:93:1c"] {
            assert!(all.contains(name), "{name}");
        }
        assert_eq!(addresses(&names, 5), None);
    }
}
