//! Link modes, by ethtool's netlink interface (`LINKMODES_GET`).
//!
//! The crate ethtool asks the same, but takes no notice of what the other end offers: the kernel lists those bits without a value
//! (`ETHTOOL_A_BITSET_NOMASK`: what is listed is set), and the crate leaves out what has none.

use ethtool::EthtoolHandle;
use futures_util::StreamExt;
use netlink_packet_core::{
    DecodeError, Emitable, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload, NlasIterator,
    ParseableParametrized,
};
use netlink_packet_generic::{GenlFamily, GenlHeader, GenlMessage};

use crate::insight::facts::links::Duplex;

/// `ETHTOOL_MSG_LINKMODES_GET`.
const GET: u8 = 4;

/// Attributes of the answer (`ETHTOOL_A_LINKMODES_*` in linux/ethtool_netlink.h).
const HEADER: u16 = 1;
const OURS: u16 = 3;
const PEER: u16 = 4;
const SPEED: u16 = 5;
const DUPLEX: u16 = 6;

/// `ETHTOOL_A_HEADER_DEV_INDEX`.
const DEV_INDEX: u16 = 1;

/// Attributes of a bitset, and of a bit (`ETHTOOL_A_BITSET_*`).
const NOMASK: u16 = 1;
const BITS: u16 = 3;
const BIT_NAME: u16 = 2;
const BIT_VALUE: u16 = 3;

/// A question for all interfaces: a header with nothing in it (`NLA_F_NESTED`).
const QUESTION: [u16; 2] = [4, HEADER | 0x8000];

/// A speed that the kernel does not know (`SPEED_UNKNOWN`).
const UNKNOWN: u32 = u32::MAX;

/// What an interface and its other end can do, and what they do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Modes {
    /// The interface's index.
    pub(super) index: u32,
    /// Bits a second.
    pub(super) speed: Option<u64>,
    pub(super) duplex: Option<Duplex>,
    /// The names of the modes that the interface offers to the other end, such as `1000baseT/Full`.
    ours: Vec<String>,
    /// The names of those that the other end offers.
    theirs: Vec<String>,
}

/// Attributes as they come and go.
#[derive(Debug)]
struct Message(Vec<u8>);

impl GenlFamily for Message {
    fn family_name() -> &'static str {
        "ethtool"
    }

    fn command(&self) -> u8 {
        GET
    }

    fn version(&self) -> u8 {
        1
    }
}

