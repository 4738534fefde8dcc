//! Network namespaces as processes show them: which addresses are theirs, and which sockets are in them.

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    io::Read,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::unix::fs::MetadataExt,
};

use procfs::{
    FromBufReadSI, current_system_info,
    net::{TcpNetEntries, TcpState, UdpNetEntries},
};

/// So much is read of each file of a network namespace: a table of routes, or of half-open connections under a flood, can be
/// far larger. Of what is beyond it is not said whose it is.
const MOST_READ: u64 = 4 << 20;

/// A network namespace, and a process in it.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) pid: i32,
    /// Whether it is nbw's own.
    pub(super) own: bool,
    addresses: HashSet<IpAddr>,
    /// Read when they are asked for.
    sockets: Option<Vec<Socket>>,
}

/// A socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Socket {
    local: SocketAddr,
    remote: SocketAddr,
    listens: bool,
    pub(super) inode: u64,
}

/// All that have processes, nbw's own first.
pub(super) fn all() -> Vec<Home> {
    let own = inode("self");
    let mut pids = BTreeMap::new();
    for process in procfs::process::all_processes().into_iter().flatten().flatten() {
        if let Some(inode) = inode(&process.pid.to_string()) {
            pids.entry(inode).or_insert(process.pid);
        }
    }
    let mut homes: Vec<Home> = pids.into_iter().map(|(inode, pid)| Home::of(pid, Some(inode) == own)).collect();
    homes.sort_by_key(|home| !home.own);
    homes
}

fn inode(pid: &str) -> Option<u64> {
    fs::metadata(format!("/proc/{pid}/ns/net")).ok().map(|metadata| metadata.ino())
}

impl Home {
    fn of(pid: i32, own: bool) -> Self {
        let mut addresses: HashSet<IpAddr> = ipv4(&beginning(pid, "fib_trie")).map(IpAddr::V4).collect();
        addresses.extend(ipv6(&beginning(pid, "if_inet6")).map(IpAddr::V6));
        Self { pid, own, addresses, sockets: None }
    }

    /// Whether the address is one of its own. One that every namespace has, or may have, is meant in nbw's own: that is where
    /// it looks.
    pub(super) fn has(&self, ip: IpAddr) -> bool {
        self.addresses.contains(&ip) && (self.own || !is_local(ip))
    }

    /// One that is not there.
    #[cfg(test)]
    pub(super) fn made_up(pid: i32, own: bool, addresses: &[IpAddr], sockets: Vec<Socket>) -> Self {
        Self { pid, own, addresses: addresses.iter().copied().collect(), sockets: Some(sockets) }
    }

    /// Those that fit.
    pub(super) fn sockets(&mut self, fits: impl Fn(&Socket) -> bool) -> Vec<Socket> {
        let pid = self.pid;
        self.sockets.get_or_insert_with(|| sockets(pid)).iter().copied().filter(fits).collect()
    }
}

impl Socket {
    /// Whether packets for this address and port, from whoever, come to it.
    pub(super) fn serves(&self, ip: IpAddr, port: u16) -> bool {
        self.listens && self.local.port() == port && (self.local.ip() == ip || self.local.ip().is_unspecified())
    }

    /// Whether it is connected from this address to that one, at this port if it is one.
    pub(super) fn connects(&self, from: IpAddr, to: IpAddr, port: Option<u16>) -> bool {
        self.local.ip() == from && self.remote.ip() == to && port.is_none_or(|port| port == self.remote.port())
    }
}

/// Sockets of TCP and UDP in the process's network namespace.
fn sockets(pid: i32) -> Vec<Socket> {
    let mut all = Vec::new();
    for entry in ["tcp", "tcp6"].into_iter().filter_map(|name| entries(pid, name)).flat_map(|TcpNetEntries(all)| all) {
        let listens = entry.state == TcpState::Listen;
        all.push(Socket::new(entry.local_address, entry.remote_address, listens, entry.inode));
    }
    for entry in ["udp", "udp6"].into_iter().filter_map(|name| entries(pid, name)).flat_map(|UdpNetEntries(all)| all) {
        // One that is connected hears nobody else.
        let listens = entry.remote_address.port() == 0;
        all.push(Socket::new(entry.local_address, entry.remote_address, listens, entry.inode));
    }
    all
}

fn entries<T: FromBufReadSI>(pid: i32, name: &str) -> Option<T> {
    T::from_buf_read(beginning(pid, name).as_bytes(), current_system_info()).ok()
}

/// The whole lines of a file of the process's network namespace, up to [`MOST_READ`].
fn beginning(pid: i32, name: &str) -> String {
    let mut text = String::new();
    let opened = File::open(format!("/proc/{pid}/net/{name}"));
    let read = opened.and_then(|file| file.take(MOST_READ).read_to_string(&mut text));
    if read.is_ok_and(|read| read as u64 == MOST_READ) {
        text.truncate(text.rfind('\n').map_or(0, |at| at + 1));
    }
    text
}

/// Whether namespaces have the address each for itself.
fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unicast_link_local(),
    }
}

impl Socket {
    pub(super) fn new(local: SocketAddr, remote: SocketAddr, listens: bool, inode: u64) -> Self {
        let plain = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
        Self { local: plain(local), remote: plain(remote), listens, inode }
    }
}

/// The addresses of `/proc/net/fib_trie` that are the host's own: each is on a line of its own, and what it is on the next.
fn ipv4(trie: &str) -> impl Iterator<Item = Ipv4Addr> + '_ {
    let lines = trie.lines().zip(trie.lines().skip(1));
    lines
        .filter(|(_, kind)| kind.trim() == "/32 host LOCAL")
        .filter_map(|(line, _)| line.rsplit(' ').next()?.parse().ok())
}

/// The addresses of `/proc/net/if_inet6`: the first word, 32 digits.
fn ipv6(text: &str) -> impl Iterator<Item = Ipv6Addr> + '_ {
    text.lines().filter_map(|line| u128::from_str_radix(line.split(' ').next()?, 16).ok().map(Ipv6Addr::from))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn addresses_are_read_from_what_the_kernel_writes() {
        let trie = "Local:\n  +-- 0.0.0.0/0 2 0 2\n     |-- 10.0.0.0\n        /24 link UNICAST\n     |-- 10.0.0.7\n        /32 host LOCAL\n";
        assert_eq!(ipv4(trie).collect::<Vec<_>>(), [Ipv4Addr::new(10, 0, 0, 7)]);
        let text = "20010db8000000000000000000000001 02 40 00 80     eth0\n";
        assert_eq!(ipv6(text).collect::<Vec<_>>(), ["2001:db8::1".parse::<Ipv6Addr>().unwrap()]);
    }

    #[test]
    fn a_listener_on_the_host_is_found() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut homes = all();
        let own = homes.first_mut().filter(|home| home.own).expect("nbw's own");
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert!(own.has(ip));
        assert_eq!(own.sockets(|socket| socket.serves(ip, port)).len(), 1);
    }
}
