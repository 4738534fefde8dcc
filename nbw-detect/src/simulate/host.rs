//! Who talks: the small world that scenarios play in.
//!
//! One cable is looked at. On its inside is the host under test with the networks behind it, 10.20.0.0/16; on its outside
//! are a gateway with the Internet behind it, and the other hosts of the local network.

use std::net::Ipv4Addr;

use fastrand::Rng;

/// On which side of the cable a frame is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The host under test, and what is behind it: sent, seen from there.
    Inside,
    /// Everybody else: received.
    Outside,
}

/// A host, and the hardware address by which its frames come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Host {
    /// Its side of the cable.
    pub(super) side: Side,
    /// The hardware address of its frames on the cable.
    pub(super) mac: [u8; 6],
    /// Its address.
    pub(super) ip: Ipv4Addr,
}

/// The host under test.
pub(super) const VICTIM: Host = inside([10, 20, 0, 10]);
/// Who attacks from the Internet.
pub(super) const ATTACKER: Host = outside(Ipv4Addr::new(198, 51, 100, 66));
/// Who attacks from the local network.
pub(super) const NEIGHBOUR: Host = neighbour(66);
/// The local network's gateway.
pub(super) const GATEWAY: Host = neighbour(1);
/// A host of the Internet that does no wrong: a server.
pub(super) const SERVER: Host = outside(Ipv4Addr::new(203, 0, 113, 80));
/// A resolver that the inside asks.
pub(super) const RESOLVER: Host = outside(Ipv4Addr::new(203, 0, 113, 53));

const fn mac(last: u8) -> [u8; 6] {
    // Locally administered.
    [2, 0, 0, 0, 0, last]
}

/// Somebody on the inside, reached by the victim's hardware address.
pub(super) const fn inside(ip: [u8; 4]) -> Host {
    Host { side: Side::Inside, mac: mac(10), ip: Ipv4Addr::new(ip[0], ip[1], ip[2], ip[3]) }
}

/// Somebody of the Internet, reached by the gateway.
pub(super) const fn outside(ip: Ipv4Addr) -> Host {
    Host { side: Side::Outside, mac: mac(1), ip }
}

/// Somebody of the local network, 10.20.0.0/24, other than the victim.
pub(super) const fn neighbour(last: u8) -> Host {
    Host { side: Side::Outside, mac: mac(last), ip: Ipv4Addr::new(10, 20, 0, last) }
}

/// The `n`th of the hosts inside, 65,024 in all: from 10.20.0.1 on, in a shuffled order.
pub(super) fn inside_nth(n: u64) -> Host {
    // 7,919 is prime and divides nothing here: each host comes once before any comes again.
    let n = (n % 65_024 * 7_919 % 65_024) as u16;
    inside([10, 20, (n / 254) as u8, (n % 254) as u8 + 1])
}

/// One of `many` hosts of the Internet, always the same ones.
pub(super) fn one_of(rng: &mut Rng, many: u32) -> Host {
    nth_of_internet(rng.u32(..many.max(1)))
}

/// A certain host of the Internet for each `n`.
pub(super) fn nth_of_internet(n: u32) -> Host {
    // Knuth's multiplicative hash scatters them.
    outside(public(n.wrapping_add(1).wrapping_mul(2_654_435_761)))
}

/// Any host of the Internet.
pub(super) fn spoofed(rng: &mut Rng) -> Host {
    outside(public(rng.u32(..)))
}

/// Makes any number a public unicast address: none of the private, local, shared or multicast networks.
fn public(number: u32) -> Ipv4Addr {
    let [a, b, c, d] = number.to_be_bytes();
    let a = match a % 223 + 1 {
        10 | 100 | 127 | 169 | 172 | 192 | 198 | 203 => 45,
        a => a,
    };
    Ipv4Addr::new(a, b, c, d.clamp(1, 254))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn spoofed_addresses_are_public() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..10_000 {
            let ip = spoofed(&mut rng).ip;
            assert!(!ip.is_private() && !ip.is_loopback() && !ip.is_link_local() && !ip.is_multicast(), "{ip}");
            assert!(!ip.is_documentation() && !ip.is_broadcast() && !ip.is_unspecified(), "{ip}");
        }
    }

    #[test]
    fn hosts_inside_come_once_each() {
        let all: HashSet<_> = (0..65_024).map(|n| inside_nth(n).ip).collect();
        assert_eq!(all.len(), 65_024);
    }
}