impl Emitable for Message {
    fn buffer_len(&self) -> usize {
        self.0.len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        buffer[..self.0.len()].copy_from_slice(&self.0);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Message {
    fn parse_with_param(bytes: &[u8], _: GenlHeader) -> Result<Self, DecodeError> {
        Ok(Self(bytes.to_vec()))
    }
}

/// Hands over what the kernel says of each interface, as it comes.
pub(super) async fn each(handle: &mut EthtoolHandle, mut take: impl FnMut(Modes)) {
    let question = QUESTION.iter().flat_map(|half| half.to_ne_bytes()).collect();
    let mut message = NetlinkMessage::from(GenlMessage::from_payload(Message(question)));
    message.header.flags = NLM_F_REQUEST | NLM_F_DUMP | NLM_F_ACK;
    let Ok(answers) = handle.handle.request(message).await else { return };
    let mut answers = std::pin::pin!(answers);
    while let Some(Ok(answer)) = answers.next().await {
        if let NetlinkPayload::InnerMessage(answer) = answer.payload {
            take(Modes::of(&answer.payload.0));
        }
    }
}

impl Modes {
    fn of(attributes: &[u8]) -> Self {
        let mut modes = Self::default();
        for (kind, value) in parts(attributes) {
            match kind {
                HEADER => modes.index = parts(value).find(|part| part.0 == DEV_INDEX).and_then(number).unwrap_or(0),
                OURS => modes.ours = bitset(value),
                PEER => modes.theirs = bitset(value),
                SPEED => modes.speed = number((kind, value)).filter(|speed| ![0, UNKNOWN].contains(speed)).map(bits),
                DUPLEX => modes.duplex = value.first().and_then(|value| duplex(*value)),
                _ => {}
            }
        }
        modes
    }

    /// The fastest of the modes that are offered, in bits a second.
    pub(super) fn fastest(&self) -> Option<u64> {
        self.ours.iter().filter_map(|mode| speed(mode)).max()
    }

    /// The fastest of those that both ends offer; none where the other end offers nothing, or the driver does not tell.
    pub(super) fn fastest_of_both(&self) -> Option<u64> {
        self.ours.iter().filter(|mode| self.theirs.contains(mode)).filter_map(|mode| speed(mode)).max()
    }
}

fn parts(attributes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    NlasIterator::new(attributes).map_while(Result::ok).map(|part| (part.kind(), part.into_inner())).map(value)
}

/// An attribute without its header.
fn value((kind, attribute): (u16, &[u8])) -> (u16, &[u8]) {
    let length = attribute.get(..2).map_or(0, |length| usize::from(u16::from_ne_bytes([length[0], length[1]])));
    (kind, attribute.get(4..length).unwrap_or_default())
}

fn number((_, value): (u16, &[u8])) -> Option<u32> {
    Some(u32::from_ne_bytes(value.get(..4)?.try_into().ok()?))
}

fn bits(megabits: u32) -> u64 {
    u64::from(megabits) * 1_000_000
}

/// `DUPLEX_HALF`, `DUPLEX_FULL`.
fn duplex(value: u8) -> Option<Duplex> {
    match value {
        0 => Some(Duplex::Half),
        1 => Some(Duplex::Full),
        _ => None,
    }
}

/// The names of the bits that are set. With a mask those have a value; without one all that are listed are set.
fn bitset(attributes: &[u8]) -> Vec<String> {
    let all_are_set = parts(attributes).any(|part| part.0 == NOMASK);
    let bits = parts(attributes).filter(|part| part.0 == BITS).flat_map(|part| parts(part.1));
    let set = bits.filter(|(_, bit)| all_are_set || parts(bit).any(|part| part.0 == BIT_VALUE));
    let name = |(_, bit): (u16, &[u8])| parts(bit).find(|part| part.0 == BIT_NAME).map(|part| text(part.1));
    set.filter_map(name).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

/// Bits a second of a mode such as `1000baseT/Full`.
fn speed(mode: &str) -> Option<u64> {
    let (megabits, _) = mode.split_once("base")?;
    megabits.parse().ok().map(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attribute as the kernel writes it.
    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn bit(name: &str, set: Option<bool>) -> Vec<u8> {
        let value = if set == Some(true) { attribute(BIT_VALUE, &[]) } else { Vec::new() };
        let parts = [attribute(1, &[0; 4]), attribute(BIT_NAME, format!("{name}\0").as_bytes()), value];
        attribute(1 | 0x8000, &parts.concat())
    }

    /// What Linux's net/ethtool/linkmodes.c writes: ours with a mask, the other end's as a list.
    fn answer(ours: &[(&str, bool)], theirs: &[&str], megabits: u32) -> Modes {
        let ours: Vec<u8> = ours.iter().flat_map(|(name, set)| bit(name, Some(*set))).collect();
        let theirs: Vec<u8> = theirs.iter().flat_map(|name| bit(name, None)).collect();
        let size = attribute(2, &[0; 4]);
        let ours = [size.clone(), attribute(BITS | 0x8000, &ours)].concat();
        let theirs = [attribute(NOMASK, &[]), size, attribute(BITS | 0x8000, &theirs)].concat();
        let attributes = [
            attribute(HEADER | 0x8000, &attribute(DEV_INDEX, &7_u32.to_ne_bytes())),
            attribute(2, &[1]),
            attribute(OURS | 0x8000, &ours),
            attribute(PEER | 0x8000, &theirs),
            attribute(SPEED, &megabits.to_ne_bytes()),
            attribute(DUPLEX, &[1]),
        ];
        Modes::of(&attributes.concat())
    }

    #[test]
    fn what_both_ends_offer_is_found() {
        let ours = [("Autoneg", true), ("1000baseT/Full", true), ("2500baseT/Full", true), ("10000baseT/Full", false)];
        let (slow, fast) = (Some(1_000_000_000), Some(2_500_000_000));
        let modes = answer(&ours, &["Autoneg", "100baseT/Full", "1000baseT/Full"], 1_000);
        assert_eq!((modes.index, modes.speed, modes.duplex), (7, slow, Some(Duplex::Full)));
        assert_eq!((modes.fastest(), modes.fastest_of_both()), (fast, slow));
        assert_eq!(answer(&ours, &["2500baseT/Full", "10000baseT/Full"], 1_000).fastest_of_both(), fast);
        assert_eq!(answer(&ours, &[], UNKNOWN), Modes { speed: None, theirs: Vec::new(), ..modes });
    }

    #[test]
    fn modes_have_their_speed_in_front() {
        assert_eq!(speed("1000baseT/Full"), Some(1_000_000_000));
        assert_eq!(speed("10000baseCR4/Full"), Some(10_000_000_000));
        assert_eq!((speed("Autoneg"), speed("baseT")), (None, None));
    }

    #[test]
    fn nonsense_is_nothing() {
        for bytes in [&[][..], &[1], &[4, 0, 3, 0], &[8, 0, 3, 128, 200, 0, 3, 0], &[255, 255, 4, 0, 1]] {
            assert_eq!((Modes::of(bytes).fastest(), Modes::of(bytes).speed), (None, None), "{bytes:?}");
        }
    }
}
