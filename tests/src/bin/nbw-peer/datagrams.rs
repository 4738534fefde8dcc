//! UDP.

use std::{
    io::Result,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
};

use crate::PATIENCE;

pub(crate) fn bind(address: SocketAddr) -> Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket)
}

/// A raw socket of IPv4, of a protocol by number.
pub(crate) fn raw(protocol: i32) -> Result<OwnedFd> {
    // SAFETY: the call takes no pointers; the descriptor is ours.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, protocol);
        Ok(OwnedFd::from_raw_fd(nix::errno::Errno::result(socket)?))
    }
}

/// Connects the socket, or has it have no remote end any more.
pub(crate) fn aim(socket: &UdpSocket, at: Option<SocketAddr>) -> Result<String> {
    if let Some(at) = at {
        socket.connect(at)?;
        return Ok(String::new());
    }
    let nowhere = libc::sockaddr { sa_family: libc::AF_UNSPEC as libc::sa_family_t, sa_data: [0; 14] };
    let length = size_of_val(&nowhere) as libc::socklen_t;
    // SAFETY: the address lives as long as the call.
    nix::errno::Errno::result(unsafe { libc::connect(socket.as_raw_fd(), &nowhere, length) })?;
    Ok(String::new())
}

pub(crate) fn join(socket: &UdpSocket, group: Ipv4Addr, interface: Ipv4Addr) -> Result<String> {
    socket.join_multicast_v4(&group, &interface)?;
    Ok(String::new())
}

/// Receives so many datagrams.
pub(crate) fn take(socket: &UdpSocket, count: usize) -> Result<String> {
    let (mut buffer, mut bytes) = ([0; 65_536], 0);
    for _ in 0..count {
        bytes += socket.recv(&mut buffer)?;
    }
    Ok(bytes.to_string())
}

/// Answers so many datagrams, each with twice its length.
pub(crate) fn answer(socket: &UdpSocket, count: usize) -> Result<String> {
    let (mut buffer, mut bytes) = ([0; 65_536], 0);
    for _ in 0..count {
        let (length, from) = socket.recv_from(&mut buffer)?;
        socket.send_to(&vec![7; 2 * length], from)?;
        bytes += length;
    }
    Ok(bytes.to_string())
}
