//! What the kernel does not let a test run say. Where that changes, the tests here can say more.

use nbw::bpf::LoadOptions;
use nbw_common::abi::Trouble;

use crate::{
    context::Context,
    frame,
    hook::Hook,
    machine::{Effect, LO, Machine},
};

/// The refusal's number, after making sure that nothing was counted.
fn refusal(machine: &mut Machine, hook: Hook, context: Context) -> Option<i32> {
    let frame = frame::named("ipv4-tcp").bytes;
    let before = (machine.link(LO), Trouble::ALL.map(|trouble| machine.troubles(trouble)));
    let refusal = machine.run(hook, &frame, context).err();
    let after = (machine.link(LO), Trouble::ALL.map(|trouble| machine.troubles(trouble)));
    assert!(refusal.is_none() || before == after, "{hook:?} counted what was refused");
    refusal
}

#[test]
fn impossible_contexts_are_refused() {
    let mut machine = Machine::new(&LoadOptions::default());
    // Less than the packet has, with or without its Ethernet header.
    let shorter = Context { wire_len: 40, ..Context::segmented(2, 100) };
    let longer = Context { wire_len: 65_537, ..Context::segmented(2, 100) };
    let segments = Context::segmented(65_536, 100);
    let tag = Context { vlan_present: 1, ..Context::default() };
    for context in [shorter, longer, segments, tag] {
        for hook in [Hook::TcEgress, Hook::DetectEgress, Hook::CgroupEgress] {
            assert_eq!(refusal(&mut machine, hook, context), Some(libc::EINVAL), "{hook:?}: {context:?}");
        }
    }
    let nowhere = Context { ifindex: i32::MAX as u32, ..Context::default() };
    assert_eq!(refusal(&mut machine, Hook::TcEgress, nowhere), Some(libc::ENODEV));
}

/// The edges of what is allowed.
#[test]
fn possible_contexts_are_counted() {
    let mut machine = Machine::new(&LoadOptions::default());
    let frame = frame::named("ipv4-tcp").bytes;
    for hook in Hook::TC.into_iter().filter(|hook| hook.believes()) {
        let most = Context { wire_len: 65_536, ..Context::segmented(65_535, 1) };
        let expected = Effect { bytes: 65_536, packets: 65_535, ..Effect::default() };
        assert_eq!(machine.run(hook, &frame, most), Ok(expected));
        let least = Context { wire_len: u32::try_from(frame.len()).expect("a length"), ..Context::segmented(1, 1) };
        let expected = Effect { bytes: frame.len() as u64, packets: 1, ..Effect::default() };
        assert_eq!(machine.run(hook, &frame, least), Ok(expected));
    }
}
