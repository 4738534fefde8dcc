//! What resembles attacks and is none: busy servers and their clients, one at least for each kind of attack.

mod clients;
mod network;
mod outages;
mod programs;
mod servers;

use super::traffic::{Plan, Scenario, Step};
use crate::event::Kind;

/// Harmless traffic that is not to be reported.
#[derive(Debug, Clone, Copy)]
pub struct LookAlike {
    /// What happens.
    pub scenario: Scenario,
    /// What it could be taken for.
    pub resembles: Kind,
}

/// All of them.
pub fn look_alikes() -> impl Iterator<Item = &'static LookAlike> {
    [servers::ALL, clients::ALL, programs::ALL, network::ALL, outages::ALL].into_iter().flatten()
}

const fn harmless(
    name: &'static str,
    resembles: Kind,
    about: &'static str,
    (attempts, rate): (&'static str, f64),
    step: fn(&Plan) -> Step,
) -> LookAlike {
    let duration = std::time::Duration::from_secs(30);
    LookAlike { scenario: Scenario { name, about, attempts, rate, duration, regular: false, step }, resembles }
}

/// The same for so long: what is slow shows only then.
const fn lasting(alike: LookAlike, seconds: u64) -> LookAlike {
    let duration = std::time::Duration::from_secs(seconds);
    LookAlike { scenario: Scenario { duration, ..alike.scenario }, ..alike }
}

/// The same for so long, by a timer.
const fn by_timer(alike: LookAlike, seconds: u64) -> LookAlike {
    let alike = lasting(alike, seconds);
    LookAlike { scenario: Scenario { regular: true, ..alike.scenario }, ..alike }
}
