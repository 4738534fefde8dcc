//! A host with rows of all kinds, for the tests: two containers (one in a pod), two services, and those whom they talk to.

mod connections;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;

use self::connections::{connections, end};
pub(super) use crate::sink::fixture::flow;
use crate::sink::fixture::no_rows;
use crate::snapshot::{
    Connection, ConnectionState, Container, End, Flow, Group, GroupKind, HOST_NETNS, Health, Interface, Pod, Process,
    Remote, RemoteKind, Rows, Runtime, SCHEMA, Snapshot, Through, Unit,
};

pub(super) const WEB_ID: &str = "4f9a1c0d7be2b4d6a1c0d7be24f9a1c0d7be2b4d6a1c0d7be24f9a1c0d7be2b4";
pub(super) const WEB_PATH: &str = "/docker/4f9a1c0d7be2b4d6a1c0d7be24f9a1c0d7be2b4d6a1c0d7be24f9a1c0d7be2b4";
pub(super) const API_PATH: &str = "/kubepods/burstable/pod0c1d/9e8f";
pub(super) const NGINX_PATH: &str = "/system.slice/nginx.service";
pub(super) const SSH_PATH: &str = "/system.slice/ssh.service";

/// The host after `tick` seconds; its traffic rises and falls.
pub(super) fn snapshot(tick: u32) -> Snapshot {
    let start: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
    let wave = |bytes: i64, phase: u32| flow(bytes * i64::from((tick + phase) % 8 + 1) / 8);
    let web = (wave(30_000_000, 7), wave(900_000, 7));
    let api = (wave(4_000_000, 3), wave(12_000_000, 2));
    let nginx = (wave(800_000, 5), wave(8_000_000, 4));
    let ssh = (flow(700), flow(900));
    Snapshot {
        schema: SCHEMA,
        time: start + Duration::from_secs(u64::from(tick)),
        elapsed: Duration::from_secs(1),
        interfaces: vec![
            interface("eth0", 2, Some(1_000_000_000), web),
            interface("vethweb", 9, Some(10_000_000_000), (web.1, web.0)),
            Interface { up: false, ..interface("eth1", 3, None, (flow(0), flow(0))) },
            interface("lo", 1, None, (flow(2_000), flow(2_000))),
        ],
        groups: vec![
            group("web", WEB_PATH, GroupKind::Container, ("eth0", "web"), web),
            group("api", API_PATH, GroupKind::Container, ("eth0", "api"), api),
            group("nginx.service", NGINX_PATH, GroupKind::Service, ("eth0", HOST_NETNS), nginx),
            group("ssh.service", SSH_PATH, GroupKind::Service, ("eth0", HOST_NETNS), ssh),
            group("データベース", "/データベース", GroupKind::Cgroup, ("lo", HOST_NETNS), (flow(2_000), flow(2_000))),
            group("unattributed", "", GroupKind::Unattributed, ("eth0", HOST_NETNS), (flow(9_000), flow(0))),
        ],
        rows: Rows {
            containers: Some(vec![container_web(web), container_api(api)]),
            pods: Some(vec![pod(api)]),
            units: Some(vec![
                unit("nginx.service", NGINX_PATH, GroupKind::Service, nginx),
                unit("ssh.service", SSH_PATH, GroupKind::Service, ssh),
                unit("system.slice", "/system.slice", GroupKind::Slice, nginx),
            ]),
            processes: Some(processes([web, api, nginx, ssh])),
            connections: Some(connections(start, [web, api, nginx, ssh])),
            remotes: Some(remotes([web, api, nginx, ssh])),
        },
        alerts: None,
        events: None,
        health: Health(vec![("no_slot", 0)]),
    }
}

/// The host, as a monitor sees it that knows nothing of sockets.
pub(super) fn without_rows() -> Snapshot {
    Snapshot { rows: Rows::default(), ..snapshot(1) }
}

/// The host after `tick` seconds, with alerts.
pub(super) fn with_alerts(tick: u32) -> Snapshot {
    Snapshot { alerts: Some(crate::sink::fixture::alerts()), ..snapshot(tick) }
}

/// A host on which nothing happens.
pub(super) fn quiet() -> Snapshot {
    Snapshot { groups: Vec::new(), rows: no_rows(), ..snapshot(1) }
}

/// `count` open connections of one process.
pub(super) fn many(count: u32) -> Snapshot {
    let first = snapshot(1);
    let template = first.rows.connections.as_ref().unwrap()[0].clone();
    let connection = |at: u32| Connection {
        id: u64::from(at),
        remote: end(&format!("10.{}.{}.{}", at >> 16, at >> 8 & 255, at & 255), 443, None, None),
        rx: flow(i64::from(at)),
        ..template.clone()
    };
    let rows = Rows { connections: Some((0..count).map(connection).collect()), ..first.rows.clone() };
    Snapshot { rows, ..first }
}

