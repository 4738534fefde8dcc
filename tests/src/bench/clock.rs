//! CPU time, of threads that have ended too, to the nanosecond.

use std::time::Duration;

use anyhow::Result;
use nix::{
    sys::resource::{UsageWho, getrusage},
    time::{ClockId, clock_getcpuclockid, clock_gettime},
    unistd::Pid,
};

/// What this process has used.
///
/// # Errors
/// When the kernel does not tell.
pub(super) fn own() -> Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?.into())
}

/// What the calling thread has used.
///
/// # Errors
/// As for [`own`].
pub(super) fn thread() -> Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}

/// What another process has used.
///
/// # Errors
/// When it is gone.
pub(super) fn of(pid: u32) -> Result<Duration> {
    let clock = clock_getcpuclockid(Pid::from_raw(pid.try_into()?))?;
    Ok(clock_gettime(clock)?.into())
}

/// What all children that have ended have used, to the microsecond.
///
/// # Errors
/// As for [`own`].
pub(super) fn children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64;
    Ok(Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time())))
}
