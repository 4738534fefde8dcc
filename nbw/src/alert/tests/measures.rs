//! What rules measure.

use super::{measure::*, *};
use crate::snapshot::{By, Flow, Group, GroupKind, Process};

fn target(scope: Scope, pattern: &str, metric: Metric) -> Target {
    let pattern = if scope == Scope::Host { "*" } else { pattern };
    let value = if metric.is_packets() { "10pps" } else { "10kB/s" };
    let rule: Rule = format!("{} {pattern} {} > {value}", scope.word(), metric.word()).parse().unwrap();
    rule.target
}

/// The names of what is measured, and its bytes a second.
fn measured(snapshot: &Snapshot, scope: Scope, pattern: &str, metric: Metric) -> Vec<(String, f64)> {
    let measures = measures(snapshot, &target(scope, pattern, metric));
    measures.iter().map(|measure| (measure.subject.name.to_string(), measure.bytes_per_second)).collect()
}

fn named(list: &[(&str, f64)]) -> Vec<(String, f64)> {
    list.iter().map(|&(name, rate)| (name.to_owned(), rate)).collect()
}

fn groups(rows: &[(&str, i64)]) -> Snapshot {
    let template = fixture::snapshot().groups[2].clone();
    let row = |&(path, bytes): &(&str, i64)| {
        let kind = if path.is_empty() { GroupKind::Unattributed } else { GroupKind::Cgroup };
        Group { path: path.into(), kind, rx: fixture::flow(bytes), tx: fixture::flow(1), ..template.clone() }
    };
    Snapshot { groups: rows.iter().map(row).collect(), ..fixture::snapshot() }
}

#[test]
fn interfaces_have_their_speed_in_bytes() {
    let snapshot = fixture::snapshot();
    let some = measures(&snapshot, &target(Scope::Interface, "*0", Metric::Total));
    let about = |measure: &Measure| (measure.subject.key.to_string(), measure.bytes, measure.packets, measure.link);
    assert_eq!(about(&some[0]), ("eth0".to_owned(), 40_570_000, 40_570, Some(125_000_000)));
    assert_eq!(about(&some[1]), ("wg0".to_owned(), 184_000, 184, None));
    assert_eq!(some.len(), 2);
}

#[test]
fn the_metric_chooses_the_direction() {
    let snapshot = fixture::snapshot();
    let one = |metric| measures(&snapshot, &target(Scope::Interface, "eth0", metric)).remove(0);
    assert_eq!((one(Metric::Rx).bytes, one(Metric::Tx).bytes), (39_050_000, 1_520_000));
    assert_eq!(one(Metric::TxPackets).rate(Metric::TxPackets), 1_520.0);
    assert_eq!(one(Metric::RxPackets).rate(Metric::RxPackets), 39_050.0);
    assert_eq!(one(Metric::Total).rate(Metric::Total), 40_570_000.0);
}

#[test]
fn a_cgroup_has_all_that_is_below_it_on_all_interfaces() {
    let snapshot = groups(&[
        ("/system.slice/a.service", 100),
        ("/system.slice/a.service/x/y", 20),
        ("/system.slice/a.service", 3),
        ("/system.slice/b.service", 4_000),
        ("/system.slice2", 50_000),
        ("", 600_000),
    ]);
    let rx = |pattern| measured(&snapshot, Scope::Cgroup, pattern, Metric::Rx);
    assert_eq!(rx("/system.slice"), named(&[("/system.slice", 4_123.0)]));
    assert_eq!(
        rx("/system.slice/*"),
        named(&[("/system.slice/a.service", 123.0), ("/system.slice/b.service", 4_000.0)])
    );
    assert_eq!(rx("/system.slice/a.service/x"), named(&[("/system.slice/a.service/x", 20.0)]));
    assert_eq!(rx("/"), named(&[("/", 54_123.0)]), "the root has all but what nobody owns");
    assert_eq!(rx("/*"), named(&[("/system.slice", 4_123.0), ("/system.slice2", 50_000.0)]));
    assert_eq!(rx("/nothing"), []);
}

