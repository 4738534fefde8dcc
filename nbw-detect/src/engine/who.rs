//! Addresses of all kinds as one number, so that keys are small and quick to compare.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::signature::Scope;

/// An IPv4 address (as IPv6 writes it), an IPv6 address, or a hardware address (in the prefix that RFC 6666 keeps empty).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Who(pub(crate) u128);

const IPV4: u128 = 0xffff << 32;
const HARDWARE: u128 = 0x0100 << 112;

impl Who {
    pub(crate) fn of_mac(mac: [u8; 6]) -> Self {
        Self(mac.iter().fold(HARDWARE >> 48, |number, byte| number << 8 | u128::from(*byte)))
    }

    pub(crate) fn is_v4(self) -> bool {
        self.0 >> 32 == 0xffff
    }

    fn is_mac(self) -> bool {
        self.0 >> 48 == HARDWARE >> 48
    }

    /// The address; none for hardware.
    pub(crate) fn address(self) -> Option<IpAddr> {
        if self.is_mac() {
            return None;
        }
        Some(if self.is_v4() {
            IpAddr::V4(Ipv4Addr::from_bits(self.0 as u32))
        } else {
            IpAddr::V6(Ipv6Addr::from_bits(self.0))
        })
    }

    /// Whether it stands for several.
    pub(crate) fn is_group(self) -> bool {
        match self.address() {
            Some(IpAddr::V4(address)) => address.is_multicast() || address.is_broadcast(),
            Some(IpAddr::V6(address)) => address.is_multicast(),
            None => self.0 as u64 >> 40 & 1 == 1,
        }
    }

    /// The 256 addresses that it is one of.
    pub(crate) fn net(self) -> Self {
        Self(self.0 & !0xff)
    }

    pub(crate) fn scope(self) -> Scope {
        let private = match self.address() {
            Some(IpAddr::V4(v4)) => {
                let [a, b, ..] = v4.octets();
                v4.is_private() || v4.is_loopback() || v4.is_link_local() || (a == 100 && b & 0xc0 == 64)
            }
            Some(IpAddr::V6(v6)) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
            None => true,
        };
        match private {
            _ if self.is_group() => Scope::Group,
            true => Scope::Private,
            false => Scope::Global,
        }
    }

    /// As events write it.
    pub(crate) fn text(self) -> String {
        match self.address() {
            Some(address) => address.to_string(),
            None => {
                let bytes = (self.0 as u64).to_be_bytes();
                let hex: Vec<String> = bytes[2..].iter().map(|byte| format!("{byte:02x}")).collect();
                hex.join(":")
            }
        }
    }
}

impl From<IpAddr> for Who {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self(IPV4 | u128::from(v4.to_bits())),
            IpAddr::V6(v6) => Self(v6.to_bits()),
        }
    }
}

impl From<Ipv4Addr> for Who {
    fn from(address: Ipv4Addr) -> Self {
        IpAddr::V4(address).into()
    }
}
