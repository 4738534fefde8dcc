//! The attacks: one scenario for each built-in signature.

use std::time::Duration;

use super::{amplification, arp, backscatter, covert, floods, scans, services, sweeps, traffic::Scenario};
use crate::event::Kind;

/// An attack that can be generated, and what is to be said of it.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// What happens.
    pub scenario: Scenario,
    /// What kind of event it is to give; its signature is the scenario's name.
    pub kind: Kind,
    /// Who is to be named as its source.
    pub source: Named,
    /// Who is to be named as its target.
    pub target: Named,
    /// How long after it began it has to be recognised: three seconds, but for what is slow.
    pub within: Duration,
}

/// Soon enough for whatever is not slow by itself.
pub(super) const SOON: Duration = Duration::from_secs(3);

/// Whom an event is to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// This address; ports and hardware addresses may follow it.
    One(&'static str),
    /// Many, whichever they are.
    Many,
}

impl Named {
    /// Whether that is who is named: `named` as in an event, of `count` in all.
    pub fn is(&self, named: &[String], count: u64) -> bool {
        match self {
            Self::One(address) => named.iter().any(|name| address_of(name) == *address),
            Self::Many => count > 1,
        }
    }
}

/// The address of a name as events have it: without a port or a hardware address.
fn address_of(name: &str) -> &str {
    let name = name.split(' ').next().unwrap_or(name);
    match name.split_once(':') {
        // An IPv6 address has more of them.
        Some((address, port)) if !port.contains(':') => address,
        _ => name,
    }
}

/// All of them, in the order in which they are listed.
pub fn attacks() -> impl Iterator<Item = &'static Attack> {
    let all: [&'static [Attack]; 8] = [
        floods::ATTACKS,
        backscatter::ATTACKS,
        amplification::ATTACKS,
        scans::ATTACKS,
        sweeps::ATTACKS,
        arp::ATTACKS,
        services::ATTACKS,
        covert::ATTACKS,
    ];
    all.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_address() {
        for name in ["10.20.0.10", "10.20.0.10:80", "10.20.0.10 02:00:00:00:00:01"] {
            assert!(Named::One("10.20.0.10").is(&[name.to_owned()], 1), "{name}");
        }
        assert!(!Named::One("10.20.0.1").is(&["10.20.0.10".to_owned()], 1));
        assert!(Named::Many.is(&[], 2) && !Named::Many.is(&[], 1));
    }
}
