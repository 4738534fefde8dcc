//! Word of the changes of interfaces.

use std::{collections::HashSet, io};

use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::{AsyncSocket, AsyncSocketExt, SocketAddr, TokioSocket, protocols::NETLINK_ROUTE};

/// Tells when interfaces have appeared, vanished or changed.
pub struct LinkWatch {
    socket: TokioSocket,
    deleted: HashSet<u32>,
}

impl LinkWatch {
    /// Begins to listen, in the current network namespace.
    ///
    /// # Errors
    /// When the netlink socket cannot be made.
    pub fn start() -> io::Result<Self> {
        let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
        socket.socket_mut().bind(&SocketAddr::new(0, libc::RTMGRP_LINK as u32))?;
        Ok(Self { socket, deleted: HashSet::new() })
    }

    /// Waits for the next change. What it was hardly matters: the caller lists the interfaces anew, so messages that
    /// the kernel had to drop (`ENOBUFS`) are a change like any other.
    pub async fn changed(&mut self) {
        let mut buffer = bytes_for_a_message();
        // An error is the kernel's word that messages were lost.
        if self.socket.recv_from(&mut buffer).await.is_ok() {
            self.deleted.extend(deleted(&buffer));
        }
    }

    /// Takes in what has come meanwhile, so that a burst of changes is one change; to be called before the interfaces
    /// are listed. Returns the indices of interfaces that were deleted since the last call: another interface may have
    /// such an index by now.
    pub fn drain(&mut self) -> HashSet<u32> {
        let mut buffer = bytes_for_a_message();
        loop {
            match self.socket.socket_mut().recv_from(&mut buffer, libc::MSG_DONTWAIT) {
                Ok(_) => self.deleted.extend(deleted(&buffer)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => {}
            }
            buffer.clear();
        }
        std::mem::take(&mut self.deleted)
    }
}

/// The interface that a message says is gone. (A bridge says something similar of interfaces that only left it.)
fn deleted(message: &[u8]) -> Option<u32> {
    match NetlinkMessage::deserialize(message).ok()?.payload {
        NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelLink(link))
            if link.header.interface_family == AddressFamily::Unspec =>
        {
            Some(link.header.index)
        }
        _ => None,
    }
}

fn bytes_for_a_message() -> Vec<u8> {
    Vec::with_capacity(64 * 1024)
}
