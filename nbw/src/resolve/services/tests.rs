use std::process::Command;

use super::{
    Transport::{Dccp, Sctp, Tcp, Udp},
    *,
};

fn named(port: u16, transport: Transport, name: &str) -> Service {
    Service { port, transport, name: name.to_owned() }
}

#[test]
fn without_a_table_the_common_ports_have_names() {
    let names = ServiceNames::of([]);
    for (port, transport, name) in [
        (443, Tcp, "https"),
        (443, Udp, "https"),
        (22, Tcp, "ssh"),
        (53, Udp, "domain"),
        (5432, Tcp, "postgresql"),
        (38412, Sctp, "ng-control"),
    ] {
        assert_eq!(names.name(port, transport).as_deref(), Some(name), "{port} {transport:?}");
    }
    assert_eq!(names.name(22, Udp), None);
    assert_eq!(names.name(0, Tcp), None);
    assert_eq!(names.name(40_000, Tcp), None);
}

#[test]
fn the_systems_word_counts_first_and_its_first_word_most() {
    let names = ServiceNames::of([named(443, Tcp, "ours"), named(443, Tcp, "alias"), named(7777, Dccp, "game")]);
    assert_eq!(names.name(443, Tcp).as_deref(), Some("ours"));
    assert_eq!(names.name(443, Udp).as_deref(), Some("https"));
    assert_eq!(names.name(7777, Dccp).as_deref(), Some("game"));
}

#[test]
fn the_builtin_table_is_in_order_without_repetition() {
    let keys: Vec<_> = REGISTERED.iter().map(|&(port, transport, _)| (port, format!("{transport:?}"))).collect();
    assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
    assert!(REGISTERED.iter().all(|(_, _, name)| text::clean(name) == *name && !name.is_empty()));
}

#[test]
fn an_entry_of_libc_is_understood_and_cleaned() {
    let entry = service(c"ht\x1btps", c"tcp", i32::from(443_u16.to_be())).unwrap();
    assert_eq!((entry.port, entry.transport, entry.name.as_str()), (443, Tcp, "ht\u{FFFD}tps"));
    assert!(service(c"rtmp", c"ddp", i32::from(1_u16.to_be())).is_none());
    assert!(service(c"odd", c"tcp", -1).is_none());
    assert!(service(c"odd", c"tcp", 65_536).is_none());
}

/// `getent` reads the same table by other means (glibc's own, one port at a time).
#[test]
fn the_systems_table_is_the_one_that_getent_shows() {
    let names = ServiceNames::load();
    for (port, protocol, transport) in [(443, "tcp", Tcp), (53, "udp", Udp), (25, "tcp", Tcp), (514, "udp", Udp)] {
        let output = Command::new("getent").args(["services", &format!("{port}/{protocol}")]).output().unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        // Without a table of the system's there is nothing to compare with; what is built in has its own test.
        if let Some(expected) = line.split_whitespace().next() {
            assert_eq!(names.name(port, transport).as_deref(), Some(expected), "{port}/{protocol}");
        }
    }
}

#[test]
fn reading_twice_and_from_several_threads_gives_the_same() {
    let count = ServiceNames::load().names.len();
    let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(|| ServiceNames::load().names.len())).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), count);
    }
}

#[test]
fn protocols_are_known_by_their_numbers() {
    for (number, transport) in [(6, Tcp), (17, Udp), (136, Udp), (132, Sctp), (33, Dccp)] {
        assert_eq!(Transport::from_number(number), Some(transport));
    }
    assert_eq!(Transport::from_number(1), None);
    assert_eq!(Transport::from_number(0), None);
}
