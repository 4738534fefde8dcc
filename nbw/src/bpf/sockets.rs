//! The programs that follow sockets from their making to their end; only where connections are counted.

use aya::{
    Btf,
    programs::{BtfTracePoint, CgroupAttachMode, CgroupSock, FExit, ProgramError},
};
use nbw_common::abi::programs;

use super::{Object, attach, load::refused};
use crate::{
    cgroup_root::CgroupRoot,
    failure::{Failure, with_causes},
};

/// The tracepoint at which TCP's states change.
const STATE_TRACEPOINT: &str = "inet_sock_set_state";

/// Has the verifier look at the programs.
pub(super) fn verify(object: &mut Object) -> Result<(), Failure> {
    let btf = Btf::from_sys_fs().map_err(|error| {
        Failure::Lacking(format!(
            "connections and processes cannot be told apart: {}; it takes a kernel with CONFIG_DEBUG_INFO_BTF; \
             --by interface, group, container, pod and unit work without",
            with_causes(&error)
        ))
    })?;
    object.program::<CgroupSock>(programs::SOCK_RELEASE)?.load().map_err(refused(programs::SOCK_RELEASE))?;
    let state: &mut BtfTracePoint = object.program(programs::SOCKET_STATE)?;
    state.load(STATE_TRACEPOINT, &btf).map_err(refused(programs::SOCKET_STATE))?;
    follow_uses(object, &btf)
}

/// Of the two ways to learn who uses a socket, takes the first that the kernel has.
fn follow_uses(object: &mut Object, btf: &Btf) -> Result<(), Failure> {
    if load_tracepoints(object, btf)?.is_ok() {
        return Ok(());
    }
    for (program, function) in programs::USES_BY_FUNCTION {
        let exit: &mut FExit = object.program(program)?;
        if let Err(error) = exit.load(function, btf) {
            not_followed(&error);
            break;
        }
    }
    Ok(())
}

fn load_tracepoints(object: &mut Object, btf: &Btf) -> Result<Result<(), ProgramError>, Failure> {
    for (program, tracepoint) in programs::USES {
        let loaded: &mut BtfTracePoint = object.program(program)?;
        if let Err(error) = loaded.load(tracepoint, btf) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// Attaches them.
pub(super) fn attach(object: &mut Object, root: &CgroupRoot, mode: CgroupAttachMode) -> Result<(), Failure> {
    let release: &mut CgroupSock = object.program(programs::SOCK_RELEASE)?;
    release.attach(root, mode).map_err(|error| attach::refused(root, &error))?;
    let state: &mut BtfTracePoint = object.program(programs::SOCKET_STATE)?;
    state.attach().map_err(|error| {
        Failure::Lacking(format!("cannot attach to the tracepoint {STATE_TRACEPOINT}: {}", with_causes(&error)))
    })?;
    attach_uses(object)
}

fn attach_uses(object: &mut Object) -> Result<(), Failure> {
    for (program, _) in programs::USES {
        let tracepoint: &mut BtfTracePoint = object.program(program)?;
        if tracepoint.fd().is_ok() {
            tracepoint.attach().map(drop).unwrap_or_else(|error| not_followed(&error));
        }
    }
    for (program, _) in programs::USES_BY_FUNCTION {
        let exit: &mut FExit = object.program(program)?;
        if exit.fd().is_ok() {
            exit.attach().map(drop).unwrap_or_else(|error| not_followed(&error));
        }
    }
    Ok(())
}

/// Without these programs a socket stays with the process that made it, or its listener.
fn not_followed(error: &ProgramError) {
    tracing::warn!(
        "this kernel does not tell who uses a socket, which takes Linux 6.3 or BPF trampolines: it stays with the process \
         that made it, or that made its listener ({})",
        with_causes(error)
    );
}
