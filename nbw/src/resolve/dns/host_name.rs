//! What may be shown of a name that a DNS server gave.

use std::{net::IpAddr, sync::Arc};

use hickory_resolver::proto::rr::{Name, domain::usage::LOCALHOST};

use crate::text;

/// The name as it is shown, or none if it only misleads.
///
/// Whoever runs the address's reverse zone writes what they like in it. So names are shown as ASCII, with odd bytes escaped
/// and `xn--` left alone (letters of other scripts can look like any name); and nobody may be called `localhost` or by
/// another address. DNS bounds the length: 255 bytes, four times that with every byte escaped.
pub(super) fn shown(name: &Name) -> Option<Arc<str>> {
    if name.is_root() || LOCALHOST.zone_of(name) {
        return None;
    }
    let ascii = name.to_ascii();
    let bare = ascii.trim_end_matches('.');
    let is_address = bare.parse::<IpAddr>().is_ok();
    (!is_address && !bare.is_empty()).then(|| text::clean(bare).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_of(labels: &[&[u8]]) -> Option<String> {
        shown(&Name::from_labels(labels.iter().copied()).unwrap()).map(|name| name.to_string())
    }

    #[test]
    fn ordinary_names_lose_only_their_last_dot() {
        for name in ["host.example.com.", "a_b-1.example.", "xn--gre-6ka8l.example.", "router."] {
            let expected = name.trim_end_matches('.');
            assert_eq!(shown(&Name::from_ascii(name).unwrap()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn misleading_names_are_none() {
        for labels in [
            &[b"localhost".as_slice()] as &[&[u8]],
            &[b"LocalHost"],
            &[b"www", b"localhost"],
            &[b"10", b"0", b"0", b"1"],
        ] {
            assert_eq!(shown_of(labels), None, "{labels:?}");
        }
        assert_eq!(shown(&Name::root()), None);
    }

    #[test]
    fn odd_bytes_are_escaped() {
        assert_eq!(shown_of(&[b"a\x1b[2J", b"example"]).as_deref(), Some("a\\033\\[2J.example"));
        assert_eq!(shown_of(&["größe".as_bytes()]).as_deref(), Some("gr\\303\\266\\303\\237e"));
        assert_eq!(shown_of(&[b"a.b"]).as_deref(), Some("a\\.b"));
    }

    #[test]
    fn the_longest_name_is_bounded() {
        let labels = [[0_u8; 63].as_slice(), &[0; 63], &[0; 63], &[0; 60]];
        let length = shown_of(&labels).unwrap().len();
        assert!(length <= 4 * 255, "{length}");
    }
}
