//! Addresses as the index writes them: `10.0.0.1; 10.0.0.2`, `192.168.47.1/.2/.200`, `10.0.0.0/24`, `spoofed (1000 sources)`.

use std::net::Ipv4Addr;

/// Fewer than this are not many.
const MANY: u64 = 16;

/// Those whom the index names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// All of these: IP or hardware addresses.
    All(Vec<String>),
    /// Any of a network of 256.
    Net([u8; 3]),
    /// So many that they are not named.
    Many,
}

impl Named {
    pub(super) fn parse(text: &str) -> Self {
        let words = text.split(|c: char| !(c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '/')));
        let mut all = Vec::new();
        for word in words {
            match address(word) {
                Some(Named::All(some)) => all.extend(some),
                Some(net) => return net,
                None => {}
            }
        }
        if all.is_empty() { Self::Many } else { Self::All(all) }
    }

    /// Whether an event's names, and how many there were, are these.
    pub(super) fn are(&self, names: &[String], count: u64) -> bool {
        let has = |wanted: &String| names.iter().any(|name| name.split_whitespace().any(|word| alone(word) == *wanted));
        match self {
            Self::All(wanted) => wanted.iter().all(has),
            Self::Net(net) => names.iter().any(|name| {
                let address = name.split_whitespace().next().and_then(|word| alone(word).parse::<Ipv4Addr>().ok());
                address.is_some_and(|address| address.octets()[..3] == *net)
            }),
            Self::Many => count >= MANY,
        }
    }
}

fn address(word: &str) -> Option<Named> {
    if word.matches(':').count() == 5 {
        return Some(Named::All(vec![word.to_lowercase()]));
    }
    let (first, rest) = word.split_once('/').unwrap_or((word, ""));
    let address: Ipv4Addr = alone(first).parse().ok()?;
    let [a, b, c, _] = address.octets();
    if rest.parse::<u8>() == Ok(24) {
        return Some(Named::Net([a, b, c]));
    }
    let others = rest.split('/').filter_map(|last| last.strip_prefix('.')).map(|last| format!("{a}.{b}.{c}.{last}"));
    Some(Named::All([address.to_string()].into_iter().chain(others).collect()))
}

/// Without a port.
fn alone(word: &str) -> String {
    match word.rsplit_once(':') {
        Some((address, _)) if word.matches(':').count() == 1 => address.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(names: &[&str]) -> Named {
        Named::All(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn the_index_is_understood() {
        for (text, named) in [
            ("172.20.0.3; 172.20.0.5", all(&["172.20.0.3", "172.20.0.5"])),
            ("192.168.47.1/.2/.254", all(&["192.168.47.1", "192.168.47.2", "192.168.47.254"])),
            ("147.32.80.37:902", all(&["147.32.80.37"])),
            ("10.0.0.3 (08:00:27:90:93:1c)", all(&["10.0.0.3", "08:00:27:90:93:1c"])),
            ("10.0.0.0/24", Named::Net([10, 0, 0])),
            ("spoofed (37.6k sources)", Named::Many),
            ("138 Internet hosts, ports 23/2323/8080/9527", Named::Many),
            ("3371 open resolvers (src port 53)", Named::Many),
        ] {
            assert_eq!(Named::parse(text), named, "{text}");
        }
    }

    #[test]
    fn events_are_compared_without_ports() {
        let names = ["10.0.0.3 08:00:27:90:93:1c".to_owned(), "10.0.0.9:80".to_owned()];
        assert!(all(&["08:00:27:90:93:1c", "10.0.0.9"]).are(&names, 2));
        assert!(!all(&["10.0.0.8"]).are(&names, 2));
        assert!(Named::Net([10, 0, 0]).are(&names, 2) && !Named::Net([10, 0, 1]).are(&names, 2));
        assert!(Named::Many.are(&names, 16) && !Named::Many.are(&names, 15));
    }
}
