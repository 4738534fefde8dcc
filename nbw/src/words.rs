//! The words that sinks and `nbw top` share: how kinds, places, ends of connections and times are written.

use std::{borrow::Cow, net::SocketAddr, time::Duration};

use indicatif::HumanDuration;
use jiff::Timestamp;

use crate::snapshot::{Connection, End, Group, GroupKind, HOST_NETNS, Remote, RemoteKind, Runtime};

/// Stands for remote ends that are not told apart, and for a listener's, which has none.
pub(crate) const OTHER: &str = "other";

/// The word for a kind; the same as in JSON.
pub(crate) fn kind(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Cgroup => "cgroup",
        GroupKind::Service => "service",
        GroupKind::Scope => "scope",
        GroupKind::Slice => "slice",
        GroupKind::Session => "session",
        GroupKind::Container => "container",
        GroupKind::Pod => "pod",
        GroupKind::Unattributed => "unattributed",
    }
}

/// The word for a runtime; the same as in JSON.
pub(crate) fn runtime(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Docker => "docker",
        Runtime::Podman => "podman",
        Runtime::Containerd => "containerd",
        Runtime::Crio => "crio",
        Runtime::Lxc => "lxc",
        Runtime::Nspawn => "nspawn",
    }
}

/// Where traffic was: `eth0`, or `eth0@web` for the `eth0` of another network namespace.
pub(crate) fn place<'a>(interface: &'a str, netns: &str) -> Cow<'a, str> {
    if netns == HOST_NETNS { interface.into() } else { format!("{interface}@{netns}").into() }
}

/// [`place`] with the host's interface that it is the other end of, `eth0@web (veth12ab)`, or sits on,
/// `eth0@web (on eth1)`.
pub(crate) fn joined_place(group: &Group) -> String {
    let place = place(&group.interface, &group.netns);
    match (&group.peer, &group.parent) {
        (Some(peer), _) => format!("{place} ({peer})"),
        (None, Some(parent)) => format!("{place} (on {parent})"),
        (None, None) => place.into_owned(),
    }
}

/// A pod as kubectl's users write it: `shop/web-0`; podman's pods have no namespace.
pub(crate) fn pod(namespace: Option<&str>, name: &str) -> String {
    namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}

/// A process as in system logs: `nginx[99]`; the name alone where no process is known.
pub(crate) fn process(name: &str, pid: u32) -> String {
    if pid == 0 { name.to_owned() } else { format!("{name}[{pid}]") }
}

/// Address and port: `192.0.2.7:443`, `[2001:db8::7]:443`; without a port the address alone.
pub(crate) fn socket(end: &End) -> String {
    match (end.address, end.port) {
        (Some(address), 0) => address.to_string(),
        (Some(address), port) => SocketAddr::new(address, port).to_string(),
        (None, 0) => OTHER.to_owned(),
        (None, port) => format!("*:{port}"),
    }
}

/// An end by its names, as far as there are some: `host.example:https`, `[2001:db8::7]:https`, `192.0.2.7:51234`.
pub(crate) fn named_socket(end: &End) -> String {
    let port = match &end.service {
        Some(service) => service.to_string(),
        None => end.port.to_string(),
    };
    let host = match (&end.host, end.address) {
        (Some(host), _) => host.to_string(),
        (None, Some(address)) if address.is_ipv6() && end.port > 0 => format!("[{address}]"),
        (None, Some(address)) => address.to_string(),
        (None, None) if end.port > 0 => "*".to_owned(),
        (None, None) => OTHER.to_owned(),
    };
    if end.port == 0 { host } else { format!("{host}:{port}") }
}

/// An end by its names where they are wanted, else by its numbers.
pub(crate) fn end(end: &End, names: bool) -> String {
    if names { named_socket(end) } else { socket(end) }
}

/// From the one who asks to the one who serves: whose port has a service's name, if only one has.
pub(crate) fn arrow(connection: &Connection) -> &'static str {
    match (&connection.local.service, &connection.remote.service) {
        (Some(_), None) => "<-",
        (None, Some(_)) => "->",
        _ => "<->",
    }
}

/// The word for a kind of remote rows; the same as in JSON.
pub(crate) fn remote_kind(kind: RemoteKind) -> &'static str {
    match kind {
        RemoteKind::Address => "address",
        RemoteKind::Other => OTHER,
        RemoteKind::Ended => "ended",
        RemoteKind::NoSlot => "no_slot",
    }
}

/// What a row that is nobody's is called.
pub(crate) fn nobody(kind: RemoteKind) -> &'static str {
    match kind {
        RemoteKind::Address | RemoteKind::Other => OTHER,
        RemoteKind::Ended => "ended",
        RemoteKind::NoSlot => "no slot left",
    }
}

/// A remote host's address, or what its row stands for instead.
pub(crate) fn address(remote: &Remote) -> String {
    remote.address.map_or_else(|| nobody(remote.kind).to_owned(), |address| address.to_string())
}

/// A remote host by its name, or by its address if it has none.
pub(crate) fn remote(remote: &Remote) -> Cow<'_, str> {
    remote.host.as_deref().map_or_else(|| address(remote).into(), Into::into)
}

/// `1 connection`, `2 connections`.
pub(crate) fn counted(count: u32, singular: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {singular}{plural}")
}

/// From a moment to another; nothing where the clock was put back.
pub(crate) fn since(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}

/// A duration in its greatest unit: `3s`, `5m`, `2h`.
pub(crate) fn short(duration: Duration) -> String {
    format!("{:#}", HumanDuration(duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_of_json() {
        use GroupKind::{Cgroup, Container, Pod, Scope, Service, Session, Slice, Unattributed};
        for value in [Cgroup, Service, Scope, Slice, Session, Container, Pod, Unattributed] {
            assert_eq!(serde_json::to_value(value).unwrap(), kind(value));
        }
        for value in [RemoteKind::Address, RemoteKind::Other, RemoteKind::Ended, RemoteKind::NoSlot] {
            assert_eq!(serde_json::to_value(value).unwrap(), remote_kind(value));
        }
        use Runtime::{Containerd, Crio, Docker, Lxc, Nspawn, Podman};
        for value in [Docker, Podman, Containerd, Crio, Lxc, Nspawn] {
            assert_eq!(serde_json::to_value(value).unwrap(), runtime(value));
        }
    }

    fn end(address: Option<&str>, port: u16, host: Option<&str>, service: Option<&str>) -> End {
        let address = address.map(|address| address.parse().unwrap());
        End { address, port, host: host.map(Into::into), service: service.map(Into::into) }
    }

    #[test]
    fn ends_with_and_without_names() {
        for (end, numbers, names) in [
            (end(Some("192.0.2.7"), 51234, None, None), "192.0.2.7:51234", "192.0.2.7:51234"),
            (end(Some("192.0.2.7"), 443, Some("a.example"), Some("https")), "192.0.2.7:443", "a.example:https"),
            (end(Some("2001:db8::7"), 443, None, Some("https")), "[2001:db8::7]:443", "[2001:db8::7]:https"),
            (end(Some("2001:db8::7"), 0, None, None), "2001:db8::7", "2001:db8::7"),
            (end(None, 53, None, Some("domain")), "*:53", "*:domain"),
            (end(None, 0, None, None), "other", "other"),
        ] {
            assert_eq!((socket(&end), named_socket(&end)), (numbers.to_owned(), names.to_owned()));
        }
    }
}
