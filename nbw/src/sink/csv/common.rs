//! The columns in front, which all rows have.

use std::borrow::Cow;

use serde::Serialize;

use crate::snapshot::{
    Connection, Container, Group, HOST_NETNS, Interface, Pod, Process, Remote, Runtime, Snapshot, Unit,
};
use crate::words;

/// What a row says besides its flows and its kind's own columns; empty where it does not apply.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Row<'a> {
    time: Cow<'a, str>,
    elapsed_seconds: f64,
    row: &'static str,
    name: Cow<'a, str>,
    kind: &'static str,
    id: Cow<'a, str>,
    path: &'a str,
    runtime: Option<Runtime>,
    interface: &'a str,
    index: Option<u32>,
    netns: &'a str,
}

/// What all rows of one snapshot begin with.
#[derive(Debug)]
pub(super) struct Tick {
    time: String,
    elapsed_seconds: f64,
}

impl Tick {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self { time: format!("{:.3}", snapshot.time), elapsed_seconds: snapshot.elapsed.as_secs_f64() }
    }

    fn row<'a>(&'a self, row: &'static str, name: &'a str) -> Row<'a> {
        let time = self.time.as_str().into();
        Row { time, elapsed_seconds: self.elapsed_seconds, row, name: name.into(), ..Row::default() }
    }

    pub(super) fn interface<'a>(&'a self, interface: &'a Interface) -> Row<'a> {
        Row {
            interface: &interface.name,
            index: Some(interface.index),
            netns: HOST_NETNS,
            ..self.row("interface", &interface.name)
        }
    }

    pub(super) fn group<'a>(&'a self, group: &'a Group) -> Row<'a> {
        Row {
            kind: words::kind(group.kind),
            id: group.id.to_string().into(),
            path: &group.path,
            runtime: group.runtime,
            interface: &group.interface,
            netns: &group.netns,
            ..self.row("group", &group.name)
        }
    }

    pub(super) fn container<'a>(&'a self, container: &'a Container) -> Row<'a> {
        let only = match container.interfaces.as_slice() {
            [only] => (&*only.name, &*only.netns),
            _ => ("", ""),
        };
        Row {
            id: (&*container.id).into(),
            path: &container.path,
            runtime: container.runtime,
            interface: only.0,
            netns: only.1,
            ..self.row("container", &container.name)
        }
    }

    pub(super) fn pod<'a>(&'a self, pod: &'a Pod) -> Row<'a> {
        Row { id: (&*pod.uid).into(), runtime: pod.runtime, ..self.row("pod", &pod.name) }
    }

    pub(super) fn unit<'a>(&'a self, unit: &'a Unit) -> Row<'a> {
        Row { kind: words::kind(unit.kind), path: &unit.path, ..self.row("unit", &unit.name) }
    }

    pub(super) fn process<'a>(&'a self, process: &'a Process) -> Row<'a> {
        Row { path: &process.group, ..self.row("process", &process.name) }
    }

    pub(super) fn connection<'a>(&'a self, connection: &'a Connection) -> Row<'a> {
        Row {
            id: connection.id.to_string().into(),
            path: &connection.group,
            interface: &connection.interface,
            netns: &connection.netns,
            ..self.row("connection", "")
        }
    }

    pub(super) fn remote<'a>(&'a self, remote: &'a Remote) -> Row<'a> {
        Row { name: words::remote(remote), kind: words::remote_kind(remote.kind), ..self.row("remote", "") }
    }
}
