//! The one immutable picture of a tick that every sink sees.
//!
//! Serialised by serde it is exactly one line of `--format json`; the field names and their order are the
//! contract (`docs/json.md`).

use std::{sync::Arc, time::Duration};

use nbw_detect::Event;
use serde::{Serialize, Serializer};

use crate::alert::Alert;

mod cut;
mod rows;

pub use rows::{
    By, Connection, ConnectionState, Container, End, Pod, Process, Remote, RemoteKind, Rows, Through, Unit,
};

/// Version of the JSON layout, raised when a field changes its meaning.
pub const SCHEMA: u32 = 1;

/// Name that `netns` has for the network namespace in which nbw itself runs.
pub const HOST_NETNS: &str = "host";

/// What was moved during one tick, and since nbw attached.
#[derive(Debug, Clone, Serialize)]
pub struct Snapshot {
    /// Always [`SCHEMA`].
    pub schema: u32,
    /// Wall-clock time of the reading.
    #[serde(serialize_with = "rfc3339_milliseconds")]
    pub time: jiff::Timestamp,
    /// Monotonic time since the reading before (or since the start, for the first).
    #[serde(rename = "elapsed_seconds", serialize_with = "seconds")]
    pub elapsed: Duration,
    /// Monitored interfaces, in the order asked for, `lo` last.
    pub interfaces: Vec<Interface>,
    /// Groups (cgroups, containers, units, and what none of them owns), in the order asked for.
    pub groups: Vec<Group>,
    /// What was asked for besides: the lists of `--by`.
    #[serde(flatten)]
    pub rows: Rows,
    /// The alerts that are pending, firing or were resolved in this tick; none where there are no rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Vec<Alert>>,
    /// The attacks that go on or have ended in this tick; none where nobody looks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Event>>,
    /// How often each way of failing was met in the kernel since nbw attached.
    pub health: Health,
}

/// One network interface.
#[derive(Debug, Clone, Serialize)]
pub struct Interface {
    /// The name that the kernel has for it now.
    pub name: Arc<str>,
    /// Its ifindex in nbw's own network namespace.
    pub index: u32,
    /// Speed of the link in bit/s; none where the device has no speed or does not know it.
    pub link_bits_per_second: Option<u64>,
    /// Whether the interface is administratively up. Not part of the JSON contract.
    #[serde(skip)]
    pub up: bool,
    /// The bridge, bond or the like that it is a port of.
    pub master: Option<Arc<str>>,
    /// The interface that it sits on (of a VLAN, macvlan, ipvlan), in the same network namespace.
    pub parent: Option<Arc<str>>,
    /// Whether the host's total counts it: see [`crate::totals`].
    pub edge: bool,
    /// Received (ingress).
    pub rx: Flow,
    /// Sent (egress).
    pub tx: Flow,
}

/// One group's traffic on one interface.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// The cgroup's id: the inode number of its directory; 0 where the row is no cgroup.
    pub id: u64,
    /// Path below the cgroup v2 root, for example `/system.slice/ssh.service`; empty where the row is no cgroup.
    pub path: Arc<str>,
    /// The short name that people use.
    pub name: Arc<str>,
    /// What the group is.
    pub kind: GroupKind,
    /// The container runtime, for containers and pods.
    pub runtime: Option<Runtime>,
    /// The interface's name inside [`Group::netns`].
    pub interface: Arc<str>,
    /// [`HOST_NETNS`], or the name of the other network namespace that the interface is in.
    pub netns: Arc<str>,
    /// The host's interface that this one, of another network namespace, is the other end of (veth, netkit).
    pub peer: Option<Arc<str>>,
    /// The host's interface that this one, of another network namespace, sits on (macvlan, ipvlan, VLAN).
    pub parent: Option<Arc<str>>,
    /// Received by the group's sockets.
    pub rx: Flow,
    /// Sent by the group's sockets.
    pub tx: Flow,
}

/// What a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupKind {
    /// A cgroup that is none of the others.
    Cgroup,
    /// A systemd service.
    Service,
    /// A systemd scope.
    Scope,
    /// A systemd slice.
    Slice,
    /// A login session.
    Session,
    /// A container.
    Container,
    /// A Kubernetes pod's own cgroup.
    Pod,
    /// Traffic of an interface that no group owns (or, named `undelivered`, that left a group and never
    /// reached the interface).
    Unattributed,
}

/// A container runtime, as far as the cgroup path tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Runtime {
    /// Docker.
    Docker,
    /// Podman (libpod).
    Podman,
    /// containerd, also through CRI.
    Containerd,
    /// CRI-O.
    Crio,
    /// LXC, LXD or Incus.
    Lxc,
    /// systemd-nspawn.
    Nspawn,
}

/// Bytes on the wire and packets (GSO/GRO segments counted each) in one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Flow {
    /// Bytes in this tick. Negative only on derived rows (see [`GroupKind::Unattributed`]), by what was in flight.
    pub bytes: i64,
    /// Packets in this tick, with the same exception.
    pub packets: i64,
    /// Bytes a second in this tick, never negative.
    pub bytes_per_second: f64,
    /// Packets a second in this tick, never negative.
    pub packets_per_second: f64,
    /// Bytes since nbw attached.
    pub total_bytes: u64,
    /// Packets since nbw attached.
    pub total_packets: u64,
}

/// Counts of each way in which the kernel side failed to do its best; all zero on a healthy host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health(pub Vec<(&'static str, u64)>);

impl Health {
    /// The counts that are not zero.
    pub fn troubles(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().copied().filter(|&(_, count)| count > 0)
    }
}

impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

fn rfc3339_milliseconds<S: Serializer>(time: &jiff::Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

fn seconds<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64())
}
