//! Signatures that only measure.

use super::{make::Tape, *};
use crate::Signature;

fn gauges() -> Signatures {
    let all = Signatures::built_in();
    let bare = |it: &Signature| Signature { when: Vec::new(), exclude: Vec::new(), ..it.clone() };
    ["icmp-flood", "host-sweep-icmp", "port-scan-syn"].map(|name| bare(all.get(name).unwrap())).into_iter().collect()
}

#[test]
fn the_most_that_anybody_had_is_measured_and_nothing_is_told() {
    let mut tape = Tape::new();
    for number in 0..300 {
        // Two who ping, one of them thrice as much; and one who is refused at twenty ports.
        tape.icmp("192.0.2.7", &format!("198.51.100.{}", number % 50), 8, 56).wait(1);
        tape.icmp("192.0.2.8", "198.51.100.77", 8, 56).icmp("192.0.2.8", "198.51.100.77", 8, 56).wait(1);
        tape.icmp("192.0.2.8", "198.51.100.77", 8, 56).wait(1);
        tape.refused("192.0.2.7", 40_000, "198.51.100.9", 2_000 + number % 20);
    }
    let mut engine = Engine::new(&gauges(), Limits::default());
    tape.facts.iter().for_each(|facts| engine.observe(facts));
    assert!(engine.take_events().is_empty());
    let peaks = engine.peaks();
    assert_eq!((peaks[0], peaks[2]), (Some(900.0), Some(20.0)), "{peaks:?}");
    assert_eq!(Engine::new(&gauges(), Limits::default()).peaks(), [None; 3]);
}

#[test]
fn however_many_there_are_as_many_are_remembered() {
    let limits = Limits { keys: 64, connections: 256, ..Limits::default() };
    let mut engine = Engine::new(&gauges(), limits);
    for number in 0..20_000_u32 {
        let mut tape = Tape::new();
        tape.now += u64::from(number) * 1_000_000;
        tape.icmp(&format!("192.{}.{}.7", number / 250, number % 250), &format!("198.51.{}.9", number % 250), 8, 56);
        engine.observe(&tape.facts[0]);
    }
    engine.flush();
    assert!(engine.boards.iter().all(|board| board.len() <= 64));
    assert!(engine.take_events().is_empty());
    // Eighty come to each in twenty seconds, forty in a window; most were forgotten in between.
    assert!(engine.peaks()[0].is_some_and(|most| (1.0..=40.0).contains(&most)));
}
