//! How the ends of connections are written.

use std::{borrow::Cow, net::IpAddr};

use crate::snapshot::End;

/// Stands for the remote ends that have no address of their own: listeners' packets, and those beyond the number that is
/// told apart.
pub(super) const OTHER: &str = "other";

/// A host by its name, or by its address.
pub(super) fn host(address: Option<IpAddr>, name: Option<&str>) -> Cow<'_, str> {
    match (name, address) {
        (Some(name), _) => Cow::Borrowed(name),
        (None, Some(address)) => Cow::Owned(address.to_string()),
        (None, None) => Cow::Borrowed(OTHER),
    }
}

/// An end as `address:port`, or as `host:service` where `names` are wanted and known.
pub(super) fn label(end: &End, names: bool) -> String {
    let host = end.host.as_deref().filter(|_| names);
    let place = match (host, end.address) {
        (Some(name), _) => Cow::Borrowed(name),
        (None, Some(IpAddr::V6(address))) => Cow::Owned(format!("[{address}]")),
        (None, Some(IpAddr::V4(address))) => Cow::Owned(address.to_string()),
        (None, None) if end.port == 0 => return OTHER.to_owned(),
        (None, None) => Cow::Borrowed("*"),
    };
    match end.service.as_deref().filter(|_| names) {
        Some(service) => format!("{place}:{service}"),
        None if end.port == 0 => place.into_owned(),
        None => format!("{place}:{}", end.port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(address: Option<&str>, port: u16) -> End {
        End { address: address.map(|text| text.parse().unwrap()), port, host: None, service: None }
    }

    #[test]
    fn ends_are_told_by_what_is_known() {
        let named =
            End { host: Some("dns.example".into()), service: Some("domain".into()), ..end(Some("192.0.2.1"), 53) };
        assert_eq!(label(&named, true), "dns.example:domain");
        assert_eq!(label(&named, false), "192.0.2.1:53");
        assert_eq!(label(&end(Some("2001:db8::1"), 443), true), "[2001:db8::1]:443");
        assert_eq!(label(&end(Some("192.0.2.1"), 0), true), "192.0.2.1");
        assert_eq!(label(&end(None, 0), true), "other");
        assert_eq!(label(&end(None, 53), true), "*:53");
    }
}
