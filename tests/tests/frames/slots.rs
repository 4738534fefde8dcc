//! Slots that run out, and the namespaces that slots are told apart by.

use std::net::UdpSocket;

use nbw::{
    bpf::{Kernel, LoadOptions, netns_cookie},
    cgroup_root::CgroupRoot,
};
use nbw_common::abi::{Counters, GroupIdent, OVERFLOW_SLOT, Trouble};
use nbw_tests::lab::{Cgroup, Netns};

use crate::{
    context::Context,
    frame,
    hook::Hook,
    machine::{Effect, LO, Machine, turn},
};

/// What both cgroup programs count for one packet and one of three segments: `ipv4-tcp` has 8 bytes behind 40.
const COUNTED: Counters = Counters { rx_bytes: 176, rx_packets: 4, tx_bytes: 176, tx_packets: 4 };

/// Has one packet and one of three segments counted in both directions; the kernel's packets that found no slot.
fn packets_in(machine: &mut Machine, cgroup: &Cgroup) -> u64 {
    let frame = frame::named("ipv4-tcp").bytes;
    let runs = cgroup.within(|| {
        [Hook::CgroupIngress, Hook::CgroupEgress].map(|hook| {
            [Context::default(), Context::segmented(3, 100)].map(|context| machine.run(hook, &frame, context))
        })
    });
    runs.concat().into_iter().map(|effect| effect.expect("a run").no_slot).sum()
}

fn scaled(counters: Counters, times: u64) -> Counters {
    Counters {
        rx_bytes: counters.rx_bytes * times,
        rx_packets: counters.rx_packets * times,
        tx_bytes: counters.tx_bytes * times,
        tx_packets: counters.tx_packets * times,
    }
}

/// With `slots` slots in the table, all but the overflow slot are handed out, and the cgroups that come later share it.
fn check_overflow(slots: u32) {
    let mut machine = Machine::new(&LoadOptions { group_slots: slots, ..LoadOptions::default() });
    let cgroups: Vec<Cgroup> = (0..5).map(|_| Cgroup::new()).collect();
    let (with, without) = cgroups.split_at(slots as usize - 1);
    for (cgroup, slot) in with.iter().zip(1..) {
        assert_eq!(packets_in(&mut machine, cgroup), 0);
        let ident = machine.groups.ident(slot).expect("a slot that was taken");
        assert_eq!((ident.cgroup, ident.ifindex), (cgroup.id(), LO));
        assert_eq!(machine.groups.counters(slot), Some(COUNTED));
    }
    assert_eq!(machine.groups.overflow(), Some(Counters::default()));
    for (cgroup, times) in without.iter().zip(1..) {
        // Four packets of the kernel's, two of which are three on the wire.
        assert_eq!(packets_in(&mut machine, cgroup), 4);
        assert_eq!(machine.troubles(Trouble::NoSlot), 4 * times);
        assert_eq!(machine.groups.overflow(), Some(scaled(COUNTED, times)));
    }
    // Who has a slot keeps it.
    assert_eq!(packets_in(&mut machine, &with[0]), 0);
    assert_eq!(machine.groups.counters(1), Some(scaled(COUNTED, 2)));
    assert_eq!(machine.groups.ident(OVERFLOW_SLOT), None);
    assert_eq!(machine.groups.ever_used(), 1..=slots - 1);
}

#[test]
fn packets_that_find_no_slot_are_in_the_overflow_slot() {
    check_overflow(2);
    check_overflow(3);
    check_overflow(4);
}

/// Interfaces above the direct slots are found by a look-up, which fails for those that userspace has not entered.
#[test]
fn packets_of_an_unknown_far_interface_are_in_the_overflow_slot() {
    let netns = Netns::new();
    netns.run("ip link add far index 5000 type veth peer name near");
    let frame = frame::named("ipv4-tcp").bytes;
    let (bytes, packets) = (frame.len() as u64, 1);
    netns.enter(|| {
        let mut machine = Machine::new(&LoadOptions::default());
        let far = Context { ifindex: 5000, ..Context::default() };
        for hook in Hook::TC {
            let expected = Effect { bytes, packets, no_link: 1, ..Effect::default() };
            assert_eq!(machine.run(hook, &frame, far), Ok(expected));
        }
        // By the programs of who looks for attacks, and by the others.
        let expected = Counters { rx_bytes: bytes, rx_packets: packets, tx_bytes: bytes, tx_packets: packets };
        assert_eq!(machine.link(OVERFLOW_SLOT), scaled(expected, 2));
    });
}

/// Datagrams to itself, of a socket that was made in the cgroup.
fn send_to_itself(cgroup: &Cgroup, times: usize) {
    let socket = cgroup.within(|| UdpSocket::bind("127.0.0.1:0").expect("a socket"));
    socket.connect(socket.local_addr().expect("its address")).expect("connecting");
    for _ in 0..times {
        assert_eq!(socket.send(&[0; 100]).expect("sending"), 100);
        assert_eq!(socket.recv(&mut [0; 200]).expect("receiving"), 100);
    }
}

/// Whether by the helper or by the socket's storage, a slot has the namespace of its socket, and the same counters.
#[test]
fn slots_have_the_namespace_of_their_sockets() {
    let _turn = turn();
    let cookie = |netns: &Netns| netns.enter(|| netns_cookie().expect("a socket"));
    for helper in [true, false] {
        let (here, there) = (Netns::new(), Netns::new());
        let cgroup = Cgroup::new();
        let root = CgroupRoot::find().expect("a cgroup v2 hierarchy");
        let options = LoadOptions { netns_helper: Some(helper), ..LoadOptions::default() };
        let mut kernel = Kernel::load(&options).expect("nbw's kernel side");
        kernel.attach_groups(&root).expect("attaching");
        here.enter(|| send_to_itself(&cgroup, 10));
        there.enter(|| send_to_itself(&cgroup, 30));
        for (netns, times) in [(&here, 10), (&there, 30)] {
            let mine = |ident: &GroupIdent| ident.cgroup == cgroup.id() && ident.netns == cookie(netns);
            let slots = kernel.groups.ever_used();
            let slots: Vec<u32> = slots.filter(|&slot| kernel.groups.ident(slot).as_ref().is_some_and(mine)).collect();
            assert_eq!(slots.len(), 1, "helper: {helper}");
            let (bytes, packets) = (times * 128, times);
            let expected = Counters { rx_bytes: bytes, rx_packets: packets, tx_bytes: bytes, tx_packets: packets };
            assert_eq!(kernel.groups.counters(slots[0]), Some(expected), "helper: {helper}");
        }
    }
}
