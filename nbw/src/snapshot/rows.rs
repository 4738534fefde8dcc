//! The rows of `--by KIND`: the same traffic, summed up by what people ask for.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use clap::ValueEnum;
use serde::Serialize;

use super::{Flow, GroupKind, Runtime};

/// What rows are made by: `--by`, and the tabs of `nbw top`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum)]
pub enum By {
    /// Network interfaces.
    Interface,
    /// Cgroups on interfaces, and what none of them owns.
    #[default]
    Group,
    /// Containers, over all their interfaces.
    Container,
    /// Kubernetes and podman pods, over all their containers.
    Pod,
    /// systemd units.
    Unit,
    /// Processes.
    Process,
    /// Connections: TCP, and UDP by remote end.
    Connection,
    /// Remote hosts.
    Remote,
}

impl By {
    /// Adds to `lists` what it does not have yet.
    pub fn add(lists: &mut Vec<Self>, more: impl IntoIterator<Item = Self>) {
        for by in more {
            if !lists.contains(&by) {
                lists.push(by);
            }
        }
    }

    /// All of them, in the order of the tabs.
    pub const ALL: [Self; 8] = [
        Self::Interface,
        Self::Group,
        Self::Container,
        Self::Pod,
        Self::Unit,
        Self::Process,
        Self::Connection,
        Self::Remote,
    ];

    /// Whether the kernel side has to account for each socket.
    pub fn needs_sockets(self) -> bool {
        matches!(self, Self::Process | Self::Connection | Self::Remote)
    }

    /// Whether its rows are sums of groups.
    pub fn sums_groups(self) -> bool {
        matches!(self, Self::Container | Self::Pod | Self::Unit)
    }

    /// The word for one row.
    pub fn singular(self) -> &'static str {
        match self {
            Self::Interface => "interface",
            Self::Group => "group",
            Self::Container => "container",
            Self::Pod => "pod",
            Self::Unit => "unit",
            Self::Process => "process",
            Self::Connection => "connection",
            Self::Remote => "remote",
        }
    }

    /// The word for many; the name of the list in JSON.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Interface => "interfaces",
            Self::Group => "groups",
            Self::Container => "containers",
            Self::Pod => "pods",
            Self::Unit => "units",
            Self::Process => "processes",
            Self::Connection => "connections",
            Self::Remote => "remotes",
        }
    }
}

/// The rows that were asked for besides interfaces and groups; those that were not are none.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Rows {
    /// `--by container`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub containers: Option<Vec<Container>>,
    /// `--by pod`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<Vec<Pod>>,
    /// `--by unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<Vec<Unit>>,
    /// `--by process`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<Vec<Process>>,
    /// `--by connection`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<Vec<Connection>>,
    /// `--by remote`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remotes: Option<Vec<Remote>>,
}

/// A container, over all its interfaces.
#[derive(Debug, Clone, Serialize)]
pub struct Container {
    /// What the runtime calls it; the short id until the name is known.
    pub name: Arc<str>,
    /// The runtime's id, whole; the name for runtimes that have names only.
    pub id: Arc<str>,
    /// Who runs it.
    pub runtime: Option<Runtime>,
    /// The image that it was made from, as the runtime calls it.
    pub image: Option<Arc<str>>,
    /// Name of the pod that it is in.
    pub pod: Option<Arc<str>>,
    /// Kubernetes namespace of the pod.
    pub namespace: Option<Arc<str>>,
    /// Labels, as the runtime tells them.
    pub labels: Arc<BTreeMap<String, String>>,
    /// Path of its cgroup below the cgroup v2 root.
    pub path: Arc<str>,
    /// The interfaces that its traffic went through.
    pub interfaces: Vec<Through>,
    /// Received.
    pub rx: Flow,
    /// Sent.
    pub tx: Flow,
}

/// An interface that a container's traffic went through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Through {
    /// The interface's name in its network namespace.
    pub name: Arc<str>,
    /// [`super::HOST_NETNS`], or the name of the other network namespace.
    pub netns: Arc<str>,
    /// The host's interface that it is the other end of.
    pub peer: Option<Arc<str>>,
}

/// A pod, over all its containers.
#[derive(Debug, Clone, Serialize)]
pub struct Pod {
    /// Its name; the uid until that is known.
    pub name: Arc<str>,
    /// Kubernetes namespace.
    pub namespace: Option<Arc<str>>,
    /// Uid of a Kubernetes pod, id of a podman pod.
    pub uid: Arc<str>,
    /// Who runs it.
    pub runtime: Option<Runtime>,
    /// Names of the containers that had traffic.
    pub containers: Vec<Arc<str>>,
    /// Received.
    pub rx: Flow,
    /// Sent.
    pub tx: Flow,
}

