//! Speed, duplex, modes, offloads and rings, by ethtool's netlink interface.

use std::{collections::HashMap, sync::Arc, time::Duration};

use ethtool::{
    EthtoolAttr, EthtoolError, EthtoolFeatureAttr, EthtoolFeatureBit, EthtoolHandle, EthtoolHeader,
    EthtoolLinkModeAttr, EthtoolLinkModeDuplex, EthtoolMessage, EthtoolRingAttr,
};
use futures_util::{Stream, StreamExt};
use netlink_packet_generic::GenlMessage;

use super::links::{Duplex, Interface};
use crate::text;

/// A driver that sleeps is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Offloads that spare the CPU packets, as the kernel and `ethtool -k` call them.
const OFFLOADS: [&str; 5] =
    ["tx-tcp-segmentation", "tx-tcp6-segmentation", "tx-generic-segmentation", "tx-udp-segmentation", "rx-gro"];

/// A speed that the kernel does not know (`SPEED_UNKNOWN`).
const UNKNOWN: u32 = u32::MAX;

/// Adds what the kernel says of each interface.
pub(super) async fn enrich(interfaces: &mut [Interface]) {
    let Ok((connection, mut handle, _)) = ethtool::new_connection() else { return };
    let serving = tokio::spawn(connection);
    // What does not answer in time is not known.
    let _ = tokio::time::timeout(PATIENCE, ask(&mut handle, interfaces)).await;
    serving.abort();
}

async fn ask(handle: &mut EthtoolHandle, interfaces: &mut [Interface]) {
    let mut by_index: HashMap<u32, &mut Interface> =
        interfaces.iter_mut().map(|interface| (interface.index, interface)).collect();
    let mut link_mode = handle.link_mode();
    let mut feature = handle.feature();
    let mut ring = handle.ring();
    each(link_mode.get(None).execute().await, &mut by_index).await;
    each(feature.get(None).execute().await, &mut by_index).await;
    each(ring.get(None).execute().await, &mut by_index).await;
}

/// One answer for each interface that has such a thing.
async fn each(
    answers: Result<impl Stream<Item = Result<GenlMessage<EthtoolMessage>, EthtoolError>>, EthtoolError>,
    interfaces: &mut HashMap<u32, &mut Interface>,
) {
    let Ok(answers) = answers else { return };
    let mut answers = std::pin::pin!(answers);
    while let Some(Ok(answer)) = answers.next().await {
        let attributes = answer.payload.nlas;
        if let Some(index) = attributes.iter().find_map(index)
            && let Some(interface) = interfaces.get_mut(&index)
        {
            take(interface, &attributes);
        }
    }
}

fn index(attribute: &EthtoolAttr) -> Option<u32> {
    let header = match attribute {
        EthtoolAttr::LinkMode(EthtoolLinkModeAttr::Header(header))
        | EthtoolAttr::Feature(EthtoolFeatureAttr::Header(header))
        | EthtoolAttr::Ring(EthtoolRingAttr::Header(header)) => header,
        _ => return None,
    };
    header.iter().find_map(|part| match part {
        EthtoolHeader::DevIndex(index) => Some(*index),
        _ => None,
    })
}

fn take(interface: &mut Interface, attributes: &[EthtoolAttr]) {
    let (mut changeable, mut active) = (&[][..], &[][..]);
    let (mut ours, mut theirs) = (&[][..], &[][..]);
    let (mut ring, mut longest) = (None, None);
    for attribute in attributes {
        match attribute {
            EthtoolAttr::LinkMode(EthtoolLinkModeAttr::Ours(modes)) => ours = modes,
            EthtoolAttr::LinkMode(EthtoolLinkModeAttr::Peer(modes)) => theirs = modes,
            EthtoolAttr::LinkMode(mode) => take_mode(interface, mode),
            EthtoolAttr::Feature(EthtoolFeatureAttr::Hw(bits)) => changeable = bits,
            EthtoolAttr::Feature(EthtoolFeatureAttr::Active(bits)) => active = bits,
            EthtoolAttr::Ring(EthtoolRingAttr::Rx(length)) => ring = Some(*length),
            EthtoolAttr::Ring(EthtoolRingAttr::RxMax(length)) => longest = Some(*length),
            _ => {}
        }
    }
    if !changeable.is_empty() {
        interface.offloads_off = switched_off(changeable, active);
    }
    interface.fastest = fastest(ours.iter()).or(interface.fastest);
    let of_both = ours.iter().filter(|mode| theirs.contains(mode));
    interface.fastest_of_both = fastest(of_both).or(interface.fastest_of_both);
    interface.ring = ring.zip(longest).or(interface.ring);
}

