//! What programs do all day that looks like guessing, hoarding or flooding, and is none.

use super::{
    events,
    make::{ACK, SYN, Tape},
    names,
};

const A: &str = "10.0.0.5";
const V: &str = "198.51.100.9";

fn quiet(what: &str, make: impl FnOnce(&mut Tape)) {
    let mut tape = Tape::new();
    make(&mut tape);
    tape.wait(2_000).icmp("192.0.2.99", "192.0.2.98", 8, 56);
    let events = events(&tape.facts);
    assert!(events.is_empty(), "{what}: {:?} {:?}", names(&events), events[0].evidence);
}

/// Irregular, as what people cause.
fn pause(number: u16, most: u64) -> u64 {
    u64::from(number.wrapping_mul(40_503) >> 4) % most
}

#[test]
fn programs_that_deliver_and_fetch() {
    quiet("notifications by a smart host, one upon the other", |tape| {
        for number in 0..200 {
            let said = [(0, 60), (25, 120), (35, 14), (40, 14), (6, 37), (900 + u32::from(number % 50), 40), (6, 20)];
            tape.held(A, 20_000 + number, V, 25, &said).wait(pause(number, 200));
        }
    });
    quiet("an office that polls its mail", |tape| {
        for number in 0..300 {
            tape.session(A, 20_000 + number, V, 110, &[(0, 40), (20, 30), (25, 30), (6, 9), (6, 12)]);
            tape.wait(pause(number, 8_000));
        }
    });
    quiet("cameras that upload", |tape| {
        for number in 0..300 {
            tape.session(A, 20_000 + number, V, 21, &[(0, 60), (12, 34), (14, 23), (8, 30), (22, 50), (6, 14)]);
            tape.wait(pause(number, 6_000));
        }
    });
    quiet("pages from a database without a pool", |tape| {
        for number in 0..600 {
            tape.held(A, 20_000 + number, V, 3_306, &[(0, 90), (120, 11), (60, 400), (5, 0)]).wait(pause(number, 100));
        }
    });
}

#[test]
fn questions_with_the_same_answer() {
    let ports = [
        ("writes to Redis", 6_379, 5),
        ("binds to a directory", 389, 14),
        ("telemetry", 8_086, 130),
        ("web hooks", 80, 150),
    ];
    for (what, port, answer) in ports {
        quiet(what, |tape| {
            for number in 0..600 {
                tape.held(A, 20_000 + number, V, port, &[(100 + u32::from(number % 9), answer)])
                    .wait(pause(number, 300));
            }
        });
    }
    quiet("sensors that connect for each message", |tape| {
        for number in 0..600 {
            let from = 20_000 + number;
            tape.opened(A, from, V, 1_883).tcp(A, from, V, 1_883, ACK, 30 + u32::from(number % 9));
            tape.wait(400).tcp(V, 1_883, A, from, ACK, 4).tcp(A, from, V, 1_883, ACK, 40);
            tape.tcp(A, from, V, 1_883, ACK | 1, 0).tcp(V, 1_883, A, from, ACK | 1, 0).wait(pause(number, 300));
        }
    });
    for port in [8_443, 6_443, 9_200, 5_001] {
        quiet("polls by TLS", |tape| {
            for number in 0..600 {
                let said = [(250, 1_400), (130, 51), (300, 500)];
                tape.held(A, 20_000 + number, V, port, &said).wait(pause(number, 300));
            }
        });
    }
}

#[test]
fn many_that_wait() {
    quiet("sensors behind one address after the broker has restarted", |tape| {
        for number in 0..400 {
            let from = 20_000 + number;
            tape.opened(A, from, V, 1_883).tcp(A, from, V, 1_883, ACK, 40).tcp(V, 1_883, A, from, ACK, 4).wait(20);
        }
        tape.wait(60_000);
    });
    quiet("a proxy's connections to a slow backend", |tape| {
        for round in 0..4 {
            for number in 0..60 {
                tape.opened(A, 20_000 + round * 200 + number, V, 8_000).tcp(
                    A,
                    20_000 + round * 200 + number,
                    V,
                    8_000,
                    ACK,
                    700,
                );
                tape.wait(10);
            }
            tape.wait(6_500);
            for number in 0..60 {
                tape.tcp(V, 8_000, A, 20_000 + round * 200 + number, ACK, 9_000).wait(10);
            }
        }
    });
    quiet("a gateway's logs to a collector", |tape| {
        for number in 0..200 {
            tape.opened(A, 20_000 + number, V, 514).tcp(A, 20_000 + number, V, 514, ACK, 200).wait(10);
        }
        tape.wait(10_000).tcp(A, 1_000, V, 443, SYN, 0);
    });
}
