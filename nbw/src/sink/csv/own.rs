//! The columns that only the rows of one kind have, behind those that all have. Lists and maps are JSON.

use std::net::IpAddr;

use serde::Serialize;

use crate::snapshot::{By, Connection, ConnectionState, Container, End, Pod, Process, Remote, Unit};

/// Headings of a kind's own columns: the fields of its structure below, in their order.
pub(super) fn header(by: By) -> &'static [&'static str] {
    match by {
        By::Interface | By::Group => &[],
        By::Container => &["image", "pod", "namespace", "interfaces", "labels"],
        By::Pod => &["namespace", "containers"],
        By::Unit => &["user"],
        By::Process => &["pid", "command", "uid", "user", "group_name", "ended"],
        By::Connection => &CONNECTION,
        By::Remote => &["address", "host", "country", "network", "connections"],
    }
}

const CONNECTION: [&str; 14] = [
    "protocol",
    "local_address",
    "local_port",
    "local_host",
    "local_service",
    "remote_address",
    "remote_port",
    "remote_host",
    "remote_service",
    "state",
    "since",
    "pid",
    "process",
    "group_name",
];

#[derive(Debug, Serialize)]
pub(super) struct OfContainer<'a> {
    image: Option<&'a str>,
    pod: Option<&'a str>,
    namespace: Option<&'a str>,
    interfaces: String,
    labels: String,
}

impl<'a> OfContainer<'a> {
    pub(super) fn new(container: &'a Container) -> serde_json::Result<Self> {
        Ok(Self {
            image: container.image.as_deref(),
            pod: container.pod.as_deref(),
            namespace: container.namespace.as_deref(),
            interfaces: serde_json::to_string(&container.interfaces)?,
            labels: serde_json::to_string(&container.labels)?,
        })
    }
}

#[derive(Debug, Serialize)]
pub(super) struct OfPod<'a> {
    namespace: Option<&'a str>,
    containers: String,
}

impl<'a> OfPod<'a> {
    pub(super) fn new(pod: &'a Pod) -> serde_json::Result<Self> {
        Ok(Self { namespace: pod.namespace.as_deref(), containers: serde_json::to_string(&pod.containers)? })
    }
}

#[derive(Debug, Serialize)]
pub(super) struct OfUnit<'a> {
    user: Option<&'a str>,
}

impl<'a> OfUnit<'a> {
    pub(super) fn new(unit: &'a Unit) -> Self {
        Self { user: unit.user.as_deref() }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct OfProcess<'a> {
    pid: u32,
    command: &'a str,
    uid: Option<u32>,
    user: Option<&'a str>,
    group_name: &'a str,
    ended: bool,
}

impl<'a> OfProcess<'a> {
    pub(super) fn new(process: &'a Process) -> Self {
        Self {
            pid: process.pid,
            command: &process.command,
            uid: process.uid,
            user: process.user.as_deref(),
            group_name: &process.group_name,
            ended: process.ended,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct OfConnection<'a> {
    protocol: &'a str,
    local_address: Option<IpAddr>,
    local_port: u16,
    local_host: Option<&'a str>,
    local_service: Option<&'a str>,
    remote_address: Option<IpAddr>,
    remote_port: u16,
    remote_host: Option<&'a str>,
    remote_service: Option<&'a str>,
    state: ConnectionState,
    since: String,
    pid: u32,
    process: &'a str,
    group_name: &'a str,
}

impl<'a> OfConnection<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        let names = |end: &'a End| (end.host.as_deref(), end.service.as_deref());
        let (local, remote) = (&connection.local, &connection.remote);
        let ((local_host, local_service), (remote_host, remote_service)) = (names(local), names(remote));
        Self {
            protocol: &connection.protocol,
            local_address: local.address,
            local_port: local.port,
            local_host,
            local_service,
            remote_address: remote.address,
            remote_port: remote.port,
            remote_host,
            remote_service,
            state: connection.state,
            since: format!("{:.3}", connection.since),
            pid: connection.pid,
            process: &connection.process,
            group_name: &connection.group_name,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct OfRemote<'a> {
    address: Option<IpAddr>,
    host: Option<&'a str>,
    country: Option<&'a str>,
    network: Option<&'a str>,
    connections: u32,
}

impl<'a> OfRemote<'a> {
    pub(super) fn new(remote: &'a Remote) -> Self {
        Self {
            address: remote.address,
            host: remote.host.as_deref(),
            country: remote.country.as_deref(),
            network: remote.network.as_deref(),
            connections: remote.connections,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture;
    use super::*;

    /// The csv crate's own heading of a structure.
    fn headed(row: impl Serialize) -> Vec<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(row).unwrap();
        let out = writer.into_inner().unwrap();
        csv::Reader::from_reader(out.as_slice()).headers().unwrap().iter().map(str::to_owned).collect()
    }

    #[test]
    fn headings_are_the_fields() {
        let rows = fixture::with_rows().rows;
        assert_eq!(headed(OfContainer::new(&rows.containers.unwrap()[0]).unwrap()), header(By::Container));
        assert_eq!(headed(OfPod::new(&rows.pods.unwrap()[0]).unwrap()), header(By::Pod));
        assert_eq!(headed(OfUnit::new(&rows.units.unwrap()[0])), header(By::Unit));
        assert_eq!(headed(OfProcess::new(&rows.processes.unwrap()[0])), header(By::Process));
        assert_eq!(headed(OfConnection::new(&rows.connections.unwrap()[0])), header(By::Connection));
        assert_eq!(headed(OfRemote::new(&rows.remotes.unwrap()[0])), header(By::Remote));
    }
}
