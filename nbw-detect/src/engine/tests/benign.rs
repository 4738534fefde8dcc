//! What looks like an attack and is none.

use super::{
    events,
    make::{ACK, SYN, Tape},
    names,
};
use crate::Body;

const A: &str = "10.0.0.5";
const V: &str = "198.51.100.9";

fn peer(number: u32) -> String {
    format!("203.{}.{}.{}", number / 250 % 250, number % 250, 1 + number % 7)
}

/// Something that varies as people do, and is the same each time.
fn some(number: u32, most: u32) -> u32 {
    number.wrapping_mul(2_654_435_761) >> 8 & 0xffff & (most.next_power_of_two() - 1)
}

fn port(number: u32) -> u16 {
    20_000 + (number % 40_000) as u16
}

fn quiet(make: impl FnOnce(&mut Tape)) {
    let mut tape = Tape::new();
    make(&mut tape);
    let events = events(&tape.facts);
    assert!(events.is_empty(), "{:?} {:?}", names(&events), events[0].evidence);
}

#[test]
fn a_busy_web_server() {
    // A thousand connections a second of many clients, most of which stay open for a while.
    quiet(|tape| {
        for number in 0..6_000 {
            let from = peer(number % 500);
            tape.opened(&from, port(number), V, 443).tcp(&from, port(number), V, 443, ACK, 500);
            tape.tcp(V, 443, &from, port(number), ACK, 1_000 + some(number, 4_000)).wait(1);
        }
        tape.wait(10_000).icmp(A, V, 8, 56);
    });
}

#[test]
fn a_busy_resolver_and_a_busy_dns_server() {
    quiet(|tape| {
        for number in 0..6_000 {
            // As a client of many servers, and as a server of one busy client; one answer in fifty is late or lost.
            let server = peer(number % 300);
            tape.udp(A, port(number), &server, 53, 30 + some(number, 16));
            if number % 50 != 0 {
                tape.udp(&server, 53, A, port(number), 80 + some(number, 256));
            }
            tape.udp("10.0.0.77", port(number), A, 53, 35).udp(A, 53, "10.0.0.77", port(number), 120).wait(2);
        }
    });
}

#[test]
fn a_load_balancer_and_its_backend() {
    // Short connections from one address to one port, hundreds a second: requests and answers of all sizes, and health checks by the clock.
    quiet(|tape| {
        for number in 0..4_000 {
            let said = [(300 + some(number, 512), 200 + some(number + 7, 32_768))];
            tape.session(A, port(number), V, 8_080, &said).wait(3);
        }
    });
    quiet(|tape| {
        for number in 0..200 {
            tape.session(A, port(number), V, 3_306, &[(0, 80), (100, 60)]).wait(2_000);
        }
    });
}

#[test]
fn a_web_application_and_its_database() {
    // The database speaks first, connections are short, and what comes back is what was asked for.
    quiet(|tape| {
        for number in 0..1_000 {
            let said = [(0, 90), (180, 11), (60 + some(number, 256), 100 + some(number + 3, 8_192))];
            tape.session(A, port(number), V, 3_306, &said).wait(20 + u64::from(some(number, 64)));
        }
    });
}

#[test]
fn clients_behind_one_address() {
    // A NAT gateway: many connections to one site, some opened ahead of need, most with answers.
    quiet(|tape| {
        for number in 0..400 {
            tape.opened(A, port(number), V, 443);
            if number % 4 != 0 {
                tape.tcp(A, port(number), V, 443, ACK, 500).tcp(
                    V,
                    443,
                    A,
                    port(number),
                    ACK,
                    3_000 + some(number, 2_048),
                );
            }
            tape.wait(50);
        }
        tape.wait(10_000).icmp(A, V, 8, 56);
    });
}

#[test]
fn a_crawler_and_monitoring() {
    quiet(|tape| {
        for number in 0..600 {
            // One site in twenty is gone.
            if number % 20 == 0 {
                tape.tcp(A, port(number), &peer(number), 443, SYN, 0);
            } else {
                tape.session(A, port(number), &peer(number), 443, &[(300, 2_000 + some(number, 8_192))]);
            }
            tape.wait(50);
        }
    });
    quiet(|tape| {
        for round in 0..30 {
            for host in 0..100 {
                let to = format!("10.0.3.{host}");
                tape.icmp(A, &to, 8, 56);
                if host != 7 {
                    tape.icmp(&to, A, 0, 56);
                }
                tape.session(A, port(round * 100 + host), &to, 22, &[(0, 40)]);
            }
            tape.wait(10_000);
        }
    });
}

