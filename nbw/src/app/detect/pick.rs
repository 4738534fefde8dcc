//! `nbw detect --write`: the packets of what was found, from a second look at the capture.

mod index;

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
    path::Path,
};

use nbw_detect::{
    Arp, Body, Event, Facts, Kind, Time,
    capture::{LinkType, Packet, Reader, Record},
};

use self::index::Index;
use crate::{
    app::work::Stop,
    failure::Failure,
    output::{CaptureFile, Output},
    report::progress::Progress,
};

/// An event's packets, as far as they can be told from others.
struct Wanted<'a> {
    event: &'a Event,
    from: u64,
    to: u64,
    /// None where there are more than the event names, or it names none.
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

/// Packets between two looks at how far it is.
const STRIDE: u64 = 65_536;

/// Writes at most so many packets of each event: those between its sources and targets, both ways, while it lasted.
///
/// # Errors
/// [`Failure::Running`] when the capture cannot be read again, or the file not be written, or not have all.
pub(super) fn packets(file: &Path, to: Output, events: &[Event], most: u32, stop: &Stop) -> Result<(), Failure> {
    let mut reader = Reader::open(file).map_err(|error| Failure::running(&error))?;
    let progress = Progress::reading(reader.size());
    let mut picked = Picked { wanted: Index::new(events, most), out: Out::new(to), others: 0 };
    // A fault in the capture was told of the first time.
    while let Ok(Some(packet)) = reader.next_packet() {
        if picked.wanted.is_empty() || stop.is_told() {
            break;
        }
        picked.see(&packet)?;
        if reader.packets().is_multiple_of(STRIDE) {
            progress.at(reader.position());
        }
    }
    if stop.is_told() {
        return Err(Failure::Running("stopped before the packets of what was found were written".into()));
    }
    picked.out.finish()?;
    if picked.others > 0 { Err(several_links(picked.others)) } else { Ok(()) }
}

/// What is written, and what is not yet.
struct Picked<'a> {
    wanted: Index<'a>,
    out: Out,
    /// Packets that are wanted, and are of another link type than those that are written.
    others: u64,
}

impl Picked<'_> {
    fn see(&mut self, packet: &Packet<'_>) -> Result<(), Failure> {
        let Some(event) = self.wanted.find(&packet.facts()) else { return Ok(()) };
        if self.out.write(&packet.record())? {
            self.wanted.take(event);
        } else {
            self.others += 1;
        }
        Ok(())
    }
}

fn several_links(packets: u64) -> Failure {
    Failure::Running(format!(
        "{packets} packets of what was found are not written: they are of another link type than the first, and a pcap file has \
         one; read the packets of one interface alone (tshark -r CAPTURE -Y 'frame.interface_id == 1' -w FILE)"
    ))
}

/// What is written, of the link type of the first packet.
struct Out {
    /// Until there is one.
    output: Option<Output>,
    file: Option<CaptureFile>,
}

impl Out {
    fn new(output: Output) -> Self {
        Self { output: Some(output), file: None }
    }

    /// Writes a packet, if it is of the right link type; says whether it was.
    fn write(&mut self, record: &Record<'_>) -> Result<bool, Failure> {
        self.begin(record.link_type)?;
        self.file.as_mut().map_or(Ok(false), |file| file.write(record))
    }

    fn begin(&mut self, link_type: LinkType) -> Result<(), Failure> {
        if let Some(output) = self.output.take() {
            self.file = Some(CaptureFile::begin(output, link_type)?);
        }
        Ok(())
    }

    /// What has no packets is a capture all the same.
    fn finish(mut self) -> Result<(), Failure> {
        self.begin(LinkType::ETHERNET)?;
        self.file.map_or(Ok(()), CaptureFile::finish)
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

/// The addresses alone, if there are any and all of them are named.
fn addresses(names: &[String], count: u64) -> Option<Names> {
    if names.is_empty() || count > names.len() as u64 {
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
        assert_eq!((addresses(&names, 5), addresses(&[], 0)), (None, None));
    }
}
