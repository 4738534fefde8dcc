//! Stripes that fill up: what half of a field holds moves to the spill, and nothing is lost or read twice.

use aya::util::nr_cpus;
use nbw::bpf::{Kernel, LoadOptions, Object};
use nbw_common::abi::{Counters, GROUP_SLOTS, LINK_SLOTS, Stripe, maps, packed};
use nbw_tests::lab::Netns;
use nix::{
    sched::{CpuSet, sched_setaffinity},
    unistd::Pid,
};

use crate::{
    context::Context,
    frame,
    hook::{self, Hook},
    machine::{LO, Machine},
};

/// Half of the packets' field.
const MANY: u64 = packed::packets(packed::PACKETS_FULL);

/// A stripe word before a packet, and what has to be in the spill after it.
struct Filling {
    bytes: u64,
    packets: u64,
    spilled: (u64, u64),
}

/// Around the edges of both fields, for a packet of `length` bytes.
fn fillings(length: u64) -> [Filling; 6] {
    let full = packed::BYTES_FULL;
    [
        Filling { bytes: full - length - 1, packets: MANY - 2, spilled: (0, 0) },
        Filling { bytes: full - length, packets: 5, spilled: (full, 0) },
        Filling { bytes: full - 1, packets: 5, spilled: (full, 0) },
        Filling { bytes: 7, packets: MANY - 1, spilled: (0, MANY) },
        Filling { bytes: full - 1, packets: MANY - 1, spilled: (full, MANY) },
        // A field that is past its half already was moved by whoever filled it: nobody moves it again.
        Filling { bytes: full + 1, packets: MANY + 1, spilled: (0, 0) },
    ]
}

/// The arrays of a table, and the slot under test.
struct Place {
    stripes: &'static str,
    spills: &'static str,
    stripe: u32,
    slot: u32,
}

impl Place {
    /// Slot 1, of `lo` or of the first group, in the stripe of this thread's CPU.
    fn of(hook: Hook, cpu: u32) -> Self {
        if hook.is_tc() {
            let stripe = cpu * LINK_SLOTS + LO;
            Self { stripes: maps::LINK_STRIPES, spills: maps::LINK_SPILLS, stripe, slot: LO }
        } else {
            let stripe = cpu * GROUP_SLOTS + 1;
            Self { stripes: maps::GROUP_STRIPES, spills: maps::GROUP_SPILLS, stripe, slot: 1 }
        }
    }

    /// Sets both words of the stripe, and nothing spilled.
    fn prepare(&self, object: &mut Object, word: u64) {
        hook::set(object, self.stripes, self.stripe, [word; 2]);
        hook::set(object, self.spills, self.slot, [0u64; 4]);
    }

    fn stripe(&self, object: &mut Object) -> Stripe {
        let [rx, tx] = hook::get(object, self.stripes, self.stripe);
        Stripe { rx, tx }
    }

    fn spill(&self, object: &mut Object) -> [u64; 4] {
        hook::get(object, self.spills, self.slot)
    }
}

/// Keeps the thread on the CPU that it is on, and says which that is.
fn stay() -> u32 {
    // SAFETY: always callable.
    let cpu = usize::try_from(unsafe { libc::sched_getcpu() }).expect("a CPU");
    assert!(cpu < nr_cpus().expect("the CPUs"));
    let mut set = CpuSet::new();
    set.set(cpu).expect("a CPU");
    sched_setaffinity(Pid::from_raw(0), &set).expect("staying on the CPU");
    cpu as u32
}

/// Runs one packet of `length` seen bytes into a prepared stripe; `read` is userspace's way of reading the slot.
fn fill(object: &mut Object, hook: Hook, place: &Place, filling: &Filling, read: impl Fn(&mut Object) -> Counters) {
    let frame = frame::named("ipv4-tcp").bytes;
    let length = frame.len() as u64 - if hook.is_tc() { 0 } else { 14 };
    let word = packed::word(filling.bytes, filling.packets);
    place.prepare(object, word);
    assert_eq!(hook::run(object, hook, &frame, Context::default(), 1), Ok(hook.pass()));

    let (bytes, packets) = filling.spilled;
    let after = packed::word(filling.bytes + length - bytes, filling.packets + 1 - packets);
    let counted = (filling.bytes + length, filling.packets + 1);
    let untouched = (filling.bytes, filling.packets);
    let (stripe, spill, (rx, tx)) = if hook.receives() {
        (Stripe { rx: after, tx: word }, [bytes, packets, 0, 0], (counted, untouched))
    } else {
        (Stripe { rx: word, tx: after }, [0, 0, bytes, packets], (untouched, counted))
    };
    assert_eq!(place.stripe(object), stripe, "{hook:?}");
    assert_eq!(place.spill(object), spill, "{hook:?}");
    let expected = Counters { rx_bytes: rx.0, rx_packets: rx.1, tx_bytes: tx.0, tx_packets: tx.1 };
    assert_eq!(read(object), expected, "{hook:?}");
}

