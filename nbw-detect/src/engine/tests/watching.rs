//! What is looked at closely, and for how long.

use super::make::{ACK, SYN, Tape};
use crate::{Engine, Limits, Signatures, Time};

const A: &str = "192.0.2.7";
const V: &str = "198.51.100.9";

/// In how much of the time the endpoint was watched, in percent, and what was said.
fn watched(port: u16, tape: &Tape) -> (usize, Vec<String>) {
    let mut engine = Engine::new(&Signatures::built_in(), Limits { live: true, ..Limits::default() });
    let mut seen = 0;
    for facts in &tape.facts {
        engine.observe(facts);
        if !engine.watched().is_empty() {
            engine.watches(facts.time);
        }
        seen += usize::from(engine.watched().iter().any(|(_, known)| *known == port));
    }
    let share = seen * 100 / tape.facts.len();
    (share, engine.finish().into_iter().map(|event| event.signature).collect())
}

/// Ten minutes of a service with a connection each second, of some clients in turn.
fn service(port: u16, clients: u32, said: &[(u32, u32)]) -> Tape {
    let mut tape = Tape::new();
    for number in 0..600_u32 {
        let from = format!("203.0.113.{}", number % clients);
        tape.session(&from, 10_000 + number as u16, V, port, said).wait(1_000);
    }
    tape
}

#[test]
fn where_clients_speak_first_nobody_listens_for_guesses() {
    for port in [80, 443, 3_000, 8_000, 8_080, 8_443, 9_090] {
        let (share, said) = watched(port, &service(port, 3, &[(300, 2_000)]));
        assert_eq!((share, said.len()), (0, 0), "port {port}");
    }
}

#[test]
fn what_is_seen_to_be_another_kind_of_service_is_let_go_of() {
    for clients in [1, 3, 40] {
        let (share, said) = watched(8_123, &service(8_123, clients, &[(300, 2_000)]));
        assert!((1..=25).contains(&share), "{share} % of the time, {clients} clients");
        assert!(said.is_empty(), "{said:?}");
    }
    let (share, _) = watched(2_222, &service(2_222, 3, &[(0, 40), (20, 2_000)]));
    assert!(share > 80, "where the server speaks first: {share} %");
}

#[test]
fn guesses_are_heard_behind_all_else() {
    // A service that is let go of, and is one that is guessed at a while later.
    let mut tape = service(2_222, 3, &[(300, 2_000)]);
    tape.wait(400_000);
    for number in 0..60 {
        tape.held(A, 30_000 + number, V, 2_222, &[(0, 40), (20, 30), (25, 30)]);
    }
    for number in 0..40 {
        tape.held(A, 40_000 + number, "198.51.100.10", 445, &[(100, 200), (150, 300), (400, 80)]);
    }
    let (_, said) = watched(2_222, &tape);
    assert_eq!(said, ["brute-force", "brute-force-smb"]);
}

#[test]
fn a_flood_is_watched_whatever_was_let_go_of() {
    let mut tape = service(8_123, 3, &[(300, 2_000)]);
    for number in 0..1_200 {
        tape.tcp(A, 1_000 + number, V, 8_123, SYN, 0).tcp(V, 8_123, A, 1_000 + number, SYN | ACK, 0).wait(5);
    }
    let (_, said) = watched(8_123, &tape);
    assert_eq!(said, ["syn-flood-half-open"]);
    assert!(Time(tape.now) > tape.facts[0].time);
}
