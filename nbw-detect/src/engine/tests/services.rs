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

#[test]
fn collectors() {
    // A whole network's devices report from the service's own port, or each time from another, and are never answered.
    for port in [162, 514, 2_055, 6_343, 8_125] {
        for own in [true, false] {
            quiet("reports to a collector", |tape| {
                for number in 0..12_000_u32 {
                    let from = format!("10.3.{}.{}", number % 5, number % 250);
                    let source = if own { port } else { 20_000 + (number * 7 % 40_000) as u16 };
                    tape.udp(&from, source, V, port, 200).wait(1);
                }
            });
        }
    }
}

#[test]
fn searches_in_a_large_network() {
    for (port, group) in [(1_900, "239.255.255.250"), (3_702, "239.255.255.250")] {
        quiet("a search that everybody answers", |tape| {
            tape.udp(A, 50_000, group, port, 120);
            for number in 0..1_500_u32 {
                tape.udp(&format!("10.3.{}.{}", number % 5, number % 250), port, A, 50_000, 300).wait(1);
            }
        });
    }
    quiet("neighbours", |tape| {
        for number in 0..4_000_u32 {
            tape.ip6(&format!("fe80::{number:x}"), "ff02::16", 143).wait(1);
        }
    });
}

#[test]
fn monitoring_of_a_network() {
    quiet("a walk through an agent's tables", |tape| {
        for number in 0..2_000_u32 {
            tape.udp(A, 40_000, "10.3.0.1", 161, 80)
                .udp("10.3.0.1", 161, A, 40_000, 1_400)
                .wait(20 + u64::from(number % 9));
        }
    });
    quiet("a program with a short patience, and a server that is gone", |tape| {
        for number in 0..1_500 {
            tape.tcp(A, 2_000 + number, V, 5_432, SYN, 0).wait(200);
        }
    });
    quiet("echoes of one length after the other", |tape| {
        for length in 0..200 {
            tape.icmp(A, V, 8, 8 + length * 7).wait(20).icmp(V, A, 0, 8 + length * 7).wait(500);
        }
    });
}

#[test]
fn mail_and_browsers_that_fail() {
    for (what, port) in [("a queue of mail for hosts that are gone", 25), ("a browser whose IPv6 leads nowhere", 443)] {
        quiet(what, |tape| {
            for number in 0..100_u16 {
                tape.tcp(A, 2_000 + number, &format!("203.0.113.{number}"), port, SYN, 0).wait(800);
            }
        });
    }
    quiet("a path by satellite", |tape| {
        for number in 0..100_u16 {
            let to = format!("203.0.113.{number}");
            tape.tcp(A, 2_000 + number, &to, 22, SYN, 0).wait(1_200).tcp(&to, 22, A, 2_000 + number, SYN | ACK, 0);
        }
    });
}

#[test]
fn forwarders_of_names() {
    quiet("one socket, names of a cluster, cookies", |tape| {
        for number in 0..600_u32 {
            tape.udp(A, 40_000, V, 53, 70 + number * 7 % 31).udp(V, 53, A, 40_000, 150).wait(40);
        }
    });
    quiet("long names of a content network, with cookies", |tape| {
        for number in 0..600 {
            let length = if number % 3 == 0 { 92 + u32::from(number) % 16 } else { 60 };
            tape.udp(A, 20_000 + number, V, 53, length).udp(V, 53, A, 20_000 + number, 200).wait(90);
        }
    });
}

#[test]
fn programs_without_a_pool_of_connections() {
    for (what, port, said) in [
        ("writes to a cache", 6_379, &[(40, 5), (60, 5), (70, 20), (30, 5), (20, 5)][..]),
        ("pages from PostgreSQL", 5_432, &[(80, 24), (60, 400), (50, 60), (90, 300), (20, 12)]),
        ("jobs from a queue", 5_672, &[(8, 500), (300, 20), (20, 12), (20, 30), (30, 12)]),
        (
            "a command over SSH each time",
            22,
            &[
                (40, 40),
                (1_400, 1_080),
                (48, 600),
                (60, 60),
                (70, 90),
                (500, 50),
                (640, 60),
                (80, 60),
                (120, 200),
                (40, 60),
            ],
        ),
    ] {
        quiet(what, |tape| {
            for number in 0..600 {
                tape.held(A, 20_000 + number, V, port, said).wait(pause(number, 500 * said.len() as u64));
            }
        });
    }
    quiet("mailboxes fetched one after the other", |tape| {
        for number in 0..200 {
            let said = [(0, 40), (20, 30), (25, 30), (6, 9), (6, 12)];
            tape.held(A, 20_000 + number, V, 110, &said);
        }
    });
    quiet("mail between a server and its filter", |tape| {
        for number in 0..200 {
            let said = [(0, 60), (25, 120), (35, 14), (40, 14), (6, 37), (900, 40), (6, 20)];
            tape.held(A, 20_000 + number, V, 10_024, &said);
        }
    });
}

#[test]
fn outages() {
    quiet("a resolver whose uplink is gone", |tape| {
        for number in 0..3_000_u32 {
            let server = format!("203.0.113.{}", number % 200);
            tape.udp(A, 20_000 + (number * 7 % 40_000) as u16, &server, 53, 40).wait(20);
        }
    });
    quiet("a web server that resets what is old", |tape| {
        for number in 0..600_u16 {
            let from = format!("203.0.113.{}", number % 250);
            if number % 3 == 0 {
                tape.session(&from, 20_000 + number, V, 443, &[(300, 2_000)]);
            }
            tape.tcp(V, 443, &from, 2_000 + number, 20, 0).wait(50);
        }
    });
}
