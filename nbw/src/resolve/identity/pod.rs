//! Pods: cgroups that hold containers.

use crate::{snapshot::Runtime, text};

use super::path::{Part, is_hex_id, short_id};

/// A pod, as far as its cgroup's path tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pod {
    /// Kubernetes' uid, with dashes; podman's id.
    pub(super) uid: String,
    /// podman; Kubernetes' pods do not tell who runs them.
    pub(super) runtime: Option<Runtime>,
}

impl Pod {
    /// The name to show.
    pub(super) fn label(&self) -> String {
        match self.runtime {
            Some(_) => short_id(&self.uid).to_owned(),
            None => format!("pod{}", self.uid),
        }
    }
}

/// The innermost pod that is, or holds, the last of `parts`.
pub(super) fn around(parts: &[Part<'_>]) -> Option<Pod> {
    (0..parts.len()).rev().find_map(|at| recognise(&parts[..at], parts[at].name))
}

/// The pod whose own cgroup is called `name` and is below `parents`.
pub(super) fn recognise(parents: &[Part<'_>], name: &str) -> Option<Pod> {
    let uid = slice_uid(name).or_else(|| directory_uid(parents, name));
    match uid {
        Some(uid) => Some(Pod { uid: text::clean(&uid).into_owned(), runtime: None }),
        None => podman_id(parents, name).map(|id| Pod { uid: id.to_owned(), runtime: Some(Runtime::Podman) }),
    }
}

/// Whether `name`, below `parents`, is the cgroup of a podman pod, whose id looks like a container's.
///
/// `/libpod_parent/ID` with cgroupfs, `machine-libpod_pod_ID.slice` (rootless: `user-libpod_pod_ID.slice`)
/// with systemd: see `systemdSliceFromPath(…, "libpod_pod_%s")` in podman's libpod/.
pub(super) fn podman_id<'a>(parents: &[Part<'_>], name: &'a str) -> Option<&'a str> {
    let in_parent = parents.last().is_some_and(|parent| parent.name == "libpod_parent");
    let id = if in_parent { name } else { name.strip_suffix(".slice")?.rsplit_once("libpod_pod_")?.1 };
    is_hex_id(id).then_some(id)
}

/// kubelet's systemd driver: `kubepods-burstable-podUID.slice`, the uid's dashes as underscores, as a dash
/// means a level (`cgroupName.ToSystemd()` in kubelet's cm/cgroup_manager_linux.go; kind and newer kubelets
/// with a `--cgroup-root` put `kubelet-` before it). runc that is given systemd's form without its driver
/// makes one directory `kubepods-…-podUID.slice:cri-containerd:ID` of it.
fn slice_uid(name: &str) -> Option<String> {
    let slice = name.split(':').next()?.strip_suffix(".slice")?;
    let (parent, uid) = slice.rsplit_once("-pod")?;
    (parent.contains("kubepods") && is_uid(uid)).then(|| uid.replace('_', "-"))
}

/// kubelet's cgroupfs driver: `/kubepods/burstable/podUID`. Other people's directories may be called
/// `podium`: only below `kubepods` it is a pod.
fn directory_uid(parents: &[Part<'_>], name: &str) -> Option<String> {
    let uid = name.strip_prefix("pod").filter(|uid| is_uid(uid))?;
    let in_kubepods = parents.iter().any(|parent| parent.name == "kubepods");
    in_kubepods.then(|| uid.to_owned())
}

/// A UUID, or, for static pods, the MD5 of their file; anything of such characters, as the API server does
/// not insist.
fn is_uid(uid: &str) -> bool {
    !uid.is_empty() && uid.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
