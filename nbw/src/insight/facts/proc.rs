//! What `/proc/net` counts, of the network namespace that the calling thread is in (which `/proc/self/net` would not).

use std::{fs, path::Path, sync::Arc};

use super::{Counter, counter};
use crate::files;

/// None of the files is longer.
const MOST: u64 = 1 << 20;

/// `/proc/net/snmp` and `/proc/net/netstat`: the protocol and the counter as the kernel calls them, and as nbw does. (The
/// crate procfs has only the first of the two, and both are the same kind of table.)
const COUNTED: [(&str, &str, &str, &str); 24] = [
    ("Ip", "InReceives", "ip", "in_receives"),
    ("Ip", "ForwDatagrams", "ip", "forw_datagrams"),
    ("Ip", "InDiscards", "ip", "in_discards"),
    ("Ip", "OutDiscards", "ip", "out_discards"),
    ("Tcp", "InSegs", "tcp", "in_segs"),
    ("Tcp", "OutSegs", "tcp", "out_segs"),
    ("Tcp", "RetransSegs", "tcp", "retrans_segs"),
    ("Tcp", "InErrs", "tcp", "in_errs"),
    ("Tcp", "OutRsts", "tcp", "out_rsts"),
    ("Tcp", "EstabResets", "tcp", "estab_resets"),
    ("Tcp", "AttemptFails", "tcp", "attempt_fails"),
    ("Tcp", "ActiveOpens", "tcp", "active_opens"),
    ("Tcp", "PassiveOpens", "tcp", "passive_opens"),
    ("TcpExt", "TCPTimeouts", "tcp", "timeouts"),
    ("TcpExt", "TCPOFOQueue", "tcp", "ofo_queue"),
    ("TcpExt", "ListenOverflows", "tcp", "listen_overflows"),
    ("TcpExt", "ListenDrops", "tcp", "listen_drops"),
    ("TcpExt", "TCPRcvQDrop", "tcp", "rcv_q_drop"),
    ("Udp", "InDatagrams", "udp", "in_datagrams"),
    ("Udp", "OutDatagrams", "udp", "out_datagrams"),
    ("Udp", "NoPorts", "udp", "no_ports"),
    ("Udp", "InErrors", "udp", "in_errors"),
    ("Udp", "RcvbufErrors", "udp", "rcvbuf_errors"),
    ("Udp", "SndbufErrors", "udp", "sndbuf_errors"),
];

/// Columns of `/proc/net/softnet_stat`, a line for each CPU, in hexadecimal.
const SOFTNET: [&str; 3] = ["processed", "dropped", "time_squeeze"];

/// How full the table of connection tracking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conntrack {
    /// Entries.
    pub count: u64,
    /// How many there may be.
    pub max: u64,
}

/// The protocols' counters, and those of the queues between interfaces and protocols.
pub(super) fn counters() -> Vec<Counter> {
    let mut counters = Vec::new();
    for file in ["snmp", "netstat"] {
        counters.extend(table(&read(&format!("/proc/thread-self/net/{file}"))));
    }
    counters.extend(softnet(&read("/proc/thread-self/net/softnet_stat")));
    counters.extend(tracking(&read("/proc/thread-self/net/stat/nf_conntrack")));
    counters
}

/// How full it is; none where connections are not tracked.
pub(super) fn conntrack() -> Option<Conntrack> {
    let number = |what: &str| {
        fs::read_to_string(format!("/proc/sys/net/netfilter/nf_conntrack_{what}")).ok()?.trim().parse().ok()
    };
    Some(Conntrack { count: number("count")?, max: number("max")? })
}

fn read(path: &str) -> String {
    files::read(Path::new(path), None, MOST)
        .map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Pairs of lines: `Tcp: NAME NAME ...`, and below `Tcp: VALUE VALUE ...`.
fn table(text: &str) -> Vec<Counter> {
    let mut counters = Vec::new();
    let mut lines = text.lines();
    while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
        let (Some((protocol, names)), Some((_, values))) = (names.split_once(':'), values.split_once(':')) else {
            break;
        };
        for (name, value) in names.split_whitespace().zip(values.split_whitespace()) {
            let known = COUNTED.iter().find(|counted| (counted.0, counted.1) == (protocol, name));
            if let (Some((.., owner, what)), Ok(value)) = (known, value.parse()) {
                counters.push(counter(owner, what, value));
            }
        }
    }
    counters
}

/// All CPUs together.
fn softnet(text: &str) -> Vec<Counter> {
    let column = |at: usize| {
        let of_cpu = |line: &str| line.split_whitespace().nth(at).and_then(|word| u64::from_str_radix(word, 16).ok());
        text.lines().filter_map(of_cpu).sum::<u64>()
    };
    let named = SOFTNET.iter().enumerate().map(|(at, what)| counter("softnet", what, column(at)));
    if text.is_empty() { Vec::new() } else { named.collect() }
}

/// A line of names, and one for each CPU in hexadecimal.
fn tracking(text: &str) -> Vec<Counter> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    let sum = |name: &str| -> Option<u64> {
        let at = names.iter().position(|known| *known == name)?;
        Some(rows.iter().filter_map(|row| u64::from_str_radix(row.get(at)?, 16).ok()).sum())
    };
    let counted = |what: &str| Some((Arc::from(format!("conntrack {what}")), sum(what)?));
    ["insert_failed", "drop", "early_drop"].into_iter().filter_map(counted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(counters: &[Counter], name: &str) -> Option<u64> {
        counters.iter().find(|(known, _)| &**known == name).map(|(_, value)| *value)
    }

    #[test]
    fn tables_of_two_lines_each() {
        let text = "Ip: Forwarding ForwDatagrams\nIp: 1 77\nTcp: MaxConn OutSegs RetransSegs\nTcp: -1 5000 42\n";
        let counters = table(text);
        assert_eq!(value(&counters, "tcp retrans_segs"), Some(42));
        assert_eq!(value(&counters, "ip forw_datagrams"), Some(77));
        assert_eq!(counters.len(), 3);
        assert_eq!((table("nonsense"), table("a\nb"), table("Tcp: OutSegs\nTcp: x")), (vec![], vec![], vec![]));
    }

    #[test]
    fn cpus_are_summed_up() {
        let text = "0000000a 00000001 00000002 00000000\n00000010 0000000f 00000000 00000000\n";
        let counters = softnet(text);
        assert_eq!(value(&counters, "softnet dropped"), Some(16));
        assert_eq!(value(&counters, "softnet processed"), Some(26));
        assert_eq!(softnet(""), []);
        let text =
            "entries  insert_failed drop early_drop\n0000000a 00000001 0000000b 0\n0000000a 00000001 00000001 0\n";
        assert_eq!(value(&tracking(text), "conntrack drop"), Some(12));
        assert_eq!(tracking(""), []);
    }

    #[test]
    fn this_host_has_them() {
        let counters = counters();
        for name in ["tcp out_segs", "tcp retrans_segs", "tcp ofo_queue", "udp rcvbuf_errors", "softnet dropped"] {
            assert!(value(&counters, name).is_some(), "{name}");
        }
    }
}
