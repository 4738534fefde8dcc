//! Finds whose the sockets are that were there before nbw.

use std::{
    collections::{HashMap, HashSet},
    os::fd::OwnedFd,
};

use nbw_common::abi::{Owner, SocketOwner};
use procfs::process::{FDTarget, Process};
use rustix::{
    net::{AddressFamily, sockopt},
    process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open},
};

use super::processes;
use crate::bpf::OwnerMap;

/// Looks through all processes for sockets, and tells the kernel side whose they are, unless it knows. Returns the owners by
/// the sockets' cookies. Of several processes that have a socket it is the first, by pid: mostly the one that made it.
///
/// Takes some microseconds a descriptor: not for the thread that draws.
pub fn adopt(map: &mut OwnerMap) -> HashMap<u64, Owner> {
    let mut owners = HashMap::new();
    if !processes::in_initial_namespace() {
        tracing::warn!("nbw has a pid namespace of its own: processes have no command lines (docker: --pid=host)");
        return owners;
    }
    let mut seen = HashSet::new();
    for process in procfs::process::all_processes().into_iter().flatten().flatten() {
        let sockets = sockets(&process, &mut seen);
        if let Some(owner) = (!sockets.is_empty()).then(|| processes::owner(&process)).flatten() {
            for (socket, cookie) in sockets {
                map.tell(&socket, &SocketOwner { owner, cookie, ..SocketOwner::default() });
                owners.insert(cookie, owner);
            }
        }
    }
    tracing::debug!("{} sockets were there before", owners.len());
    owners
}

/// The process's sockets of IPv4 and IPv6 that were not `seen` yet, with their cookies.
fn sockets(process: &Process, seen: &mut HashSet<u64>) -> Vec<(OwnedFd, u64)> {
    let Ok(descriptors) = process.fd() else { return Vec::new() };
    let new: Vec<i32> = descriptors
        .flatten()
        .filter(|descriptor| matches!(descriptor.target, FDTarget::Socket(inode) if seen.insert(inode)))
        .map(|descriptor| descriptor.fd)
        .collect();
    if new.is_empty() {
        return Vec::new();
    }
    let Some(pidfd) = Pid::from_raw(process.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else {
        return Vec::new();
    };
    new.into_iter()
        .filter_map(|descriptor| inet(pidfd_getfd(&pidfd, descriptor, PidfdGetfdFlags::empty()).ok()?))
        .collect()
}

fn inet(socket: OwnedFd) -> Option<(OwnedFd, u64)> {
    let family = sockopt::socket_domain(&socket).ok()?;
    let wanted = family == AddressFamily::INET || family == AddressFamily::INET6;
    let cookie = wanted.then(|| sockopt::socket_cookie(&socket).ok()).flatten()?;
    Some((socket, cookie))
}
