//! Containers: which directory of a path is the own cgroup of one.

use crate::{snapshot::Runtime, text};

use super::{
    path::{Part, is_hex_id},
    pod,
};

/// A container that a component of a path names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The runtime's id or name, cleaned.
    pub(super) id: String,
    /// Who runs it, as far as the name tells.
    pub(super) runtime: Option<Runtime>,
}

/// The outermost container of the path, with the components down to and including its own cgroup.
pub(super) fn outermost<'p, 'a>(parts: &'p [Part<'a>]) -> Option<(&'p [Part<'a>], Found)> {
    (0..parts.len()).find_map(|at| {
        let found = recognise(&parts[..at], parts[at].name)?;
        Some((&parts[..=at], found))
    })
}

fn recognise(parents: &[Part<'_>], name: &str) -> Option<Found> {
    let parent = parents.last().map_or("", |part| part.name);
    let named = lxc(parent, name).or_else(|| nspawn(parent, name));
    named.or_else(|| by_bare_id(parents, name)).or_else(|| by_prefixed_id(name))
}

/// LXC, LXD and Incus: `lxc.payload.NAME` since LXC 4 (`DEFAULT_PAYLOAD_CGROUP_PREFIX` in lxc's
/// src/lxc/cgroups/cgroup.h), `lxc.payload/NAME` in 3.2, `lxc/NAME` before (and in Proxmox). Their siblings
/// `lxc.monitor…` and `lxc.pivot` hold the runtime's own processes.
fn lxc(parent: &str, name: &str) -> Option<Found> {
    let below = match parent {
        "lxc.payload" => Some(name),
        "lxc" => Some(name).filter(|name| !name.starts_with("lxc.")),
        _ => None,
    };
    let name = below.or_else(|| name.strip_prefix("lxc.payload."))?;
    named(&text::clean(name), Runtime::Lxc)
}

/// systemd-nspawn: `systemd-nspawn@NAME.service` with machinectl, `machine-NAME.scope` by hand
/// (systemd-nspawn(1); `register_machine()` in src/nspawn/nspawn-register.c).
fn nspawn(parent: &str, name: &str) -> Option<Found> {
    let service = name.strip_prefix("systemd-nspawn@").and_then(|rest| rest.strip_suffix(".service"));
    let machine = service.or_else(|| machine_scope(parent, name))?;
    named(&text::unescape_systemd(machine), Runtime::Nspawn)
}

fn machine_scope<'a>(parent: &str, name: &'a str) -> Option<&'a str> {
    let in_machines = parent == "machine.slice" || parent.starts_with("machine-") && parent.ends_with(".slice");
    let machine = name.strip_prefix("machine-")?.strip_suffix(".scope")?;
    (in_machines && !is_virtual_machine(machine)).then_some(machine)
}

/// libvirt registers its virtual machines with machined, too: `machine-qemu\x2dNUMBER\x2dNAME.scope`
/// (`virSystemdMakeScopeName` in libvirt's src/util/virsystemd.c).
fn is_virtual_machine(machine: &str) -> bool {
    let number = machine.strip_prefix("qemu\\x2d").and_then(|rest| rest.split("\\x2d").next());
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn named(name: &str, runtime: Runtime) -> Option<Found> {
    let found = || Found { id: name.to_owned(), runtime: Some(runtime) };
    (!name.is_empty()).then(found)
}

/// A directory whose whole name is an id: the cgroupfs drivers of docker (`/docker/ID`, or any
/// `--cgroup-parent`), containerd (`/NAMESPACE/ID`) and kubelet (`/kubepods/burstable/podUID/ID`, where
/// nothing tells which runtime it is).
fn by_bare_id(parents: &[Part<'_>], name: &str) -> Option<Found> {
    if !is_hex_id(name) || pod::podman_id(parents, name).is_some() {
        return None;
    }
    let runtime = match parents.last().map_or("", |part| part.name) {
        "docker" => Some(Runtime::Docker),
        "k8s.io" | "default" => Some(Runtime::Containerd),
        _ => None,
    };
    Some(Found { id: name.to_owned(), runtime })
}

/// `PREFIX-ID.scope` of the systemd drivers, whatever the prefix (runc's cgroupsPath `slice:prefix:name`), and
/// the same without `.scope` where the prefix is known: podman and CRI-O use it with cgroupfs, too.
fn by_prefixed_id(name: &str) -> Option<Found> {
    let stem = name.strip_suffix(".scope");
    let (prefix, id) = stem.unwrap_or(name).rsplit_once(['-', ':'])?;
    // conmon, podman's and CRI-O's monitor of a container, runs beside it and is named for it.
    if !is_hex_id(id) || prefix.ends_with("conmon") {
        return None;
    }
    let runtime = runtime_of(prefix);
    let found = || Found { id: id.to_owned(), runtime };
    (stem.is_some() || runtime.is_some()).then(found)
}

fn runtime_of(prefix: &str) -> Option<Runtime> {
    // After a colon: see `slice_uid` in pod.rs.
    match prefix.rsplit(':').next()? {
        "docker" => Some(Runtime::Docker),
        // `libpod-payload-ID` is what `--cgroups=split`, so each Quadlet, makes in its service's own cgroup.
        "libpod" | "libpod-payload" => Some(Runtime::Podman),
        "cri-containerd" | "nerdctl" => Some(Runtime::Containerd),
        "crio" => Some(Runtime::Crio),
        _ => None,
    }
}
