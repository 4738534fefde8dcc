//! A past whose every byte is known.

use std::time::Duration;

use jiff::Timestamp;
use nbw::snapshot::{Flow, Health, Interface, Rows, SCHEMA, Snapshot};

/// How many interfaces it has.
const INTERFACES: usize = 20;

/// What an interface received in a tick.
pub fn received(interface: usize, tick: i64) -> u64 {
    1_000 + (tick as u64 * 7_919 + interface as u64 * 104_729) % 1_009
}

/// A snapshot of that tick, which took a second; tick 0 began at `start` (Unix time in seconds).
///
/// # Panics
/// When the calendar does not go so far.
pub fn tick_of_history(tick: i64, start: i64) -> Snapshot {
    let flow = |bytes: u64| Flow { bytes: bytes as i64, packets: 3, ..Flow::default() };
    let interface = |number: usize| Interface {
        name: format!("eth{number}").into(),
        index: number as u32 + 1,
        link_bits_per_second: None,
        up: true,
        master: None,
        parent: None,
        edge: true,
        rx: flow(received(number, tick)),
        tx: flow(7),
    };
    Snapshot {
        schema: SCHEMA,
        time: Timestamp::from_second(start + tick + 1).expect("a time"),
        elapsed: Duration::from_secs(1),
        interfaces: (0..INTERFACES).map(interface).collect(),
        groups: Vec::new(),
        rows: Rows::default(),
        alerts: None,
        events: None,
        health: Health::default(),
    }
}

/// What all interfaces received in the ticks from one to another.
pub fn received_by_all(ticks: std::ops::Range<i64>) -> u64 {
    ticks.flat_map(|tick| (0..INTERFACES).map(move |interface| received(interface, tick))).sum()
}
