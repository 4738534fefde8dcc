//! What a cgroup is, told from its path alone.
//!
//! Paths are those below the root of the cgroup v2 hierarchy, as nbw's own cgroup namespace shows them. Who
//! chose them is not trusted: a path decides only how a row is called and which rows are folded into one.
//!
//! **The outermost container is the row.** A container's own init, its runtime (podman's `/container`,
//! systemd-nspawn's `/payload`) or a second runtime in it (docker in docker, the nodes of kind) makes cgroups
//! below the container's own. For the host they are all that container's traffic, and only the outermost
//! container is something that the host's own tools (`docker ps`, `machinectl`) can name. Run inside the
//! container, nbw sees paths from there and shows the inner ones.

mod container;
mod managed;
mod path;
mod pod;
#[cfg(test)]
mod tests;
mod unit;

use crate::{
    snapshot::{GroupKind, Runtime},
    text,
};

use path::Part;

pub use managed::{Manager, Unit, UnitKind};
pub(crate) use path::is_hex_id;
pub(in crate::resolve) use path::short_id;

/// What a cgroup is and how people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What it is.
    pub kind: GroupKind,
    /// The short name to show, cleaned.
    pub name: String,
    /// Who runs the container or pod, as far as the path tells.
    pub runtime: Option<Runtime>,
    /// The (outermost) container that the cgroup belongs to.
    pub container: Option<Container>,
    /// Uid (podman: id) of the pod that the cgroup belongs to, cleaned.
    pub pod: Option<String>,
    /// The systemd unit of the host, or of a user's own service manager, that the cgroup belongs to, unescaped and
    /// cleaned: the [`Unit::name`] of [`unit_of`]. Units of a container's own systemd are the container's affair and are
    /// not named here, nor are directories that a service makes in its own cgroup, whatever their names.
    pub unit: Option<String>,
    /// The user to whom the cgroup is delegated (it is below systemd's `user@UID.service`), who may make any directories there.
    pub user: Option<u32>,
}

/// A container, as far as its cgroup's path tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// The runtime's id (64 hex digits), or the name for runtimes that have names only; cleaned.
    pub id: String,
    /// Path of the container's own cgroup: its sub-cgroups are folded into that row. A key, not a text to
    /// show: it is the beginning of the path that was given, byte for byte.
    pub path: String,
}

/// Says what the cgroup at `path`, below the v2 root, is.
pub fn identify(path: &str) -> Identity {
    let parts = path::parts(path);
    match container::outermost(&parts) {
        Some((own, found)) => of_container(path, own, found),
        None => of_plain(&parts),
    }
}

/// Each systemd unit that `path`, which is `identity`, is in, outermost first, as [`Identity::unit`] would show it:
/// slices, a user's service manager, and the unit itself.
pub fn units_of<'a>(path: &'a str, identity: &'a Identity) -> impl Iterator<Item = String> + 'a {
    let parts = path::parts(of_the_host(path, identity));
    managed::units(&parts).into_iter().map(move |at| unit::display(parts[at].name))
}

/// The systemd unit that `path`, which is `identity`, belongs to.
pub fn unit_of(path: &str, identity: &Identity) -> Option<Unit> {
    let own = of_the_host(path, identity);
    managed::unit_of(own, &path::parts(own))
}

/// The part of a path that is not a container's own affair.
fn of_the_host<'a>(path: &'a str, identity: &'a Identity) -> &'a str {
    identity.container.as_ref().map_or(path, |container| &container.path)
}

fn of_container(path: &str, own: &[Part<'_>], found: container::Found) -> Identity {
    let end = own.last().map_or(0, |part| part.end);
    Identity {
        kind: GroupKind::Container,
        name: path::short_id(&found.id).to_owned(),
        runtime: found.runtime,
        container: Some(Container { id: found.id, path: path[..end].to_owned() }),
        pod: pod::around(own).map(|pod| pod.uid),
        unit: unit_name(own),
        user: user_of(own),
    }
}

fn of_plain(parts: &[Part<'_>]) -> Identity {
    let (kind, name) = kind_and_name(parts);
    let pod = pod::around(parts);
    Identity {
        kind,
        name,
        runtime: pod.as_ref().and_then(|pod| pod.runtime),
        container: None,
        pod: pod.map(|pod| pod.uid),
        unit: unit_name(parts),
        user: user_of(parts),
    }
}

/// The outermost counts.
fn user_of(parts: &[Part<'_>]) -> Option<u32> {
    parts.iter().find_map(|part| part.name.strip_prefix("user@")?.strip_suffix(".service")?.parse().ok())
}

fn kind_and_name(parts: &[Part<'_>]) -> (GroupKind, String) {
    let Some((last, parents)) = parts.split_last() else {
        return (GroupKind::Cgroup, "/".to_owned());
    };
    if let Some(pod) = pod::recognise(parents, last.name) {
        return (GroupKind::Pod, pod.label());
    }
    let unit = managed::units(parts).last().copied();
    let kind = unit::kind(last.name).filter(|_| unit == Some(parents.len()));
    match kind {
        Some(kind) => (kind, unit::display(last.name)),
        None => (GroupKind::Cgroup, from_unit(&parts[unit.unwrap_or(parents.len())..])),
    }
}

/// The unit that the last of `parts` is in, to show.
fn unit_name(parts: &[Part<'_>]) -> Option<String> {
    managed::units(parts).last().map(|&at| unit::display(parts[at].name))
}

/// `nginx.service/workers` for a cgroup that a unit made in its own; the last component where there is no unit.
fn from_unit(parts: &[Part<'_>]) -> String {
    let names: Vec<_> = parts.iter().map(|part| unit::display(part.name)).collect();
    text::clean(&names.join("/")).into_owned()
}
