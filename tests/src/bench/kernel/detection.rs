//! The TC programs with detection on: quiet, under a flood that is sampled, and where each packet is handed over.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result, ensure};
use aya::maps::{Array, MapData};
use nbw::bpf::{DetectOptions, Digests, LoadOptions, Object};
use nbw_common::abi::{Digest, LinkIdent, maps, programs};

use super::{Field, frames};

/// The interface that test runs say that packets belong to.
const LO: u32 = 1;

/// Where no packet is from or to.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 3);

/// Bytes of an entry in the ring besides the digest.
const ENTRY_HEADER: usize = 8;

/// Reads an object's digests after each round, as the live loop does, and sees that the ring was not full.
pub(super) struct Reader {
    digests: Digests,
    expected: Expected,
}

/// How many digests a round has to give: no more than the ring has room for, or the row would be of a full one.
#[derive(Clone, Copy)]
enum Expected {
    None,
    /// None, though somebody else is watched, at this port.
    NoneWhileWatching(u16),
    Some,
    Each(usize),
}

impl Reader {
    /// Reads them all.
    pub(super) fn read(&mut self) -> Result<()> {
        let (mut all, mut read) = (0, 1);
        while read > 0 {
            read = self.digests.read(|_| ());
            all += read;
        }
        let right = match self.expected {
            Expected::None | Expected::NoneWhileWatching(_) => all == 0,
            Expected::Some => all > 0,
            Expected::Each(count) => all == count,
        };
        ensure!(right, "a round gave {all} digests");
        Ok(())
    }
}

/// Adds the rows.
pub(super) fn add(field: &mut Field, repeat: u32) -> Result<()> {
    let quiet = [
        (Some("tc-detect"), programs::DETECT_EGRESS, frames::TCP.as_slice()),
        (Some("tc-detect-ingress"), programs::DETECT_INGRESS, frames::TCP.as_slice()),
        (Some("tc-detect-ipv6"), programs::DETECT_EGRESS, frames::TCP_IPV6.as_slice()),
    ];
    add_object(field, DetectOptions::default(), Expected::None, &quiet)?;
    for (row, port) in [("tc-detect-watching", 80), ("tc-detect-watching-port", frames::TCP_PORT)] {
        let others = [(Some(row), programs::DETECT_INGRESS, frames::TCP.as_slice())];
        add_object(field, DetectOptions::default(), Expected::NoneWhileWatching(port), &others)?;
    }
    let flood = [
        (Some("tc-detect-syn"), programs::DETECT_EGRESS, frames::SYN.as_slice()),
        (Some("tc-detect-syn-ingress"), programs::DETECT_INGRESS, frames::SYN.as_slice()),
    ];
    add_object(field, DetectOptions::default(), Expected::Some, &flood)?;
    let each = [(Some("tc-detect-digest"), programs::DETECT_INGRESS, frames::SYN.as_slice())];
    add_object(field, unsampled(repeat)?, Expected::Each(repeat as usize), &each)
}

/// No packet is left out, and the ring has room for all of a round.
fn unsampled(repeat: u32) -> Result<DetectOptions> {
    let bytes = repeat as usize * (size_of::<Digest>() + ENTRY_HEADER);
    let ring_bytes = u32::try_from(bytes.next_power_of_two()).context("--repeat: too many for a ring")?;
    Ok(DetectOptions { ring_bytes, budget: u32::MAX })
}

fn add_object(
    field: &mut Field,
    detect: DetectOptions,
    expected: Expected,
    rows: &[(Option<&str>, &str, &'static [u8])],
) -> Result<()> {
    let mut object = Object::load(&LoadOptions { detect: Some(detect), ..LoadOptions::default() })?;
    let map = object.ebpf_mut().map_mut(maps::LINK_IDENTS).context("there are no interfaces")?;
    let ident = LinkIdent { ifindex: LO, link_header: 14, ..LinkIdent::default() };
    Array::<&mut MapData, LinkIdent>::try_from(map)?.set(LO, ident, 0)?;
    let mut digests = Digests::open(&mut object)?;
    if let Expected::NoneWhileWatching(port) = expected {
        digests.watch([SocketAddr::from((ELSEWHERE, port))])?;
    }
    field.readers.insert(field.objects.len(), Reader { digests, expected });
    field.add_with_frames(object.into_ebpf(), rows)
}
