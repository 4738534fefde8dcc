//! A layer of a packet: its bytes as far as they were captured, and how many there were on the wire.

/// From a header on.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    /// What was captured; never more than [`Self::wire`].
    pub(super) bytes: &'a [u8],
    /// Bytes on the wire.
    pub(super) wire: usize,
    /// The network that it is of, by the tags and tunnels around it; 0 without any.
    pub(super) net: u32,
}

impl<'a> View<'a> {
    #[inline]
    pub(super) fn new(bytes: &'a [u8], wire: usize) -> Self {
        // Some captures say that a packet was shorter than what they have of it: what is there was there.
        Self { bytes, wire: wire.max(bytes.len()), net: 0 }
    }

    /// Behind a header of so many bytes, if all of it was captured.
    #[inline]
    pub(super) fn skip(self, length: usize) -> Option<Self> {
        let bytes = self.bytes.get(length..)?;
        Some(Self { bytes, wire: self.wire - length, ..self })
    }

    /// The first `length` bytes: what is behind them is padding, or of another layer.
    #[inline]
    pub(super) fn limit(self, length: usize) -> Self {
        Self { bytes: &self.bytes[..self.bytes.len().min(length)], wire: self.wire.min(length), ..self }
    }

    /// Within the network of that number: a VLAN, or a tunnel's.
    pub(super) fn within(self, number: u32) -> Self {
        Self { net: self.net.rotate_left(12) ^ number.wrapping_add(1), ..self }
    }

    /// The 16 bits at `at`, big-endian.
    #[inline]
    pub(super) fn u16(self, at: usize) -> Option<u16> {
        self.bytes.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
    }

    /// The 32 bits at `at`, big-endian.
    pub(super) fn u32(self, at: usize) -> Option<u32> {
        self.bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }
}
