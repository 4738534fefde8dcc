//! Counts system calls, by ptrace.

use anyhow::{Result, bail};
use nix::{
    sys::{
        ptrace,
        signal::{Signal, raise},
        wait::{WaitStatus, waitpid},
    },
    unistd::{ForkResult, Pid, fork, getppid},
};

/// Counts the system calls that `work` makes when it runs for the second time, in a child process.
///
/// # Errors
/// When the child cannot be traced or ends in another way than expected.
pub(super) fn count(work: impl Fn()) -> Result<u64> {
    // SAFETY: this process has one thread; the child only runs `work` and ends.
    match unsafe { fork() }? {
        ForkResult::Child => child(work),
        ForkResult::Parent { child } => follow(child),
    }
}

/// Runs `work` between two calls of getppid, by which the tracer knows where it begins and ends.
fn child(work: impl Fn()) -> ! {
    work();
    let traced = ptrace::traceme().and_then(|()| raise(Signal::SIGSTOP));
    getppid();
    work();
    getppid();
    // SAFETY: ends at once, without running anything that belongs to the parent.
    unsafe { libc::_exit(i32::from(traced.is_err())) }
}

fn follow(child: Pid) -> Result<u64> {
    let (mut inside, mut calls) = (false, 0);
    loop {
        match waitpid(child, None)? {
            WaitStatus::Exited(_, 0) => return Ok(calls),
            WaitStatus::Stopped(_, Signal::SIGTRAP) => match entered(child)? {
                Some(libc::SYS_getppid) => inside = !inside,
                Some(_) if inside => calls += 1,
                _ => {}
            },
            WaitStatus::Stopped(_, Signal::SIGSTOP) => {}
            other => bail!("the traced child: {other:?}"),
        }
        ptrace::syscall(child, None)?;
    }
}

/// The number of the system call that the child has stopped at the entry of; none at an exit.
fn entered(child: Pid) -> Result<Option<libc::c_long>> {
    let info = ptrace::syscall_info(child)?;
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return Ok(None);
    }
    // SAFETY: at an entry, and only there, the kernel fills in this member.
    Ok(Some(unsafe { info.u.entry.nr } as libc::c_long))
}
