//! The maps. Sizes are the defaults; userspace sets those that depend on the number of CPUs and slots.

use aya_ebpf::{
    bindings::{BPF_F_MMAPABLE, bpf_map_type::BPF_MAP_TYPE_SK_STORAGE},
    macros::{btf_map, map},
    maps::{Array, HashMap, Queue, RingBuf},
};
use nbw_common::abi::{
    CONNECTION_SLOTS, CONTROLS, ConnectionIdent, DETECT_ROWS, EndKey, Endpoint, GROUP_SLOTS, GroupIdent, GroupKey,
    HEALTH_STRIDE, JOURNAL_PER_SLOT, LINK_SLOTS, LinkIdent, MOST_WATCHED, PaceCell, RING_BYTES, ROW_CELLS, SocketCache,
    SocketOwner, Spill, Stripe,
};

#[map]
pub static LINK_STRIPES: Array<Stripe> = Array::with_max_entries(LINK_SLOTS, BPF_F_MMAPABLE);
#[map]
pub static LINK_IDENTS: Array<LinkIdent> = Array::with_max_entries(LINK_SLOTS, BPF_F_MMAPABLE);
#[map]
pub static LINK_SPILLS: Array<Spill> = Array::with_max_entries(LINK_SLOTS, BPF_F_MMAPABLE);
#[map]
pub static FAR_LINKS: HashMap<u32, u32> = HashMap::with_max_entries(LINK_SLOTS, 0);

#[map]
pub static GROUP_STRIPES: Array<Stripe> = Array::with_max_entries(GROUP_SLOTS, BPF_F_MMAPABLE);
#[map]
pub static GROUP_IDENTS: Array<GroupIdent> = Array::with_max_entries(GROUP_SLOTS, BPF_F_MMAPABLE);
#[map]
pub static GROUP_SPILLS: Array<Spill> = Array::with_max_entries(GROUP_SLOTS, BPF_F_MMAPABLE);
#[map]
pub static GROUP_INDEX: HashMap<GroupKey, u64> = HashMap::with_max_entries(GROUP_SLOTS, 0);
#[map]
pub static GROUP_FREE: Queue<u32> = Queue::with_max_entries(GROUP_SLOTS, 0);
#[map]
pub static GROUP_NEXT: Array<u64> = Array::with_max_entries(1, BPF_F_MMAPABLE);

#[map]
pub static CONNECTION_STRIPES: Array<Stripe> = Array::with_max_entries(CONNECTION_SLOTS, BPF_F_MMAPABLE);
#[map]
pub static CONNECTION_SPILLS: Array<Spill> = Array::with_max_entries(CONNECTION_SLOTS, BPF_F_MMAPABLE);
#[map]
pub static CONNECTION_IDENTS: Array<ConnectionIdent> = Array::with_max_entries(CONNECTION_SLOTS, BPF_F_MMAPABLE);
#[map]
pub static CONNECTION_FREE: Array<u64> = Array::with_max_entries(CONNECTION_SLOTS, BPF_F_MMAPABLE);
#[map]
pub static CONNECTION_TAKEN: Array<u64> = Array::with_max_entries(1, BPF_F_MMAPABLE);
#[map]
pub static CONNECTION_NEXT: Array<u64> = Array::with_max_entries(1, BPF_F_MMAPABLE);
#[map]
pub static JOURNAL: Array<u64> = Array::with_max_entries(CONNECTION_SLOTS * JOURNAL_PER_SLOT, BPF_F_MMAPABLE);
#[map]
pub static JOURNAL_HEAD: Array<u64> = Array::with_max_entries(1, BPF_F_MMAPABLE);
#[map]
pub static CONNECTION_EPOCH: Array<u64> = Array::with_max_entries(1, BPF_F_MMAPABLE);
#[map]
pub static END_INDEX: HashMap<EndKey, u64> = HashMap::with_max_entries(CONNECTION_SLOTS, 0);

#[map]
pub static PACE_CELLS: Array<PaceCell> = Array::with_max_entries(DETECT_ROWS * ROW_CELLS, 0);
#[map]
pub static DIGESTS: RingBuf = RingBuf::with_byte_size(RING_BYTES, 0);
#[map]
pub static DETECT_CONTROL: Array<u64> = Array::with_max_entries(CONTROLS, BPF_F_MMAPABLE);
#[map]
pub static WATCHED: HashMap<Endpoint, u32> = HashMap::with_max_entries(MOST_WATCHED, 0);

#[map]
pub static HEALTH: Array<u64> = Array::with_max_entries(HEALTH_STRIDE, BPF_F_MMAPABLE);

/// `BPF_F_NO_PREALLOC | BPF_F_CLONE`: the kernel demands the first; with the second an accepted socket inherits
/// what its listener remembers.
const SOCKET_FLAGS: usize = 0x201;

/// Socket-local storage with `BPF_F_CLONE`. aya-ebpf's own `SkStorage` fixes its flags; the loader only looks at
/// the layout in BTF, which is libbpf's.
#[repr(C)]
pub struct CloneableSkStorage<T> {
    r#type: *const [i32; BPF_MAP_TYPE_SK_STORAGE as usize],
    key: *const i32,
    value: *const T,
    max_entries: *const [i32; 0],
    map_flags: *const [i32; SOCKET_FLAGS],
}

// SAFETY: the fields only describe the map to the loader; nobody dereferences them.
unsafe impl<T> Sync for CloneableSkStorage<T> {}

impl<T> CloneableSkStorage<T> {
    const fn new() -> Self {
        Self {
            r#type: core::ptr::null(),
            key: core::ptr::null(),
            value: core::ptr::null(),
            max_entries: core::ptr::null(),
            map_flags: core::ptr::null(),
        }
    }

    /// The map, as helpers want it.
    #[inline(always)]
    pub const fn as_ptr(&'static self) -> *mut core::ffi::c_void {
        core::ptr::from_ref(self).cast_mut().cast()
    }
}

#[btf_map]
pub static SOCKETS: CloneableSkStorage<SocketCache> = CloneableSkStorage::new();
#[btf_map]
pub static OWNERS: CloneableSkStorage<SocketOwner> = CloneableSkStorage::new();
