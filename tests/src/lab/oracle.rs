//! What others than nbw have counted.

use serde_json::Value;

use super::{Nbw, Netns, Totals, until};

/// Bytes and packets in one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Bytes.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
}

impl Counted {
    /// What was moved since `before`.
    pub fn since(self, before: Self) -> Self {
        Self { bytes: self.bytes - before.bytes, packets: self.packets - before.packets }
    }

    /// The same packets with `header` bytes more each, for devices whose counters begin at the network header.
    pub fn with_header(self, header: u64) -> Self {
        Self { bytes: self.bytes + self.packets * header, ..self }
    }
}

impl Totals {
    /// The receiving side.
    pub fn rx(self) -> Counted {
        Counted { bytes: self.rx_bytes, packets: self.rx_packets }
    }

    /// The sending side.
    pub fn tx(self) -> Counted {
        Counted { bytes: self.tx_bytes, packets: self.tx_packets }
    }
}

/// What the kernel has counted for an interface, by `ip -s link`.
pub(super) fn kernel_counters(netns: &Netns, interface: &str) -> Totals {
    let stats = statistics(netns, interface);
    let count = |side: &str, what: &str| stats[side][what].as_u64().expect("a counter");
    Totals {
        rx_bytes: count("rx", "bytes"),
        rx_packets: count("rx", "packets"),
        tx_bytes: count("tx", "bytes"),
        tx_packets: count("tx", "packets"),
    }
}

/// TCP segments that the sockets of a namespace have sent more than once, by `nstat`: counted as frames.
pub(super) fn tcp_segments_sent_again(netns: &Netns) -> u64 {
    let json = netns.run("nstat -a -j -s -z TcpRetransSegs");
    let value: Value = serde_json::from_str(&json).expect("JSON from nstat");
    value["kernel"]["TcpRetransSegs"].as_u64().expect("a counter")
}

/// What the kernel has dropped at an interface, in both directions: counted at TC, but not as sent.
pub fn drops(netns: &Netns, interface: &str) -> u64 {
    let stats = statistics(netns, interface);
    ["rx", "tx"].iter().map(|side| stats[side]["dropped"].as_u64().expect("a counter")).sum()
}

fn statistics(netns: &Netns, interface: &str) -> Value {
    let json = netns.run(&format!("ip -s -j link show dev {interface}"));
    let value: Value = serde_json::from_str(&json).expect("JSON from ip");
    value[0]["stats64"].clone()
}

/// Gives an interface a pfifo, which counts what is sent: [`qdisc_counters`].
pub fn with_pfifo(netns: &Netns, interface: &str) {
    netns.run(&format!("tc qdisc replace dev {interface} root pfifo limit 100000"));
}

/// What the interface's root qdisc has counted, by `tc -s qdisc`: each GSO segment with its own headers.
pub fn qdisc_counters(netns: &Netns, interface: &str) -> Counted {
    let json = netns.run(&format!("tc -s -j qdisc show dev {interface} root"));
    let value: Value = serde_json::from_str(&json).expect("JSON from tc");
    let count = |what: &str| value[0][what].as_u64().unwrap_or_else(|| panic!("no {what}: {value}"));
    assert_eq!(count("drops"), 0, "the qdisc of {interface} has dropped packets");
    Counted { bytes: count("bytes"), packets: count("packets") }
}

/// Reads `oracle` and nbw when nothing moves: the oracle says the same before nbw's reading and after it.
pub fn together<T: PartialEq>(nbw: &mut Nbw, oracle: impl Fn() -> T) -> (T, Value) {
    until("a moment without traffic", || {
        let before = oracle();
        let snapshot = nbw.settled();
        (oracle() == before).then_some((before, snapshot))
    })
}