#[test]
fn groups_spill_exactly_and_userspace_reads_it() {
    let mut machine = Machine::new(&LoadOptions::default());
    let cpu = stay();
    let length = frame::named("ipv4-tcp").bytes.len() as u64 - 14;
    let Machine { groups, object, .. } = &mut machine;
    for hook in [Hook::CgroupIngress, Hook::CgroupEgress] {
        // The first packet takes the slot.
        let first = frame::named("ipv4-udp").bytes;
        assert_eq!(hook::run(object, hook, &first, Context::default(), 1), Ok(hook.pass()));
        assert_eq!(groups.ever_used().collect::<Vec<_>>(), [1]);
        for filling in fillings(length) {
            fill(object, hook, &Place::of(hook, cpu), &filling, |_| groups.counters(1).expect("a reading"));
        }
    }
}

#[test]
fn interfaces_spill_exactly() {
    let mut machine = Machine::new(&LoadOptions::default());
    let cpu = stay();
    let length = frame::named("ipv4-tcp").bytes.len() as u64;
    for hook in Hook::TC {
        for filling in fillings(length) {
            let place = Place::of(hook, cpu);
            let read = |object: &mut Object| {
                let (stripe, spill) = (place.stripe(object), place.spill(object));
                Counters {
                    rx_bytes: packed::bytes(stripe.rx) + spill[0],
                    rx_packets: packed::packets(stripe.rx) + spill[1],
                    tx_bytes: packed::bytes(stripe.tx) + spill[2],
                    tx_packets: packed::packets(stripe.tx) + spill[3],
                }
            };
            fill(&mut machine.object, hook, &place, &filling, read);
        }
    }
}

/// Userspace's own reader, in a namespace whose `lo` nobody else uses.
#[test]
fn userspace_reads_a_spilled_interface() {
    let frame = frame::named("ipv4-tcp").bytes;
    Netns::new().enter(|| {
        let mut kernel = Kernel::load(&LoadOptions::default()).expect("nbw's kernel side");
        kernel.attach_link(LO, "lo", 14).expect("lo");
        let place = Place::of(Hook::TcIngress, stay());
        let filling = Filling { bytes: packed::BYTES_FULL - 1, packets: MANY - 1, spilled: (0, 0) };
        place.prepare(kernel.object_mut(), packed::word(filling.bytes, filling.packets));
        for hook in [Hook::TcIngress, Hook::TcEgress] {
            assert_eq!(hook::run(kernel.object_mut(), hook, &frame, Context::default(), 1), Ok(hook.pass()));
        }
        let (bytes, packets) = (filling.bytes + frame.len() as u64, filling.packets + 1);
        let expected = Counters { rx_bytes: bytes, rx_packets: packets, tx_bytes: bytes, tx_packets: packets };
        assert_eq!(kernel.links.counters(LO), Some(expected));
        let full = (packed::BYTES_FULL, MANY);
        assert_eq!(place.spill(kernel.object_mut()), [full.0, full.1, full.0, full.1]);
    });
}

/// However many packets come, what is read is what came: across many spills, with segments by the ten thousand and
/// headers of two kilobytes.
#[test]
fn many_spills_lose_nothing() {
    const TIMES: u32 = 5000;
    let mut machine = Machine::new(&LoadOptions::default());
    let frame = frame::named("ipv6-destination-longest").bytes;
    for hook in Hook::ALL {
        let wire_len = if hook.believes() { 65_536 } else { 0 };
        let context = Context { wire_len, ..Context::segmented(65_535, 1448) };
        assert_eq!(hook::run(&mut machine.object, hook, &frame, context, TIMES), Ok(hook.pass()));
    }
    let (times, segments, headers, payload) = (u64::from(TIMES), 65_535, 2088 + 20, 8);
    let packets = times * segments;
    let (rx_bytes, tx_bytes) = (times * (payload + segments * (14 + headers)), times * 65_536);
    // By the programs of who looks for attacks, and by the others.
    let links =
        Counters { rx_bytes: 2 * rx_bytes, rx_packets: 2 * packets, tx_bytes: 2 * tx_bytes, tx_packets: 2 * packets };
    assert_eq!(machine.link(LO), links);
    let bytes = times * (payload + segments * headers);
    let groups = Counters { rx_bytes: bytes, rx_packets: packets, tx_bytes: bytes, tx_packets: packets };
    assert_eq!(machine.groups.counters(1), Some(groups));
    let spill: [u64; 4] = hook::get(&mut machine.object, maps::LINK_SPILLS, LO);
    assert!(spill[0] > 0 && spill[0].is_multiple_of(packed::BYTES_FULL), "{spill:?}");
    assert!(spill[1] > MANY && spill[1].is_multiple_of(MANY), "{spill:?}");
}
