//! The ring of digests, and how far it was read: aya's own reader tells an empty ring no different from one whose next entry is
//! not finished yet.

use std::{io, ops::Deref, os::fd::AsFd};

use aya::maps::{MapData, RingBuf};
use nix::unistd::{SysconfVar, sysconf};

use super::shared::Words;

/// The ring. Its positions are the first words of two pages in front of it: how far it was read, and how far it is taken.
pub(super) struct Ring {
    entries: RingBuf<MapData>,
    positions: Words,
    taken: usize,
}

impl Ring {
    /// Maps the positions of a ring.
    ///
    /// # Errors
    /// What mmap says.
    pub(super) fn open(entries: RingBuf<MapData>) -> io::Result<Self> {
        let page = sysconf(SysconfVar::PAGE_SIZE)?.and_then(|page| usize::try_from(page).ok()).unwrap_or(4096);
        let positions = Words::look_at(entries.as_fd(), 2 * page)?;
        Ok(Self { entries, positions, taken: page / size_of::<u64>() })
    }

    /// Up to where places in the ring are taken by now: an entry gets its place before anything is written to it.
    pub(super) fn taken(&self) -> u64 {
        self.positions.load(self.taken)
    }

    /// Whether everything up to there was read.
    pub(super) fn is_read_to(&self, place: u64) -> bool {
        // Positions go on for ever, and may wrap.
        self.positions.load(0).wrapping_sub(place) <= u64::MAX / 2
    }

    /// The next entry, if it is finished; it is read when it is dropped.
    pub(super) fn next(&mut self) -> Option<impl Deref<Target = [u8]>> {
        self.entries.next()
    }
}
