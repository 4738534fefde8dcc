//! The one place where two readings and the time between them become rates.

use std::time::Duration;

use nbw_common::abi::Counters;

use crate::snapshot::Flow;

/// Bytes and packets in one direction since nbw attached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// Bytes on the wire.
    pub bytes: u64,
    /// Packets on the wire.
    pub packets: u64,
}

/// Both directions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Received.
    pub rx: Total,
    /// Sent.
    pub tx: Total,
}

impl Totals {
    /// What a slot has counted, as bytes on the wire: `header` bytes more for each packet than the hook saw.
    pub fn on_the_wire(counters: &Counters, header: u32) -> Self {
        let wire = |bytes, packets| Total { bytes: bytes + packets * u64::from(header), packets };
        Self { rx: wire(counters.rx_bytes, counters.rx_packets), tx: wire(counters.tx_bytes, counters.tx_packets) }
    }

    /// The part of `self` that exceeds `other`, nothing where it does not.
    pub fn beyond(self, other: Self) -> Self {
        self.each(other, u64::saturating_sub)
    }

    fn each(self, other: Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        let both =
            |a: Total, b: Total| Total { bytes: combine(a.bytes, b.bytes), packets: combine(a.packets, b.packets) };
        Self { rx: both(self.rx, other.rx), tx: both(self.tx, other.tx) }
    }

    /// Whether nothing was ever counted.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl std::ops::AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        *self = self.each(other, u64::saturating_add);
    }
}

/// The flow between two readings of a counter that the kernel only ever raises. One that went back (it is not the same
/// counter any more) has moved nothing in this tick, as far as anyone knows: no rate, and never a spike.
pub fn counted(before: Total, now: Total, elapsed: Duration) -> Flow {
    let grew = now.bytes >= before.bytes && now.packets >= before.packets;
    let (bytes, packets) = if grew { (now.bytes - before.bytes, now.packets - before.packets) } else { (0, 0) };
    flow(signed(bytes), signed(packets), now, elapsed)
}

/// The flow between two values of a derived figure, which may go back by what was in flight; its rate is never
/// negative.
pub fn derived(before: Total, now: Total, elapsed: Duration) -> Flow {
    let change = |before: u64, now: u64| signed(now).saturating_sub(signed(before));
    flow(change(before.bytes, now.bytes), change(before.packets, now.packets), now, elapsed)
}

fn flow(bytes: i64, packets: i64, now: Total, elapsed: Duration) -> Flow {
    Flow {
        bytes,
        packets,
        bytes_per_second: per_second(bytes, elapsed),
        packets_per_second: per_second(packets, elapsed),
        total_bytes: now.bytes,
        total_packets: now.packets,
    }
}

/// Over an interval of zero there is no rate.
fn per_second(amount: i64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 0.0 } else { (amount.max(0) as f64) / elapsed.as_secs_f64() }
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn total(bytes: u64, packets: u64) -> Total {
        Total { bytes, packets }
    }

    #[test]
    fn a_rate_is_over_the_time_that_really_passed() {
        let flow = counted(total(100, 1), total(1_100, 3), Duration::from_millis(500));
        assert_eq!((flow.bytes, flow.bytes_per_second, flow.packets_per_second), (1_000, 2_000.0, 4.0));
    }

    #[test]
    fn a_counter_that_went_back_gives_no_rate() {
        let flow = counted(total(5_000, 10), total(10, 1), SECOND);
        assert_eq!((flow.bytes, flow.bytes_per_second, flow.total_bytes), (0, 0.0, 10));
    }

    #[test]
    fn a_derived_figure_may_go_back_but_its_rate_may_not() {
        let flow = derived(total(500, 5), total(400, 4), SECOND);
        assert_eq!((flow.bytes, flow.bytes_per_second), (-100, 0.0));
    }

    proptest! {
        #[test]
        fn rates_are_finite_and_never_negative(
            before: (u64, u64), now: (u64, u64), nanoseconds in 0u64..10_000_000_000,
        ) {
            let elapsed = Duration::from_nanos(nanoseconds);
            for flow in [
                counted(total(before.0, before.1), total(now.0, now.1), elapsed),
                derived(total(before.0, before.1), total(now.0, now.1), elapsed),
            ] {
                prop_assert!(flow.bytes_per_second.is_finite() && flow.bytes_per_second >= 0.0);
                prop_assert!(flow.packets_per_second.is_finite() && flow.packets_per_second >= 0.0);
            }
        }

        #[test]
        fn ticks_add_up_to_the_total(steps in proptest::collection::vec((0u64..1 << 40, 0u64..1 << 20), 1..50)) {
            let (mut now, mut bytes) = (Total::default(), 0);
            for (more, packets) in steps {
                let next = total(now.bytes + more, now.packets + packets);
                bytes += counted(now, next, SECOND).bytes;
                now = next;
            }
            prop_assert_eq!(bytes as u64, now.bytes);
        }
    }
}
