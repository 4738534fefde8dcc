//! The TC programs with detection on: quiet, under a steady flood that is sampled, and where each packet is handed over.

use std::{
    net::{Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
};

use anyhow::{Context as _, Result, ensure};
use aya::maps::{Array, MapData};
use nbw::bpf::{DetectOptions, Digests, LoadOptions, Object};
use nbw_common::abi::{BUDGET, Digest, LinkIdent, maps, programs};

use super::{Field, Row, frames};

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
type Expected = RangeInclusive<usize>;

const NONE: Expected = 0..=0;

impl Reader {
    /// Reads them all, which begins the next era; sees that there are as many as there should be where the round `counts`.
    pub(super) fn read(&mut self, counts: bool) -> Result<()> {
        let mut all = 0;
        loop {
            let read = self.digests.read(|_| ());
            all += read.digests;
            if read.complete {
                break;
            }
        }
        ensure!(!counts || self.expected.contains(&all), "a round gave {all} digests, and not {:?}", self.expected);
        Ok(())
    }
}

fn row<'a>(name: &'a str, program: &'a str, frame: &[u8]) -> Row<'a> {
    (Some(name), program, vec![frame.to_vec()])
}

/// A row of which the frames are from many.
fn row_of_many<'a>(name: &'a str, program: &'a str, frame: &[u8; 64]) -> Row<'a> {
    (Some(name), program, frames::many(frame))
}

/// Adds the rows.
pub(super) fn add(field: &mut Field, repeat: u32) -> Result<()> {
    add_quiet(field)?;
    for rows in [
        vec![
            row_of_many("tc-detect-syn", programs::DETECT_EGRESS, &frames::SYN),
            row_of_many("tc-detect-syn-ingress", programs::DETECT_INGRESS, &frames::SYN),
        ],
        vec![row("tc-detect-udp", programs::DETECT_INGRESS, &frames::UDP)],
    ] {
        add_object(field, DetectOptions::default(), steady()?, None, rows)?;
    }
    let watched = vec![row_of_many("tc-detect-watched", programs::DETECT_INGRESS, &frames::TCP)];
    add_object(field, DetectOptions::default(), steady()?, Some((frames::TARGET, frames::TCP_PORT)), watched)?;
    let each = vec![row("tc-detect-digest", programs::DETECT_INGRESS, &frames::SYN)];
    add_object(field, unsampled(repeat)?, repeat as usize..=repeat as usize, None, each)
}

/// Established TCP: nothing is wrong.
fn add_quiet(field: &mut Field) -> Result<()> {
    let quiet = vec![
        row("tc-detect", programs::DETECT_EGRESS, &frames::TCP),
        row("tc-detect-ingress", programs::DETECT_INGRESS, &frames::TCP),
        row("tc-detect-ipv6", programs::DETECT_EGRESS, &frames::TCP_IPV6),
        row("tc-detect-tagged", programs::DETECT_INGRESS, &frames::TCP_TAGGED),
    ];
    add_object(field, DetectOptions::default(), NONE, None, quiet)?;
    for (name, port) in [("tc-detect-watching", 80), ("tc-detect-watching-port", frames::TCP_PORT)] {
        let others = vec![row(name, programs::DETECT_INGRESS, &frames::TCP)];
        add_object(field, DetectOptions::default(), NONE, Some((ELSEWHERE, port)), others)?;
    }
    Ok(())
}

/// A steady flood gives one to two budgets of digests in each era; of conversations some more or less, by chance.
fn steady() -> Result<Expected> {
    let cpus = aya::util::nr_cpus().map_err(|(file, error)| anyhow::anyhow!("{file}: {error}"))?;
    let budget = BUDGET as usize / cpus;
    Ok(budget / 4..=6 * budget)
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
    watched: Option<(Ipv4Addr, u16)>,
    rows: Vec<Row<'_>>,
) -> Result<()> {
    let mut object = Object::load(&LoadOptions { detect: Some(detect), ..LoadOptions::default() })?;
    let map = object.ebpf_mut().map_mut(maps::LINK_IDENTS).context("there are no interfaces")?;
    let ident = LinkIdent { ifindex: LO, link_header: 14, ..LinkIdent::default() };
    Array::<&mut MapData, LinkIdent>::try_from(map)?.set(LO, ident, 0)?;
    let mut digests = Digests::open(&mut object)?;
    digests.watch(watched.map(SocketAddr::from))?;
    field.readers.insert(field.objects.len(), Reader { digests, expected });
    field.add_with_frames(object.into_ebpf(), rows)
}
