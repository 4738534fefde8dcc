//! The beginning of a pcapng block: its type and length.

use super::Fault;

/// Block types.
pub(super) const SECTION: u32 = 0x0a0d_0d0a;
pub(super) const INTERFACE: u32 = 1;
pub(super) const PACKET: u32 = 2;
pub(super) const SIMPLE_PACKET: u32 = 3;
pub(super) const ENHANCED_PACKET: u32 = 6;

/// Type and length.
pub(super) const HEAD: usize = 8;
/// Type, length, and length again.
const LEAST: u32 = 12;
/// A section's head, and its byte order behind it.
pub(super) const SECTION_HEAD: usize = 12;
const BIG: [u8; 4] = [0x1a, 0x2b, 0x3c, 0x4d];
const LITTLE: [u8; 4] = [0x4d, 0x3c, 0x2b, 0x1a];

/// Numbers in the byte order of a section.
#[inline]
pub(super) fn number(bytes: [u8; 4], is_big: bool) -> u32 {
    if is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}

/// A block's type and length in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) kind: u32,
    pub(super) length: u32,
}

impl Head {
    #[inline]
    pub(super) fn read(bytes: &[u8; HEAD], is_big: bool) -> Result<Self, Fault> {
        let [a, b, c, d, e, f, g, h] = *bytes;
        let (kind, length) = (number([a, b, c, d], is_big), number([e, f, g, h], is_big));
        if length < LEAST || length % 4 != 0 {
            return Err(Fault::Broken(format!(
                "a block of type {kind:#x} says that it has {length} bytes, which cannot be"
            )));
        }
        Ok(Self { kind, length })
    }

    /// Whether the length that ends the block, which is all there, is the one that it begins with.
    pub(super) fn check_end(self, block: &[u8], is_big: bool) -> Result<(), Fault> {
        let end = block.last_chunk().map_or(0, |end| number(*end, is_big));
        if end == self.length {
            return Ok(());
        }
        let Self { kind, length } = self;
        Err(Fault::Broken(format!(
            "a block of type {kind:#x} begins with a length of {length} bytes and ends with one of {end}"
        )))
    }
}

/// Whether a section's numbers are big-endian: behind its head is a number that says so.
pub(super) fn is_big(section: &[u8; SECTION_HEAD]) -> Result<bool, Fault> {
    match &section[HEAD..] {
        order if order == BIG => Ok(true),
        order if order == LITTLE => Ok(false),
        _ => Err(Fault::Broken("a section has no byte order".into())),
    }
}
