//! An array map's memory, shared with the kernel.

use std::{
    io,
    num::NonZeroUsize,
    os::fd::AsFd,
    ptr::NonNull,
    sync::atomic::{AtomicU64, Ordering},
};

use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

/// A mapped array, seen as 64-bit words: each is read and written whole, while the kernel adds to it.
pub(super) struct Words {
    base: NonNull<AtomicU64>,
    count: usize,
    mapped: usize,
}

// SAFETY: the memory is shared with the kernel already; all access is atomic.
unsafe impl Send for Words {}
// SAFETY: as above.
unsafe impl Sync for Words {}

impl Words {
    /// Maps the `entries` of an mmapable array whose values have `value_size` bytes, a multiple of 8.
    ///
    /// # Errors
    /// What mmap says.
    pub(super) fn map(map: impl AsFd, entries: u32, value_size: usize) -> io::Result<Self> {
        Self::mapped(map, entries as usize * value_size, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE)
    }

    /// Maps the first bytes of what others write, for reading only: to store would be fatal.
    ///
    /// # Errors
    /// What mmap says.
    pub(super) fn look_at(map: impl AsFd, bytes: usize) -> io::Result<Self> {
        Self::mapped(map, bytes, ProtFlags::PROT_READ)
    }

    fn mapped(map: impl AsFd, bytes: usize, how: ProtFlags) -> io::Result<Self> {
        let mapped = NonZeroUsize::new(bytes).ok_or(io::ErrorKind::InvalidInput)?;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let base = unsafe { mmap(None, mapped, how, MapFlags::MAP_SHARED, map, 0) }?;
        Ok(Self { base: base.cast(), count: bytes / size_of::<u64>(), mapped: bytes })
    }

    /// All words.
    pub(super) fn all(&self) -> &[AtomicU64] {
        // SAFETY: mapped for as long as self lives; page-aligned; only ever accessed as atomics from here.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.count) }
    }

    /// The word at `index`.
    pub(super) fn load(&self, index: usize) -> u64 {
        self.all()[index].load(Ordering::Acquire)
    }

    /// Writes the word at `index`.
    pub(super) fn store(&self, index: usize, value: u64) {
        self.all()[index].store(value, Ordering::Release);
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        // SAFETY: this mapping is ours and nobody has a reference into it any more.
        // A failure would mean that it was not mapped; there is nothing to be done about it here.
        let _ = unsafe { munmap(self.base.cast(), self.mapped) };
    }
}

/// The two 32-bit fields that share a word.
pub(super) fn halves(word: u64) -> (u32, u32) {
    let bytes = word.to_ne_bytes();
    let half = |at: usize| u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    (half(0), half(4))
}

/// The word of two 32-bit fields.
pub(super) fn whole(first: u32, second: u32) -> u64 {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&first.to_ne_bytes());
    bytes[4..].copy_from_slice(&second.to_ne_bytes());
    u64::from_ne_bytes(bytes)
}
