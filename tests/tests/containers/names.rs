//! Names: found, changed, chosen by, and kept.

use nbw_tests::lab::{Container, ContainerHost, Nbw, TALK, snapshot_where};
use serde_json::Value;

use super::{has, rows};

/// Waits for a container of this name.
fn until_named(nbw: &mut Nbw, name: &str, runtime: &str) -> Value {
    snapshot_where(nbw, name, |snapshot| has(snapshot, name, runtime))
}

/// A container that sends something each moment, through its own loopback.
fn talker<'a>(host: &'a ContainerHost, runtime: &str, name: &str) -> Container<'a> {
    match runtime {
        "podman" => host.podman(name, "--network none", &TALK),
        _ => host.docker(name, "--network none", &TALK),
    }
}

fn both() -> ContainerHost {
    let host = ContainerHost::new();
    host.start_docker();
    host.start_podman();
    host
}

#[test]
fn containers_that_come_later_are_named_and_renamed() {
    let host = both();
    let mut nbw = host.watch("--interval 100ms");
    for runtime in ["docker", "podman"] {
        let container = talker(&host, runtime, &format!("{runtime}-1"));
        let path = until_named(&mut nbw, &container.name, runtime);
        let path = rows(&path, &container.name)[0]["path"].clone();
        container.tool(&format!("rename {runtime}-1 {runtime}-2"));
        let renamed = until_named(&mut nbw, &format!("{runtime}-2"), runtime);
        assert_eq!(rows(&renamed, &format!("{runtime}-2"))[0]["path"], path);
        assert!(rows(&renamed, &container.name).is_empty(), "{renamed}");
    }
}

#[test]
fn a_container_is_chosen_by_name_or_by_id() {
    let host = both();
    let containers = ["docker", "podman"].map(|runtime| (runtime, talker(&host, runtime, &format!("{runtime}-1"))));
    let _other = talker(&host, "docker", "other");
    for (runtime, container) in &containers {
        for filter in [&container.name, &container.id[..8], &container.id[..12], &container.id] {
            let mut nbw = host.watch(&format!("--interval 100ms --by container -c {filter}"));
            let snapshot = until_named(&mut nbw, &container.name, runtime);
            let groups = snapshot["groups"].as_array().expect("groups");
            assert!(groups.iter().all(|row| row["name"] == *container.name), "{filter}: {snapshot}");
            let rows = snapshot["containers"].as_array().expect("containers");
            let is_it = |row: &Value| {
                row["id"] == *container.id && row["name"] == *container.name && row["runtime"] == **runtime
            };
            assert!(rows.len() == 1 && is_it(&rows[0]), "{filter}: {snapshot}");
        }
    }
}

#[test]
fn docker_is_heard_once_it_was_started_and_after_it_was_restarted() {
    let host = ContainerHost::new();
    let mut nbw = host.watch("--interval 100ms");
    host.start_docker();
    let _first = talker(&host, "docker", "first");
    until_named(&mut nbw, "first", "docker");
    host.stop_docker();
    host.start_docker();
    let _second = talker(&host, "docker", "second");
    until_named(&mut nbw, "second", "docker");
    host.run("docker rename first third");
    until_named(&mut nbw, "third", "docker");
}

#[test]
fn without_daemons_names_come_from_files() {
    let host = ContainerHost::new();
    host.start_docker();
    let _of_podman = talker(&host, "podman", "podman-1");
    let _of_docker = talker(&host, "docker", "docker-1");
    host.stop_docker();
    let mut nbw = host.watch("--interval 100ms");
    until_named(&mut nbw, "podman-1", "podman");
    until_named(&mut nbw, "docker-1", "docker");
}
