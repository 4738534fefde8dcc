//! A device without a link-layer header, with the test at its other end.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::{fd::AsRawFd, unix::fs::OpenOptionsExt},
};

use super::{Netns, unique, until};

/// `TUNSETIFF`, `IFF_TUN` and `IFF_NO_PI` of `linux/if_tun.h`.
const TUNSETIFF: libc::c_ulong = 0x4004_54ca;
const TUN_WITHOUT_INFO: u16 = 0x1001;

/// `struct ifreq`, as far as `TUNSETIFF` looks at it.
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

/// A tun device, up, with the address 10.N.0.1/24 and no IPv6.
pub struct Tun {
    /// Its name.
    pub name: String,
    file: File,
}

impl Tun {
    /// Makes one in a namespace.
    pub fn new(netns: &Netns, number: u8) -> Self {
        let name = unique("tun");
        let file = netns.enter(|| make(&name));
        netns.run(&format!("sysctl -q -w net.ipv6.conf.{name}.disable_ipv6=1"));
        netns.run(&format!("ip addr add 10.{number}.0.1/24 dev {name}"));
        netns.run(&format!("ip link set {name} up"));
        Self { name, file }
    }

    /// Lets the host receive a packet.
    pub fn deliver(&mut self, packet: &[u8]) {
        self.file.write_all(packet).expect("a packet into the tun device");
    }

    /// The next packet that the host has sent.
    pub fn take(&mut self) -> Vec<u8> {
        let mut packet = vec![0; 65_536];
        let length = until("a packet from the tun device", || self.file.read(&mut packet).ok());
        packet.truncate(length);
        packet
    }
}

fn make(name: &str) -> File {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_NONBLOCK);
    let file = options.open("/dev/net/tun").expect("/dev/net/tun");
    let mut request = Request { name: [0; 16], flags: TUN_WITHOUT_INFO, rest: [0; 22] };
    request.name[..name.len()].copy_from_slice(name.as_bytes());
    // SAFETY: the request is a `struct ifreq` and lives for the call.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), TUNSETIFF, &raw mut request) };
    assert_eq!(result, 0, "TUNSETIFF: {}", std::io::Error::last_os_error());
    file
}
