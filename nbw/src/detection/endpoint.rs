//! The addresses and ports that an event names.

use std::net::{IpAddr, SocketAddr};

/// An address, and the port where it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct End {
    pub(super) ip: IpAddr,
    pub(super) port: Option<u16>,
}

impl End {
    /// Of `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`; a hardware address may follow a space. None of anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let word = text.split(' ').next()?;
        if let Ok(ip) = word.parse() {
            return Some(Self { ip, port: None });
        }
        let both: SocketAddr = word.parse().ok()?;
        Some(Self { ip: both.ip(), port: Some(both.port()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_events_name_is_understood() {
        let end = |text: &str| End::parse(text).map(|end| (end.ip.to_string(), end.port));
        assert_eq!(end("10.0.0.1"), Some(("10.0.0.1".into(), None)));
        assert_eq!(end("10.0.0.1:80"), Some(("10.0.0.1".into(), Some(80))));
        assert_eq!(end("2001:db8::1"), Some(("2001:db8::1".into(), None)));
        assert_eq!(end("[2001:db8::1]:80"), Some(("2001:db8::1".into(), Some(80))));
        assert_eq!(end("10.0.0.1 02:00:00:00:00:01"), Some(("10.0.0.1".into(), None)));
        assert_eq!(end("someone"), None);
    }
}
