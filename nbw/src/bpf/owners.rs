//! Tells the kernel side who has the sockets that were there before it.

use std::os::fd::AsRawFd;

use aya::maps::{MapData, SkStorage};
use nbw_common::abi::{SocketOwner, maps};

use super::Object;
use crate::failure::Failure;

/// Only where nothing is known yet: `BPF_NOEXIST`.
const NEW: u64 = 1;

/// Where the kernel side keeps sockets' owners.
pub struct OwnerMap(SkStorage<MapData, SocketOwner>);

impl OwnerMap {
    pub(super) fn open(object: &mut Object) -> Result<Self, Failure> {
        object.take_map(maps::OWNERS).map(Self)
    }

    /// Tells who has `socket`, unless that is known. Not an error where the kernel refuses: a socket that is no socket of
    /// IPv4 or IPv6, or that was closed meanwhile.
    pub fn tell(&mut self, socket: &impl AsRawFd, owner: &SocketOwner) {
        if let Err(error) = self.0.insert(socket, *owner, NEW) {
            tracing::trace!("owner of a socket not told: {error}");
        }
    }
}
