//! Speed, duplex, modes, offloads and rings, by ethtool's netlink interface.

mod modes;

use std::{collections::HashMap, sync::Arc, time::Duration};

use ethtool::{
    EthtoolAttr, EthtoolError, EthtoolFeatureAttr, EthtoolFeatureBit, EthtoolHandle, EthtoolHeader, EthtoolMessage,
    EthtoolRingAttr,
};
use futures_util::{Stream, StreamExt};
use netlink_packet_generic::GenlMessage;

use self::modes::Modes;
use super::links::Interface;
use crate::text;

/// A driver that sleeps is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Offloads that spare the CPU packets, as the kernel and `ethtool -k` call them.
const OFFLOADS: [&str; 5] =
    ["tx-tcp-segmentation", "tx-tcp6-segmentation", "tx-generic-segmentation", "tx-udp-segmentation", "rx-gro"];

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
    let mut feature = handle.feature();
    let mut ring = handle.ring();
    let take = |modes: Modes| {
        if let Some(interface) = by_index.get_mut(&modes.index) {
            take_modes(interface, &modes);
        }
    };
    modes::each(handle, take).await;
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
        EthtoolAttr::Feature(EthtoolFeatureAttr::Header(header))
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
    let (mut ring, mut longest) = (None, None);
    for attribute in attributes {
        match attribute {
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
    interface.ring = ring.zip(longest).or(interface.ring);
}

fn take_modes(interface: &mut Interface, modes: &Modes) {
    interface.speed = modes.speed;
    interface.duplex = modes.duplex;
    interface.fastest = modes.fastest();
    interface.fastest_of_both = modes.fastest_of_both();
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
    fn an_answer_is_taken_in() {
        let mut interface = Interface::default();
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
