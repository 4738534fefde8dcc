//! `struct __sk_buff` as `BPF_PROG_TEST_RUN` takes it: what is set here the kernel puts into the packet's own structure.

/// Size of the structure up to its last field, `hwtstamp`.
const SIZE: usize = 192;

/// Offsets of its fields: kernel ABI (`include/uapi/linux/bpf.h`).
mod offset {
    pub(super) const IFINDEX: usize = 40;
    pub(super) const VLAN_PRESENT: usize = 20;
    pub(super) const WIRE_LEN: usize = 160;
    pub(super) const GSO_SEGS: usize = 164;
    pub(super) const GSO_SIZE: usize = 176;
}

/// What is told about a packet besides its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Context {
    /// Segments; 0 where the sender did not say.
    pub(crate) gso_segs: u32,
    /// Payload of each segment; 0 for a packet that is one frame.
    pub(crate) gso_size: u32,
    /// The kernel's own word for all bytes on the wire; 0: the packet's length.
    pub(crate) wire_len: u32,
    /// Interface in the namespace of the caller; 0: `lo`.
    pub(crate) ifindex: u32,
    /// A tag beside the packet, which test runs do not allow.
    pub(crate) vlan_present: u32,
}

impl Context {
    /// A packet of `segments` segments of `size` bytes each.
    pub(crate) fn segmented(gso_segs: u32, gso_size: u32) -> Self {
        Self { gso_segs, gso_size, ..Self::default() }
    }

    /// The structure.
    pub(crate) fn bytes(self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        let fields = [
            (offset::VLAN_PRESENT, self.vlan_present),
            (offset::IFINDEX, self.ifindex),
            (offset::WIRE_LEN, self.wire_len),
            (offset::GSO_SEGS, self.gso_segs),
            (offset::GSO_SIZE, self.gso_size),
        ];
        for (at, value) in fields {
            bytes[at..at + 4].copy_from_slice(&value.to_ne_bytes());
        }
        bytes
    }
}