fn take_mode(interface: &mut Interface, mode: &EthtoolLinkModeAttr) {
    match mode {
        EthtoolLinkModeAttr::Speed(megabits) if ![0, UNKNOWN].contains(megabits) => {
            interface.speed = Some(u64::from(*megabits) * 1_000_000);
        }
        EthtoolLinkModeAttr::Duplex(EthtoolLinkModeDuplex::Half) => interface.duplex = Some(Duplex::Half),
        EthtoolLinkModeAttr::Duplex(EthtoolLinkModeDuplex::Full) => interface.duplex = Some(Duplex::Full),
        _ => {}
    }
}

fn fastest<'a>(modes: impl Iterator<Item = &'a String>) -> Option<u64> {
    modes.filter_map(|mode| speed(mode)).max()
}

/// Bits a second of a mode such as `1000baseT/Full`.
fn speed(mode: &str) -> Option<u64> {
    let (megabits, _) = mode.split_once("base")?;
    megabits.parse::<u64>().ok().map(|megabits| megabits * 1_000_000)
}

/// Those of [`OFFLOADS`] that the user may change and that are off.
fn switched_off(changeable: &[EthtoolFeatureBit], active: &[EthtoolFeatureBit]) -> Vec<Arc<str>> {
    let has = |bits: &[EthtoolFeatureBit], name: &str| bits.iter().any(|bit| bit.name == name && bit.value);
    let off = OFFLOADS.iter().filter(|name| has(changeable, name) && !has(active, name));
    off.map(|name| text::clean(name).into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_have_their_speed_in_front() {
        assert_eq!(speed("1000baseT/Full"), Some(1_000_000_000));
        assert_eq!(speed("10000baseCR4/Full"), Some(10_000_000_000));
        assert_eq!((speed("Autoneg"), speed("baseT")), (None, None));
    }

    #[test]
    fn what_both_ends_offer_is_found() {
        let modes = |modes: &[&str]| modes.iter().map(|mode| (*mode).to_owned()).collect::<Vec<_>>();
        let both = |theirs: Vec<String>| {
            let ours = modes(&["Autoneg", "1000baseT/Full", "2500baseT/Full"]);
            let mut interface = Interface::default();
            let ours = EthtoolAttr::LinkMode(EthtoolLinkModeAttr::Ours(ours));
            take(&mut interface, &[ours, EthtoolAttr::LinkMode(EthtoolLinkModeAttr::Peer(theirs))]);
            (interface.fastest, interface.fastest_of_both)
        };
        let (slow, fast) = (Some(1_000_000_000), Some(2_500_000_000));
        assert_eq!(both(modes(&["Autoneg", "100baseT/Full", "1000baseT/Full"])), (fast, slow));
        assert_eq!(both(modes(&["2500baseT/Full", "10000baseT/Full"])), (fast, fast));
        assert_eq!(both(modes(&[])), (fast, None));
    }

    #[test]
    fn an_answer_is_taken_in() {
        let mut interface = Interface::default();
        take(
            &mut interface,
            &[
                EthtoolAttr::LinkMode(EthtoolLinkModeAttr::Speed(100)),
                EthtoolAttr::LinkMode(EthtoolLinkModeAttr::Duplex(EthtoolLinkModeDuplex::Half)),
                EthtoolAttr::LinkMode(EthtoolLinkModeAttr::Ours(vec!["100baseT/Half".into(), "1000baseT/Full".into()])),
            ],
        );
        assert_eq!(
            (interface.speed, interface.duplex, interface.fastest),
            (Some(100_000_000), Some(Duplex::Half), Some(1_000_000_000))
        );
        take(&mut interface, &[EthtoolAttr::LinkMode(EthtoolLinkModeAttr::Speed(UNKNOWN))]);
        assert_eq!(interface.speed, Some(100_000_000));
        let bit = |name: &str| EthtoolFeatureBit { index: 1, name: name.into(), value: true };
        let hw = vec![bit("rx-gro"), bit("tx-tcp-segmentation"), bit("rx-all")];
        let active = vec![bit("rx-gro")];
        take(
            &mut interface,
            &[
                EthtoolAttr::Feature(EthtoolFeatureAttr::Hw(hw)),
                EthtoolAttr::Feature(EthtoolFeatureAttr::Active(active)),
                EthtoolAttr::Ring(EthtoolRingAttr::RxMax(4096)),
                EthtoolAttr::Ring(EthtoolRingAttr::Rx(256)),
            ],
        );
        assert_eq!(interface.offloads_off, ["tx-tcp-segmentation".into()]);
        assert_eq!(interface.ring, Some((256, 4096)));
    }
}
