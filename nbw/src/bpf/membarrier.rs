//! Waiting until no BPF program can still be using what it looked up before.

use std::{io, thread, time::Duration};

/// `MEMBARRIER_CMD_GLOBAL` of `linux/membarrier.h`.
const MEMBARRIER_CMD_GLOBAL: libc::c_int = 1;

/// Longer than any program of ours can run, even preempted, on a host that schedules at all.
const INSTEAD: Duration = Duration::from_secs(2);

/// Returns when every BPF program run that was under way at the call has ended, and every one that began before those
/// had: a run may still find in a socket's memory what an older run is about to correct (docs/adr/0003).
///
/// `membarrier(MEMBARRIER_CMD_GLOBAL)` is `synchronize_rcu()` (kernel/sched/membarrier.c), and programs run inside
/// an RCU read-side section. Kernels with full dynticks refuse it; there a pause does instead. Blocks for some
/// milliseconds: not for the thread that draws.
pub fn grace_period() {
    wait_for_readers();
    wait_for_readers();
}

fn wait_for_readers() {
    // SAFETY: the call takes no pointers.
    let done = unsafe { libc::syscall(libc::SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) };
    if done != 0 {
        tracing::debug!("membarrier: {}; waiting {INSTEAD:?} instead", io::Error::last_os_error());
        thread::sleep(INSTEAD);
    }
}
