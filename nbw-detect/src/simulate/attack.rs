//! The attacks: one scenario for each built-in signature.

use std::time::Duration;

use super::{amplification, arp, backscatter, covert, floods, scans, services, sweeps, traffic::Scenario};
use crate::event::{Kind, MOST_NAMED};

/// An attack that can be generated, and what is to be said of it.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// What happens.
    pub scenario: Scenario,
    /// The signature by which it is to be recognised.
    pub signature: &'static str,
    /// What kind of event it is to give.
    pub kind: Kind,
    /// Who is to be named as its source.
    pub source: Named,
    /// Who is to be named as its target.
    pub target: Named,
    /// How many of what the signature counts one attempt gives.
    pub each: u32,
    /// How long after it began it has to be recognised: three seconds, but for what is slow.
    pub within: Duration,
    /// Whether only a host that knows what is usual can recognise it: packets alone do not say.
    pub needs_history: bool,
}

/// Soon enough for whatever is not slow by itself.
pub(super) const SOON: Duration = Duration::from_secs(3);

/// So many are many: no more are named, so that whoever reads it sees that there are others.
const LEAST: u64 = MOST_NAMED as u64;

/// Whom an event is to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// This address, of a host or of its hardware; ports may follow it.
    One(&'static str),
    /// Many ([`LEAST`]), whichever they are.
    Many,
}

impl Named {
    /// Whether that is who is named: `named` as in an event, of `count` in all.
    pub fn is(&self, named: &[String], count: u64) -> bool {
        match self {
            Self::One(address) => {
                named.iter().flat_map(|name| name.split(' ')).any(|name| without_port(name) == *address)
            }
            Self::Many => count >= LEAST,
        }
    }
}

/// An address without the port that may follow it.
fn without_port(name: &str) -> &str {
    match name.split_once(':') {
        // IPv6's and hardware's addresses have more of them.
        Some((address, port)) if !port.contains(':') => address,
        _ => name,
    }
}

/// An attack from the Internet on the host under test, as most are.
pub(super) const fn attack(kind: Kind, signature: &'static str, scenario: Scenario) -> Attack {
    let (source, target) = (Named::One("198.51.100.66"), Named::One("10.20.0.10"));
    Attack { scenario, signature, kind, source, target, each: 1, within: SOON, needs_history: false }
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
        assert!(Named::One("02:00:00:00:00:01").is(&["10.20.0.10 02:00:00:00:00:01".to_owned()], 1));
        assert!(!Named::One("10.20.0.1").is(&["10.20.0.10".to_owned()], 1));
        assert!(Named::Many.is(&[], 16) && !Named::Many.is(&[], 15));
    }
}
