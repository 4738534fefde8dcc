//! ARP spoofing: somebody puts himself between the victim and its gateway.

use std::time::Duration;

use super::{
    attack::{Attack, Named, SOON},
    exchange::Exchange,
    host::{GATEWAY, Host, NEIGHBOUR, VICTIM},
    traffic::Scenario,
};
use crate::event::Kind;

pub(super) const ATTACKS: &[Attack] = &[Attack {
    scenario: Scenario {
        name: "arp-spoof",
        about: "a neighbour says that it is the gateway, again and again",
        attempts: "replies",
        rate: 1.0,
        duration: Duration::from_secs(20),
        regular: true,
        step: |_| Box::new(poison),
    },
    kind: Kind::ArpSpoof,
    source: Named::One("10.20.0.1"),
    target: Named::One("10.20.0.10"),
    within: SOON,
}];

fn poison(x: &mut Exchange<'_>, n: u64) {
    if n == 0 {
        // Before, the victim asks and hears the truth.
        x.who_has(VICTIM, GATEWAY);
        x.wait_about(300);
        x.is_at(GATEWAY, GATEWAY, VICTIM);
        x.wait_about(100_000);
    }
    let false_gateway = Host { mac: NEIGHBOUR.mac, ..GATEWAY };
    x.is_at(NEIGHBOUR, false_gateway, VICTIM);
    // What goes to the gateway now goes to the neighbour.
    x.wait_about(200_000);
    x.ping(VICTIM, Host { mac: NEIGHBOUR.mac, ..GATEWAY }, (7, n as u16), &[0; 56]);
}
