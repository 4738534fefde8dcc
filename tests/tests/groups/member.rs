//! Members of groups, and what nbw should say of them.

use std::net::UdpSocket;

use nbw_tests::lab::{Cgroup, Netns, Totals, open};
use serde_json::Value;

/// A datagram of 58 bytes has this many on the wire.
pub(crate) const WIRE: u64 = 100;

/// A socket of a group, on the loopback interface of a namespace.
pub(crate) struct Member {
    pub(crate) cgroup: Cgroup,
    pub(crate) socket: UdpSocket,
}

impl Member {
    pub(crate) fn new(netns: &Netns, cgroup: Cgroup) -> Self {
        let socket = open(netns, &cgroup, || UdpSocket::bind("127.0.0.1:0"));
        Self { cgroup, socket }
    }

    /// Sends datagrams to itself.
    pub(crate) fn talk(&self, times: u32) {
        let address = self.socket.local_addr().expect("its address");
        (0..times).for_each(|_| assert_eq!(self.socket.send_to(&[7; 58], address).expect("a datagram"), 58));
    }
}

/// Rows of groups in a snapshot, without what is no cgroup.
pub(crate) fn rows<'a>(snapshot: &'a Value, below: &'a str) -> impl Iterator<Item = &'a Value> {
    let rows = snapshot["groups"].as_array().expect("groups");
    rows.iter().filter(move |row| row["path"].as_str().expect("a path").starts_with(below))
}

/// As many bytes received as sent.
pub(crate) fn both(bytes: u64) -> Totals {
    let packets = bytes / WIRE;
    Totals { rx_bytes: bytes, rx_packets: packets, tx_bytes: bytes, tx_packets: packets }
}
