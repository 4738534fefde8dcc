//! The programs that follow sockets from their making to their end; only where connections are counted.

use aya::{
    Btf,
    programs::{BtfTracePoint, CgroupAttachMode, CgroupSock, FEntry, ProgramError},
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
    for (program, function) in programs::TOUCHES {
        let touch: &mut FEntry = object.program(program)?;
        touch.load(function, &btf).unwrap_or_else(|error| not_followed(function, &error));
    }
    Ok(())
}

/// Attaches them.
pub(super) fn attach(object: &mut Object, root: &CgroupRoot, mode: CgroupAttachMode) -> Result<(), Failure> {
    let release: &mut CgroupSock = object.program(programs::SOCK_RELEASE)?;
    release.attach(root, mode).map_err(|error| attach::refused(root, &error))?;
    let state: &mut BtfTracePoint = object.program(programs::SOCKET_STATE)?;
    state.attach().map_err(|error| {
        Failure::Lacking(format!("cannot attach to the tracepoint {STATE_TRACEPOINT}: {}", with_causes(&error)))
    })?;
    for (program, function) in programs::TOUCHES {
        let touch: &mut FEntry = object.program(program)?;
        if touch.fd().is_ok()
            && let Err(error) = touch.attach()
        {
            not_followed(function, &error);
        }
    }
    Ok(())
}

/// Without these programs a socket stays with the process that made it, or its listener.
fn not_followed(function: &str, error: &ProgramError) {
    tracing::warn!(
        "sockets that go from one process to another are not followed at {function} (no BPF trampolines?): {}",
        with_causes(error)
    );
}
