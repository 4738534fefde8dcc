//! ARP spoofing: somebody puts himself between the victim and its gateway.

use std::time::Duration;

use super::{
    attack::{Attack, Named, attack},
    exchange::Exchange,
    host::{GATEWAY, Host, NEIGHBOUR, VICTIM, neighbour},
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        // Whose address is taken.
        target: Named::One("10.20.0.1"),
        ..spoof("arp-spoof", "a neighbour says that it is the gateway, again and again", |_| Box::new(poison))
    },
    spoof("arp-spoof-unasked", "the same, seen from where the gateway is never heard", |_| Box::new(tell)),
];

const fn spoof(name: &'static str, about: &'static str, step: fn(&Plan) -> Step) -> Attack {
    let duration = Duration::from_secs(20);
    let scenario = Scenario { name, about, attempts: "replies", rate: 4.0, duration, regular: true, step };
    let source = Named::One("02:00:00:00:00:42");
    Attack { source, ..attack(Kind::ArpSpoof, name, scenario) }
}

fn poison(x: &mut Exchange<'_>, n: u64) {
    // The gateway has others to look after, and is heard by all.
    x.who_has(GATEWAY, neighbour(20 + (n % 14) as u8));
    x.wait_about(20_000);
    tell(x, n);
    // What goes to the gateway now goes to the neighbour.
    x.wait_about(50_000);
    x.ping(VICTIM, FALSE_GATEWAY, (7, n as u16), &[0; 56]);
}

fn tell(x: &mut Exchange<'_>, n: u64) {
    if n == 0 {
        // Whoever wants to tell the victim something has to find it.
        x.who_has(NEIGHBOUR, VICTIM);
        x.wait_about(300);
        x.is_at(VICTIM, VICTIM, NEIGHBOUR);
        x.wait_about(1_000);
    }
    x.is_at(NEIGHBOUR, FALSE_GATEWAY, VICTIM);
}

/// The gateway's address at the neighbour's hardware.
const FALSE_GATEWAY: Host = Host { mac: NEIGHBOUR.mac, ..GATEWAY };