#[test]
fn peer_to_peer() {
    // Half of the peers are gone; those that are not are talked to.
    quiet(|tape| {
        for number in 0..2_000 {
            let (to, at) = (peer(number), 1_024 + some(number, 16_384) as u16 * 2);
            tape.udp(A, 6_881, &to, at, 100);
            tape.tcp(A, port(number), &to, at, SYN, 0);
            if number % 2 == 0 {
                tape.udp(&to, at, A, 6_881, 300).tcp(&to, at, A, port(number), SYN | ACK, 0);
            }
            tape.udp(&peer(number + 9), at, A, 6_881, 90).udp(A, 6_881, &peer(number + 9), at, 250).wait(30);
        }
    });
}

#[test]
fn a_call_a_film_and_a_backup() {
    quiet(|tape| {
        for number in 0..20_000 {
            // A call both ways, a film that nobody acknowledges, logs that many send to one.
            tape.udp(A, 40_000, V, 50_000, 172).udp(V, 50_000, A, 40_000, 172);
            tape.udp("10.0.0.9", 5_004, A, 5_004, 1_316);
            tape.udp(&format!("10.0.4.{}", number % 50), 514, A, 514, 200).wait(2);
        }
    });
    quiet(|tape| {
        tape.opened(A, 40_000, V, 873);
        for _ in 0..20_000 {
            tape.tcp(A, 40_000, V, 873, ACK, 1_460);
        }
    });
}

#[test]
fn a_file_transfer_by_many_connections() {
    // FTP opens a connection on another port for each file.
    quiet(|tape| {
        for number in 0..500 {
            tape.session(A, port(number), V, 30_000 + (number * 7) as u16, &[(0, 5_000 + some(number, 4_096))])
                .wait(100);
        }
    });
}

#[test]
fn a_traceroute() {
    quiet(|tape| {
        for number in 0..90 {
            tape.udp(A, 40_000, V, 33_434 + number, 32).icmp(&format!("192.0.2.{}", number / 3), A, 11, 28).wait(5);
        }
    });
}

#[test]
fn a_fail_over_and_a_router() {
    // Twenty addresses move to another host, which says so a few times; a router asks for hosts here and there.
    quiet(|tape| {
        for address in 0..20 {
            tape.arp(1, (1, &format!("10.0.1.{address}")), (0, "10.0.1.250"));
        }
        for _ in 0..5 {
            for address in 0..20 {
                let own = format!("10.0.1.{address}");
                tape.arp(2, (2, &own), (255, &own));
            }
            tape.wait(1_000);
        }
    });
    quiet(|tape| {
        for number in 0..600_u32 {
            let to = format!("10.{}.{}.{}", number % 9, 1, some(number, 256));
            tape.arp(1, (1, "10.0.1.1"), (0, &to)).wait(50);
        }
    });
}

#[test]
fn a_service_that_is_down() {
    // Its clients ask again, as clients do; others are refused and come back.
    quiet(|tape| {
        for number in 0..2_000 {
            tape.tcp(&peer(number), port(number), V, 443, SYN, 0);
            if number >= 300 {
                tape.tcp(&peer(number - 300), port(number - 300), V, 443, SYN, 0);
            }
            tape.refused(A, port(number), "10.0.0.8", 5_432).wait(3);
        }
    });
}

#[test]
fn networks_of_one_link_that_know_nothing_of_each_other() {
    // Two VLANs with the same gateway address, each with a gateway of its own.
    let requests = |net: fn(u32) -> u32| {
        let mut tape = Tape::new();
        for number in 0..200_u32 {
            let mac = 1 + (number % 2) as u8;
            tape.arp(1, (mac, "10.0.1.1"), (0, &format!("10.0.1.{}", 10 + number % 5))).wait(2_000);
            let Body::Arp(arp) = &mut tape.facts.last_mut().unwrap().body else { panic!("no ARP") };
            arp.net = net(number % 2);
        }
        events(&tape.facts)
    };
    assert!(requests(|vlan| vlan + 1).is_empty());
    assert_eq!(names(&requests(|_| 1)), ["arp-spoof"]);
}

#[test]
fn a_balancer_whose_host_restarts() {
    // Ports that have answered before are refused for a while; a scan of others is told.
    let mut tape = Tape::new();
    for round in 0..6_u32 {
        for at in 0..40 {
            let (from, to) = (port(round * 40 + at), 5_000 + at as u16);
            if round == 3 {
                tape.refused(A, from, V, to)
            } else {
                tape.session(A, from, V, to, &[(300, 2_000)])
            };
        }
        tape.wait(2_000);
    }
    assert!(events(&tape.facts).is_empty());
    for at in 0..40 {
        tape.refused(A, port(at), V, 6_000 + at as u16);
    }
    assert_eq!(names(&events(&tape.facts)), ["port-scan-connect"]);
}

#[test]
fn packets_of_which_a_mirror_has_both_copies() {
    let mut tape = Tape::new();
    for number in 0..600 {
        for _ in 0..2 {
            tape.tcp(&peer(number), port(number), V, 443, SYN, 0);
        }
        tape.wait(20);
    }
    tape.wait(2_000).icmp(A, V, 8, 56);
    assert!(events(&tape.facts).is_empty(), "six hundred are not twelve hundred");
}
