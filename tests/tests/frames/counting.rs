//! Bytes and packets of every frame, at every hook.

use nbw::bpf::LoadOptions;
use nbw_common::{abi::Counters, packet::Start};

use crate::{
    context::Context,
    expected::{Case, Refusals},
    frame::{self, Frame},
    hook::{self, Hook},
    machine::Machine,
};

/// Runs every frame at the hook. `wire_len` is what the kernel is told about all bytes on the wire, given the frame's
/// length: the program has to take its word.
fn run_all(machine: &mut Machine, hook: Hook, context: Context, wire_len: Option<u32>) {
    let refusals = Refusals::of_this_kernel(machine);
    let (mut counted, mut refused) = (0, 0);
    for frame in frame::all() {
        machine.set_link_header(link_header(&frame));
        let case = Case::new(&frame, hook);
        let context = Context { wire_len: wire_len.map_or(0, |more| case.seen + more), ..context };
        let expected = if refusals.refuses(&case.given) {
            refused += 1;
            Err(libc::EINVAL)
        } else {
            counted += 1;
            let kernels_word = (hook.believes() && context.gso_segs != 0).then(|| context.wire_len.into());
            Ok(case.effect(context, kernels_word))
        };
        assert_eq!(machine.run(hook, &case.given, context), expected, "{} at {hook:?}, {context:?}", frame.name);
    }
    assert!(counted > 100 && refused > 0, "{hook:?}: {counted} frames were run, {refused} refused");
}

fn link_header(frame: &Frame) -> u32 {
    match frame.start {
        Start::Ethernet => 14,
        Start::Network => 0,
    }
}

fn machine() -> Machine {
    Machine::new(&LoadOptions::default())
}

#[test]
fn a_frame_is_its_length_and_one_packet() {
    let mut machine = machine();
    for hook in Hook::ALL {
        run_all(&mut machine, hook, Context::default(), None);
    }
}

#[test]
fn segments_have_the_headers_of_the_frame() {
    let mut machine = machine();
    for hook in Hook::ALL.into_iter().filter(|hook| !hook.believes()) {
        for segments in [1, 2, 3, 45, 65_535] {
            run_all(&mut machine, hook, Context::segmented(segments, 1448), None);
        }
    }
}

/// `wire_len` is wrong at TC ingress in earnest, so nobody may look at it there.
#[test]
fn the_kernels_own_word_counts_only_where_packets_leave() {
    let mut machine = machine();
    for hook in Hook::ALL {
        run_all(&mut machine, hook, Context::segmented(7, 1448), Some(12_345));
    }
}

#[test]
fn segments_that_nobody_stated_are_computed() {
    let mut machine = machine();
    for hook in Hook::ALL {
        for size in [1, 3, 100, 65_535] {
            run_all(&mut machine, hook, Context::segmented(0, size), None);
        }
    }
}

/// Without the helper, no socket of a test run has a namespace in its storage; nothing else changes.
#[test]
fn kernels_without_the_netns_helper_count_the_same() {
    let mut machine = Machine::new(&LoadOptions { netns_helper: Some(false), ..LoadOptions::default() });
    for hook in Hook::ALL {
        run_all(&mut machine, hook, Context::default(), None);
        run_all(&mut machine, hook, Context::segmented(0, 100), None);
    }
}

/// From the second run on, the socket's storage names the slot.
#[test]
fn packets_of_the_same_socket_are_counted_each() {
    let mut machine = machine();
    let frame = frame::named("ipv4-tcp-options").bytes;
    for hook in [Hook::CgroupIngress, Hook::CgroupEgress] {
        let verdict = hook::run(&mut machine.object, hook, &frame, Context::segmented(3, 100), 1000);
        assert_eq!(verdict, Ok(hook.pass()));
    }
    let slots: Vec<u32> = machine.groups.ever_used().collect();
    assert_eq!(slots, [1], "one cgroup, one interface, one namespace: one slot");
    // 8 bytes of payload, and three times the headers of 20 and 32 bytes.
    let (bytes, packets) = (1000 * (8 + 3 * 52), 3000);
    let expected = Counters { rx_bytes: bytes, rx_packets: packets, tx_bytes: bytes, tx_packets: packets };
    assert_eq!(machine.groups.counters(1), Some(expected));
}
