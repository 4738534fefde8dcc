//! Counts each way of failing.

use aya_ebpf::helpers::bpf_get_smp_processor_id;
use nbw_common::abi::{HEALTH_STRIDE, Trouble};

use crate::{add::add_shared, maps::HEALTH};

/// Notes one more occurrence of `trouble`.
#[inline(always)]
pub fn note(trouble: Trouble) {
    note_all(trouble, 1);
}

/// Notes so many.
#[inline(never)]
pub fn note_all(trouble: Trouble, count: u64) {
    // SAFETY: always callable.
    let cpu = unsafe { bpf_get_smp_processor_id() };
    if let Some(counter) = HEALTH.get_ptr_mut(cpu * HEALTH_STRIDE + trouble as u32) {
        // SAFETY: a pointer from an array look-up is valid while the program runs.
        unsafe { add_shared(counter, count) };
    }
}
