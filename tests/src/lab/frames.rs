//! Frames made by hand, sent as they are.

use std::{
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
};

use super::Netns;

/// EtherType for local experiments (IEEE 802): no protocol handler takes such frames.
const EXPERIMENTAL: u16 = 0x88b5;

/// An Ethernet frame to everybody, with a payload that nobody understands.
pub struct Frame(Vec<u8>);

impl Frame {
    /// A frame with these (EtherType, VLAN) tags, the outermost first, and a payload of `length` bytes.
    pub fn tagged(tags: &[(u16, u16)], length: usize) -> Self {
        let mut bytes = vec![0xff; 6];
        bytes.extend([0x02, 0, 0, 0, 0, 1]);
        for (kind, vlan) in tags {
            bytes.extend(kind.to_be_bytes());
            bytes.extend(vlan.to_be_bytes());
        }
        bytes.extend(EXPERIMENTAL.to_be_bytes());
        bytes.resize(bytes.len() + length, 0x55);
        Self(bytes)
    }

    /// Its length on the wire.
    pub fn length(&self) -> u64 {
        self.0.len() as u64
    }
}

/// Sends a frame `times` over through a packet socket, tags in the frame.
pub fn send_frames(netns: &Netns, interface: &str, frame: &Frame, times: usize) {
    let sent = netns.enter(|| send(interface, frame, times));
    sent.expect("frames through a packet socket");
}

fn send(interface: &str, frame: &Frame, times: usize) -> io::Result<()> {
    let index = nix::net::if_::if_nametoindex(interface)?;
    // SAFETY: a plain system call; the descriptor is nobody else's.
    let socket = unsafe { OwnedFd::from_raw_fd(checked(libc::socket(libc::AF_PACKET, libc::SOCK_RAW, 0))?) };
    // SAFETY: all zero is a valid address, filled in below.
    let mut to: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    to.sll_family = libc::AF_PACKET as u16;
    to.sll_ifindex = index as i32;
    let length = size_of::<libc::sockaddr_ll>() as u32;
    for _ in 0..times {
        let bytes = &frame.0;
        // SAFETY: both pointers are valid for the lengths that go with them.
        let sent = unsafe {
            libc::sendto(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0, (&raw const to).cast(), length)
        };
        checked(sent as i32)?;
    }
    Ok(())
}

fn checked(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