type Flows = (Flow, Flow);

fn interface(name: &str, index: u32, link: Option<u64>, (rx, tx): Flows) -> Interface {
    Interface {
        name: name.into(),
        index,
        link_bits_per_second: link,
        up: true,
        master: None,
        parent: None,
        edge: name != "lo",
        rx,
        tx,
    }
}

fn group(name: &str, path: &str, kind: GroupKind, (interface, netns): (&str, &str), (rx, tx): Flows) -> Group {
    let runtime = (kind == GroupKind::Container).then_some(Runtime::Docker);
    let (interface, netns) = (interface.into(), netns.into());
    Group {
        id: path.len() as u64,
        path: path.into(),
        name: name.into(),
        kind,
        runtime,
        interface,
        netns,
        peer: None,
        parent: None,
        rx,
        tx,
    }
}

fn container_web((rx, tx): Flows) -> Container {
    let labels = [("com.example.tier", "front"), ("maintainer", "web team")];
    let labels: BTreeMap<String, String> = labels.map(|(label, value)| (label.into(), value.into())).into();
    Container {
        name: "web".into(),
        id: WEB_ID.into(),
        runtime: Some(Runtime::Docker),
        image: Some("docker.io/library/nginx:1.27".into()),
        pod: None,
        namespace: None,
        labels: Arc::new(labels),
        path: WEB_PATH.into(),
        interfaces: vec![Through { name: "eth0".into(), netns: "web".into(), peer: Some("vethweb".into()) }],
        rx,
        tx,
    }
}

fn container_api((rx, tx): Flows) -> Container {
    Container {
        name: "api".into(),
        id: "9e8f".into(),
        runtime: Some(Runtime::Containerd),
        image: Some("registry.example/shop/api@sha256:0123456789abcdef".into()),
        pod: Some("shop-7d4b9c".into()),
        namespace: Some("shop".into()),
        labels: Arc::default(),
        path: API_PATH.into(),
        interfaces: vec![Through { name: "eth0".into(), netns: "api".into(), peer: None }],
        rx,
        tx,
    }
}

fn pod((rx, tx): Flows) -> Pod {
    Pod {
        name: "shop-7d4b9c".into(),
        namespace: Some("shop".into()),
        uid: "0c1d".into(),
        runtime: Some(Runtime::Containerd),
        containers: vec!["api".into()],
        rx,
        tx,
    }
}

fn unit(name: &str, path: &str, kind: GroupKind, (rx, tx): Flows) -> Unit {
    Unit { name: name.into(), kind, user: None, path: path.into(), rx, tx }
}

fn process(pid: u32, name: &str, command: &str, user: &str, group: (&str, &str), (rx, tx): Flows) -> Process {
    Process {
        id: Some(pid.into()),
        pid,
        name: name.into(),
        command: command.into(),
        uid: Some(if user == "root" { 0 } else { 33 }),
        user: Some(user.into()),
        group: group.0.into(),
        group_name: group.1.into(),
        ended: false,
        rx,
        tx,
    }
}

fn processes([web, api, nginx, ssh]: [Flows; 4]) -> Vec<Process> {
    vec![
        process(4711, "nginx", "nginx: worker process", "www-data", (WEB_PATH, "web"), web),
        process(5012, "api", "/usr/bin/api --listen [::]:8080 --workers 4", "root", (API_PATH, "api"), api),
        process(812, "nginx", "nginx: worker process", "www-data", (NGINX_PATH, "nginx.service"), nginx),
        process(930, "sshd", "sshd: admin [priv]", "root", (SSH_PATH, "ssh.service"), ssh),
        Process {
            ended: true,
            ..process(6001, "curl", "curl -sO https://mirror.example/image.iso", "root", (SSH_PATH, "ssh.service"), ssh)
        },
        Process { uid: None, user: None, ..process(0, "kernel", "", "root", ("", ""), (flow(90), flow(90))) },
    ]
}

fn remotes([web, api, nginx, ssh]: [Flows; 4]) -> Vec<Remote> {
    let kind = |address: &str| if address.is_empty() { RemoteKind::Other } else { RemoteKind::Address };
    let remote = |address: &str, host: Option<&str>, country: Option<&str>, (rx, tx): Flows| Remote {
        kind: kind(address),
        address: address.parse().ok(),
        host: host.map(Arc::from),
        country: country.map(Arc::from),
        network: country.map(|_| "AS64500 Example Networks".into()),
        connections: 1,
        rx,
        tx,
    };
    vec![
        remote("192.0.2.80", Some("mirror.example"), Some("DE"), web),
        remote("10.42.0.1", None, None, api),
        remote("2001:db8:85a3:1234:5678:8a2e:370:7334", None, Some("NL"), nginx),
        remote("198.51.100.7", Some("admin.example"), Some("FR"), ssh),
        remote("", None, None, (flow(90), flow(90))),
    ]
}