/// A systemd unit, with all cgroups that it has made below its own.
#[derive(Debug, Clone, Serialize)]
pub struct Unit {
    /// Its name, with its suffix.
    pub name: Arc<str>,
    /// Service, scope, slice or session.
    pub kind: GroupKind,
    /// The user whose own manager runs it; none for units of the system.
    pub user: Option<Arc<str>>,
    /// Path of its cgroup below the cgroup v2 root.
    pub path: Arc<str>,
    /// Received.
    pub rx: Flow,
    /// Sent.
    pub tx: Flow,
}

/// A process: who made, or last used, the sockets that the traffic went through.
#[derive(Debug, Clone, Serialize)]
pub struct Process {
    /// Number of the process, unlike any other's while nbw runs, also where a pid is used again; none for rows that stand
    /// for what has no row of its own. Not part of the JSON contract.
    #[serde(skip)]
    pub id: Option<u64>,
    /// Its pid in nbw's pid namespace; 0 where no process has the sockets (the kernel's own) or none is known.
    pub pid: u32,
    /// Its name (`comm`).
    pub name: Arc<str>,
    /// Its command line, arguments apart by spaces; empty where it was gone before it could be asked.
    pub command: Arc<str>,
    /// Numeric user id; none where no process is known.
    pub uid: Option<u32>,
    /// Name of that user; the number where it has none.
    pub user: Option<Arc<str>>,
    /// Path of the cgroup of its sockets (of one, if they differ).
    pub group: Arc<str>,
    /// Name of the container or unit that this is.
    pub group_name: Arc<str>,
    /// Whether it has ended.
    pub ended: bool,
    /// Received.
    pub rx: Flow,
    /// Sent.
    pub tx: Flow,
}

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct End {
    /// Address; none where the socket has none (a listener's remote end).
    pub address: Option<IpAddr>,
    /// Port; 0 where there is none.
    pub port: u16,
    /// Name of the host, if it was found.
    pub host: Option<Arc<str>>,
    /// Name of the service that the port usually means.
    pub service: Option<Arc<str>>,
}

/// Where a connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionState {
    /// Its socket is there.
    Open,
    /// Its socket is gone; reported this once, with its final counts.
    Closed,
}

/// A connection: a connected socket, or one remote end of an unconnected one.
#[derive(Debug, Clone, Serialize)]
pub struct Connection {
    /// Number of the connection, unlike any other's while nbw runs.
    pub id: u64,
    /// `tcp`, `udp`, or the name or number of another protocol.
    pub protocol: Arc<str>,
    /// This host's end.
    pub local: End,
    /// The other end. Without an address: a listener's own packets, or those of the ends beyond the number that is told
    /// apart (`other`).
    pub remote: End,
    /// Open, or closed in this tick.
    pub state: ConnectionState,
    /// When its socket's first packet was seen.
    #[serde(serialize_with = "super::rfc3339_milliseconds")]
    pub since: jiff::Timestamp,
    /// Its process, as [`Process::id`]. Not part of the JSON contract.
    #[serde(skip)]
    pub process_id: u64,
    /// Pid of its process, as for [`Process::pid`].
    pub pid: u32,
    /// Name of its process.
    pub process: Arc<str>,
    /// Path of its socket's cgroup below the cgroup v2 root.
    pub group: Arc<str>,
    /// Name of the container or unit that this is.
    pub group_name: Arc<str>,
    /// The interface that its first packet went through.
    pub interface: Arc<str>,
    /// [`super::HOST_NETNS`], or the name of the other network namespace that it is in.
    pub netns: Arc<str>,
    /// Received.
    pub rx: Flow,
    /// Sent.
    pub tx: Flow,
}

/// What a row of remote hosts stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoteKind {
    /// A host.
    Address,
    /// All ends without an address: listeners' own packets, and the ends beyond the number that is told apart.
    Other,
    /// Hosts that had their own rows and have none any more.
    Ended,
    /// What found no slot.
    NoSlot,
}

/// A remote host, over all connections to it.
#[derive(Debug, Clone, Serialize)]
pub struct Remote {
    /// Whether it is a host.
    pub kind: RemoteKind,
    /// Its address; none for all that is no host.
    pub address: Option<IpAddr>,
    /// Its name by reverse DNS.
    pub host: Option<Arc<str>>,
    /// Country (ISO 3166-1 code), from the user's MMDB file.
    pub country: Option<Arc<str>>,
    /// Network (AS number and organisation), from the user's MMDB file.
    pub network: Option<Arc<str>>,
    /// Connections open to it now.
    pub connections: u32,
    /// Received from it.
    pub rx: Flow,
    /// Sent to it.
    pub tx: Flow,
}
