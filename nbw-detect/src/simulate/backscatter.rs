//! Back-scatter: what comes back to those whose addresses somebody else's flood has borrowed.

use std::time::Duration;

use super::{
    attack::{Attack, Named, attack},
    exchange::Exchange,
    host::{Host, SERVER, VICTIM, inside_nth, one_of},
    tcp,
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

pub(super) const ATTACKS: &[Attack] = &[
    scatter("backscatter-syn-ack", "a flooded server answers SYNs that nobody here has sent", syn_acks),
    Attack {
        source: Named::Many,
        target: Named::One("10.20.0.10"),
        ..scatter("backscatter-reflection", "servers everywhere answer SYNs in this host's name", reflections)
    },
    Attack {
        target: Named::One("10.20.0.10"),
        ..scatter("backscatter-reset", "a flooded server refuses connections that this host has not begun", resets)
    },
    scatter(
        "backscatter-reset-wide",
        "a flooded server refuses connections in the names of a whole network",
        wide_resets,
    ),
];

const fn scatter(name: &'static str, about: &'static str, step: fn(&Plan) -> Step) -> Attack {
    let duration = Duration::from_secs(10);
    let scenario = Scenario { name, about, attempts: "packets", rate: 500.0, duration, regular: false, step };
    let source = Named::One("203.0.113.80");
    Attack { source, target: Named::Many, ..attack(Kind::Backscatter, name, scenario) }
}

fn syn_acks(_: &Plan) -> Step {
    Box::new(|x, _| {
        let (borrower, syn) = borrowed(x);
        let answer = tcp::syn_ack(x, &syn);
        x.tcp(SERVER, borrower, answer.clone(), &[]);
        // Few of the addresses are in use; those who are say that they know nothing of it.
        if x.rng.u8(..) < 25 {
            x.wait_about(100);
            x.tcp(borrower, SERVER, tcp::reset(&answer), &[]);
        }
    })
}

fn reflections(_: &Plan) -> Step {
    Box::new(|x, _| {
        let (_, syn) = borrowed(x);
        let answer = tcp::syn_ack(x, &syn);
        let server = one_of(x.rng, 2_000);
        x.tcp(server, VICTIM, answer.clone(), &[]);
        x.wait_about(100);
        x.tcp(VICTIM, server, tcp::reset(&answer), &[]);
    })
}

fn resets(_: &Plan) -> Step {
    Box::new(|x, _| {
        let (_, syn) = borrowed(x);
        x.tcp(SERVER, VICTIM, tcp::reset(&syn), &[]);
    })
}

fn wide_resets(_: &Plan) -> Step {
    Box::new(|x, _| {
        let (borrower, syn) = borrowed(x);
        x.tcp(SERVER, borrower, tcp::reset(&syn), &[]);
    })
}

/// An address of the inside, and the SYN that the flooder has sent in its name.
fn borrowed(x: &mut Exchange<'_>) -> (Host, etherparse::TcpHeader) {
    let (borrower, port) = (inside_nth(x.rng.u64(..)), x.rng.u16(1_024..));
    (borrower, tcp::syn(x, port, 443))
}