#[test]
fn containers_by_name_or_by_how_the_id_begins() {
    let snapshot = fixture::with_rows();
    let names = |pattern| -> Vec<String> {
        measured(&snapshot, Scope::Container, pattern, Metric::Rx).into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names("nginx"), ["nginx"]);
    assert_eq!(names("77d0"), ["nginx"]);
    assert_eq!(names("77D0B1"), ["nginx"]);
    assert_eq!(names("77d"), [""; 0], "too short for an id");
    assert_eq!(names("web"), ["web"]);
    assert_eq!(names("w?b*"), ["web"]);
    assert_eq!(names("data"), ["データベース"], "runtimes that have names only");
    let web = &measures(&snapshot, &target(Scope::Container, "nginx", Metric::Rx))[0].subject;
    let details: Vec<String> = web.details.keys().map(ToString::to_string).collect();
    assert_eq!(details, ["id", "image", "namespace", "path", "pod", "runtime"]);
    assert!(web.key.starts_with("77d0b1a3c9ee77") && &*web.details["runtime"] == "containerd");
}

#[test]
fn what_is_a_containers_name_is_no_beginning_of_an_id() {
    let mut snapshot = fixture::with_rows();
    let containers = snapshot.rows.containers.as_mut().unwrap();
    containers[0].name = "77d0".into();
    assert_eq!(measured(&snapshot, Scope::Container, "77d0", Metric::Tx), named(&[("77d0", 900_000.0)]));
}

#[test]
fn pods_and_units() {
    let snapshot = fixture::with_rows();
    for pattern in ["web-0", "shop/web-0", "shop/*"] {
        // The fixture's pods have one uid.
        let web = measures(&snapshot, &target(Scope::Pod, pattern, Metric::Rx));
        assert_eq!((&*web[0].subject.name, web[0].bytes), ("shop/web-0", 8_000_000), "{pattern}");
    }
    for pattern in ["nginx", "nginx.service", "ngin?", "nginx*"] {
        assert_eq!(
            measured(&snapshot, Scope::Unit, pattern, Metric::Rx),
            named(&[("nginx.service", 8_000_000.0)]),
            "{pattern}"
        );
    }
    assert_eq!(measured(&snapshot, Scope::Unit, "*.scope", Metric::Rx), named(&[("session-3.scope", 2_000.0)]));
}

#[test]
fn processes_of_one_name_are_one_subject() {
    let mut snapshot = fixture::with_rows();
    let processes = snapshot.rows.processes.as_mut().unwrap();
    let second = Process { id: Some(100), pid: 100, ..processes[0].clone() };
    let nobody = Process { id: None, pid: 0, name: "nginx".into(), ..processes[0].clone() };
    processes.extend([second, nobody]);
    assert_eq!(measured(&snapshot, Scope::Process, "nginx", Metric::Rx), named(&[("nginx", 16_000_000.0)]));
}

#[test]
fn sockets_without_a_process_are_no_process() {
    let mut snapshot = fixture::with_rows();
    let processes = snapshot.rows.processes.as_mut().unwrap();
    processes.truncate(1);
    let nobody = Process { id: Some(0), pid: 0, name: "no process".into(), ..processes[0].clone() };
    processes.push(nobody);
    assert_eq!(measured(&snapshot, Scope::Process, "*", Metric::Rx), named(&[("nginx", 8_000_000.0)]));
    assert_eq!(measured(&snapshot, Scope::Process, "no*", Metric::Rx), []);
}

#[test]
fn the_host_has_its_edge() {
    let snapshot = fixture::snapshot();
    assert_eq!(measured(&snapshot, Scope::Host, "", Metric::Total), named(&[("host", 40_570_000.0)]));
}

#[test]
fn what_is_less_than_nothing_or_no_number_is_nothing() {
    let mut snapshot = groups(&[("/a", 100)]);
    let odd = Flow { bytes: -5, packets: -1, bytes_per_second: f64::NAN, ..fixture::flow(0) };
    snapshot.groups.push(Group { rx: odd, ..snapshot.groups[0].clone() });
    let measure = measures(&snapshot, &target(Scope::Cgroup, "/a", Metric::Rx)).remove(0);
    assert_eq!((measure.bytes, measure.bytes_per_second), (100, 100.0));
}

#[test]
fn a_list_that_is_missing_has_nobody() {
    let snapshot = fixture::snapshot();
    for (scope, by) in [
        (Scope::Interface, None),
        (Scope::Cgroup, None),
        (Scope::Host, None),
        (Scope::Container, Some(By::Container)),
        (Scope::Pod, Some(By::Pod)),
        (Scope::Unit, Some(By::Unit)),
        (Scope::Process, Some(By::Process)),
    ] {
        let target = target(scope, "**", Metric::Rx);
        assert_eq!(needs(&target), by);
        assert_eq!(measures(&snapshot, &target).is_empty(), by.is_some(), "{scope:?}");
    }
}
