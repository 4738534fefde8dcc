//! Decides which group slots are taken back, and when they are final.

use nbw_common::abi::GroupIdent;

use crate::{
    bpf::{Kernel, grace_period},
    failure::Failure,
    sample::Sample,
};

/// Idle slots whose owners are looked at in one tick while slots are plentiful: each look is a system call.
const LOOKS: usize = 64;

/// Takes slots back, a batch at a time.
#[derive(Default)]
pub struct Recycler {
    /// Where the last look stopped, so that every idle slot has its turn.
    cursor: u32,
    batch: Option<Batch>,
}

/// Slots that were retired together.
struct Batch {
    slots: Vec<u32>,
    waiting: tokio::task::JoinHandle<()>,
}

impl Recycler {
    /// The slots that a sample taken after this call reads for the last time, in their order.
    pub fn finished(&mut self) -> Vec<u32> {
        let done = self.batch.take_if(|batch| batch.waiting.is_finished());
        done.map(|batch| batch.slots).unwrap_or_default()
    }

    /// Retires the slots among `idle` whose owner `is_gone`, unless a batch is still waiting.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn retire(
        &mut self,
        kernel: &mut Kernel,
        sample: &Sample,
        idle: &[u32],
        is_gone: impl Fn(u32, &GroupIdent) -> bool,
    ) -> Result<(), Failure> {
        if self.batch.is_some() {
            return Ok(());
        }
        let scarce = sample.groups.len() > kernel.groups.capacity() as usize / 2;
        let looks = if scarce { idle.len() } else { LOOKS };
        let gone: Vec<(u32, GroupIdent)> =
            self.turn(sample, idle, looks).into_iter().filter(|(slot, ident)| is_gone(*slot, ident)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        kernel.groups.retire(gone.iter().map(|(slot, ident)| (*slot, ident)))?;
        let mut slots: Vec<u32> = gone.into_iter().map(|(slot, _)| slot).collect();
        slots.sort_unstable();
        self.batch = Some(Batch { slots, waiting: tokio::task::spawn_blocking(grace_period) });
        Ok(())
    }

    /// The idle slots whose turn it is to be looked at.
    fn turn(&mut self, sample: &Sample, idle: &[u32], looks: usize) -> Vec<(u32, GroupIdent)> {
        let start = idle.partition_point(|&slot| slot <= self.cursor);
        let turn: Vec<u32> = idle[start..].iter().chain(&idle[..start]).copied().take(looks).collect();
        self.cursor = turn.last().copied().unwrap_or(0);
        let of = |slot: u32| {
            let at = sample.groups.binary_search_by_key(&slot, |reading| reading.slot).ok()?;
            Some((slot, sample.groups[at].ident))
        };
        turn.into_iter().filter_map(of).collect()
    }
}
