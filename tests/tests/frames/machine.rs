//! The loaded programs, and what they count.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aya::programs::SchedClassifier;
use nbw::bpf::{DetectOptions, GroupSlots, LoadOptions, Object};
use nbw_common::abi::{Counters, HEALTH_STRIDE, LINK_SLOTS, LinkIdent, OVERFLOW_SLOT, Trouble, maps, packed};

use crate::{
    context::Context,
    hook::{self, Hook},
};

/// The slot of `lo`, which is what test runs say that packets come from.
pub(crate) const LO: u32 = 1;

/// What one run of a program has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Effect {
    pub(crate) bytes: u64,
    pub(crate) packets: u64,
    pub(crate) parse_failed: u64,
    pub(crate) no_slot: u64,
    pub(crate) no_link: u64,
}

/// Whose turn it is: tests move the whole process from cgroup to cgroup, and all of them count for its cgroup.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The programs, all of them, not attached to anything: nobody else's packets come in.
pub(crate) struct Machine {
    pub(crate) groups: GroupSlots,
    pub(crate) object: Object,
    cpus: u32,
    _turn: MutexGuard<'static, ()>,
}

impl Machine {
    pub(crate) fn new(options: &LoadOptions) -> Self {
        let turn = turn();
        let detect = options.detect.or(Some(DetectOptions::default()));
        let mut object = Object::load(&LoadOptions { detect, ..options.clone() }).expect("nbw's object");
        for hook in [Hook::TcIngress, Hook::TcEgress] {
            let program: &mut SchedClassifier = object.program(hook.program()).expect("a program");
            program.load().expect("the programs of who does not look for attacks");
        }
        let groups = GroupSlots::open(&mut object).expect("the groups");
        let cpus = u32::try_from(aya::util::nr_cpus().expect("the CPUs")).expect("so many");
        let mut machine = Self { groups, object, cpus, _turn: turn };
        machine.set_link_header(14);
        machine
    }

    /// Tells the programs whether `lo` has a link-layer header, as userspace does before it attaches.
    pub(crate) fn set_link_header(&mut self, link_header: u32) {
        self.set_link(LinkIdent { ifindex: LO, link_header, ..LinkIdent::default() });
    }

    /// Tells the programs what `lo` is.
    pub(crate) fn set_link(&mut self, ident: LinkIdent) {
        hook::set(&mut self.object, maps::LINK_IDENTS, LO, ident);
    }

    /// Runs a program on a frame; what it changed, or the kernel's refusal to run it at all.
    pub(crate) fn run(&mut self, hook: Hook, frame: &[u8], context: Context) -> Result<Effect, i32> {
        let before = self.state();
        let verdict = hook::run(&mut self.object, hook, frame, context, 1)?;
        assert_eq!(verdict, hook.pass(), "{hook:?} must let every packet pass");
        Ok(self.effect_since(&before, hook))
    }

    /// All that is counted in an interface's slot, by the stripes and the spill.
    pub(crate) fn link(&mut self, slot: u32) -> Counters {
        let spill: [u64; 4] = hook::get(&mut self.object, maps::LINK_SPILLS, slot);
        let mut sum = Counters { rx_bytes: spill[0], rx_packets: spill[1], tx_bytes: spill[2], tx_packets: spill[3] };
        for cpu in 0..self.cpus {
            let [rx, tx]: [u64; 2] = hook::get(&mut self.object, maps::LINK_STRIPES, cpu * LINK_SLOTS + slot);
            sum.rx_bytes += packed::bytes(rx);
            sum.rx_packets += packed::packets(rx);
            sum.tx_bytes += packed::bytes(tx);
            sum.tx_packets += packed::packets(tx);
        }
        sum
    }

    pub(crate) fn troubles(&mut self, trouble: Trouble) -> u64 {
        (0..self.cpus)
            .map(|cpu| hook::get::<u64>(&mut self.object, maps::HEALTH, cpu * HEALTH_STRIDE + trouble as u32))
            .sum()
    }

    /// What was counted in all group slots, the overflow slot included.
    fn all_groups(&self) -> Counters {
        let slots = [OVERFLOW_SLOT].into_iter().chain(self.groups.ever_used());
        slots.filter_map(|slot| self.groups.counters(slot)).fold(Counters::default(), sum)
    }

    fn state(&mut self) -> State {
        State {
            links: sum(self.link(LO), self.link(OVERFLOW_SLOT)),
            groups: self.all_groups(),
            troubles: Trouble::ALL.map(|trouble| self.troubles(trouble)),
        }
    }

    fn effect_since(&mut self, before: &State, hook: Hook) -> Effect {
        let after = self.state();
        let (counted, other) = if hook.is_tc() { (after.links, before.links) } else { (after.groups, before.groups) };
        let rx = (counted.rx_bytes - other.rx_bytes, counted.rx_packets - other.rx_packets);
        let tx = (counted.tx_bytes - other.tx_bytes, counted.tx_packets - other.tx_packets);
        let ((bytes, packets), opposite) = if hook.receives() { (rx, tx) } else { (tx, rx) };
        assert_eq!(opposite, (0, 0), "{hook:?} counted in the other direction");
        if hook.is_tc() {
            assert_eq!(after.groups, before.groups, "{hook:?} counted for a group");
        } else {
            assert_eq!(after.links, before.links, "{hook:?} counted for an interface");
        }
        let rose = |trouble: Trouble| after.troubles[trouble as usize] - before.troubles[trouble as usize];
        for trouble in [Trouble::NoStorage, Trouble::NoSocket, Trouble::TableRefused] {
            assert_eq!(rose(trouble), 0, "{hook:?}: {}", trouble.name());
        }
        Effect {
            bytes,
            packets,
            parse_failed: rose(Trouble::ParseFailed),
            no_slot: rose(Trouble::NoSlot),
            no_link: rose(Trouble::NoLink),
        }
    }
}

/// All that the programs have counted.
struct State {
    links: Counters,
    groups: Counters,
    troubles: [u64; Trouble::ALL.len()],
}

fn sum(a: Counters, b: Counters) -> Counters {
    Counters {
        rx_bytes: a.rx_bytes + b.rx_bytes,
        rx_packets: a.rx_packets + b.rx_packets,
        tx_bytes: a.tx_bytes + b.tx_bytes,
        tx_packets: a.tx_packets + b.tx_packets,
    }
}
