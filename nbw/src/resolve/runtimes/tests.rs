#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod daemon;
mod hostile;
mod kubernetes;
mod replay;

use std::{fs, path::Path, time::Duration};

use super::*;
use crate::resolve::identity::identify;

use daemon::Daemon;

const DOCKER_WEB: &str = include_str!("recorded/docker-list.json");

/// After this long nothing more is expected to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for an answer.
fn until<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let start = std::time::Instant::now();
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A host with nothing but directories for sockets.
fn host() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for directory in ["run/podman", "run/containerd", "run/crio"] {
        fs::create_dir_all(root.path().join(directory)).unwrap();
    }
    root
}

fn runtimes(root: &Path) -> Runtimes {
    Runtimes::start_at(Places::below(root)).unwrap()
}

/// The id of the container that a recorded list has under this name.
fn id_in(list: &str, name: &str) -> String {
    let list: Vec<serde_json::Value> = serde_json::from_str(list).unwrap();
    let found = list.iter().find(|container| container["Names"][0] == format!("/{name}")).unwrap();
    found["Id"].as_str().unwrap().to_owned()
}

fn docker_path(id: &str) -> Identity {
    identify(&format!("/docker/{id}"))
}

fn name(runtimes: &Runtimes, identity: &Identity) -> Option<(String, Option<Runtime>)> {
    runtimes.name(identity).map(|(name, runtime)| (name.to_string(), runtime))
}

fn until_named(runtimes: &Runtimes, identity: &Identity, wanted: &str) -> Option<Runtime> {
    until(wanted, || name(runtimes, identity).filter(|(name, _)| name == wanted)).1
}

#[test]
fn docker_names_its_containers_before_anyone_asks() {
    let root = host();
    let _daemon = Daemon::recorded(&root.path().join("run/docker.sock"), "docker");
    let runtimes = runtimes(root.path());
    let web = docker_path(&id_in(DOCKER_WEB, "dok-web"));
    assert_eq!(until_named(&runtimes, &web, "dok-web"), Some(Runtime::Docker));
    let info = runtimes.container(web.container.as_ref().unwrap()).unwrap();
    assert_eq!((info.image.as_deref(), info.labels.len(), &info.pod), (Some("tiny:1"), 0, &None));
}

#[test]
fn podman_is_known_by_its_version_not_by_its_socket() {
    let root = host();
    let _daemon = Daemon::recorded(&root.path().join("run/docker.sock"), "podman");
    let runtimes = runtimes(root.path());
    let web =
        identify(&format!("/libpod_parent/libpod-{}", id_in(include_str!("recorded/podman-list.json"), "pod-web")));
    assert_eq!(until_named(&runtimes, &web, "pod-web"), Some(Runtime::Podman));
}

#[test]
fn events_name_new_containers_and_rename_old_ones() {
    for (daemon, of) in [("docker", "dok"), ("podman", "pod")] {
        let root = host();
        let daemon = Daemon::recorded(&root.path().join("run/docker.sock"), daemon);
        let runtimes = runtimes(root.path());
        let list = daemon.list();
        let web = docker_path(&id_in(&list, &format!("{of}-web")));
        until_named(&runtimes, &web, &format!("{of}-web"));
        daemon.send_events();
        until_named(&runtimes, &web, &format!("{of}-renamed"));
        let short = docker_path(&daemon.id_of_event("create"));
        until_named(&runtimes, &short, &format!("{of}-short"));
        let info = runtimes.container(short.container.as_ref().unwrap()).unwrap();
        assert_eq!(info.labels.iter().collect::<Vec<_>>(), [(&"team".to_owned(), &"blue".to_owned())]);
    }
}

#[test]
fn a_daemon_that_goes_and_comes_back_is_heard_again() {
    let root = host();
    let socket = root.path().join("run/docker.sock");
    let daemon = Daemon::recorded(&socket, "docker");
    let runtimes = runtimes(root.path());
    let web = docker_path(&id_in(DOCKER_WEB, "dok-web"));
    until_named(&runtimes, &web, "dok-web");
    drop(daemon);
    let daemon = Daemon::recorded(&socket, "docker");
    until("a new connection", || daemon.is_listened_to().then_some(()));
    assert_eq!(name(&runtimes, &web).unwrap().0, "dok-web");
    daemon.send_events();
    until_named(&runtimes, &web, "dok-renamed");
}

#[test]
fn a_daemon_without_events_is_asked() {
    let root = host();
    let daemon = Daemon::recorded(&root.path().join("run/podman/podman.sock"), "docker");
    daemon.refuse_lists_of_all();
    let runtimes = runtimes(root.path());
    let web = docker_path(&id_in(DOCKER_WEB, "dok-web"));
    runtimes.want(&web);
    until_named(&runtimes, &web, "dok-web");
}

#[test]
fn a_daemon_that_was_stopped_is_not_started_by_connecting() {
    let root = host();
    fs::create_dir_all(root.path().join("run/systemd/system")).unwrap();
    let sockets = ["run/docker.sock", "run/podman/podman.sock"];
    let listeners = sockets.map(|path| std::os::unix::net::UnixListener::bind(root.path().join(path)).unwrap());
    // Asked again and again, the first of the questions at once: those that are heard are heard before.
    let known = Known::default();
    known.wishes.add(Wanted::Container("a".repeat(64).into(), None));
    let places = Places::below(root.path());
    let runtimes = runtimes(root.path());
    let asked = hostile::in_runtime(async {
        tokio::select! {
            never = ask::forever(&places, &known) => match never {},
            asked = known.wishes.was_asked(3) => asked,
        }
    });
    drop(runtimes);
    assert!(asked);
    for listener in &listeners {
        listener.set_nonblocking(true).unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}

#[test]
fn podmans_pods_have_names_too() {
    let root = host();
    let _daemon = Daemon::recorded(&root.path().join("run/podman/podman.sock"), "podman");
    let runtimes = runtimes(root.path());
    let pods: serde_json::Value = serde_json::from_str(include_str!("recorded/podman-pods.json")).unwrap();
    let pod = identify(&format!("/machine.slice/machine-libpod_pod_{}.slice", pods[0]["Id"].as_str().unwrap()));
    assert_eq!((pod.kind, pod.runtime), (GroupKind::Pod, Some(Runtime::Podman)));
    runtimes.want(&pod);
    until_named(&runtimes, &pod, "shop");
}

#[test]
fn nothing_is_wanted_of_what_the_path_names() {
    assert_eq!(Wanted::of(&identify("/lxc.payload.web")), [None, None]);
    assert_eq!(Wanted::of(&identify("/system.slice/ssh.service")), [None, None]);
    assert_eq!(Wanted::of(&identify("/kubepods/burstable/pod12-34")), [None, Some(Wanted::Pod("12-34".into()))]);
    let user = format!("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{}.scope", "a".repeat(64));
    let wanted = Wanted::of(&identify(&user));
    assert_eq!(wanted, [Some(Wanted::Container("a".repeat(64).into(), Some(1000))), None]);
    // The outermost counts: users may make directories of any name.
    assert_eq!(user_of("/user.slice/user-7.slice/user@7.service/user@0.service/x"), Some(7));
    assert_eq!(user_of("/user.slice/user-7.slice/session-1.scope"), None);
}
