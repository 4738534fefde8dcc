#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use super::{
    super::{book::Book, info::ContainerInfo},
    *,
};
use crate::{resolve::identity::identify, snapshot::Runtime};

const DOCKER: &str = include_str!("../recorded/docker-config.v2.json");
const PODMAN: &str = include_str!("../recorded/podman-containers.json");
const UID: &str = "12345678-9abc-def0-1234-56789abcdef0";

/// A host with these files.
fn host(files: &[(&str, &str)]) -> (tempfile::TempDir, Places) {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let places = Places::below(root.path());
    (root, places)
}

fn id(letter: char) -> String {
    letter.to_string().repeat(64)
}

fn wanted(path: &str) -> Wanted {
    Wanted::of(&identify(path)).into_iter().flatten().next().unwrap()
}

/// What the files tell of the container with this id.
fn told(places: &Places, id: &str) -> Option<ContainerInfo> {
    let book = Book::default();
    for (teller, told) in find(places, &[wanted(&format!("/docker/{id}"))]) {
        book.learn(teller, told);
    }
    book.container(id, None).map(|info| (*info).clone())
}

#[test]
fn docker_by_its_configuration() {
    let config: serde_json::Value = serde_json::from_str(DOCKER).unwrap();
    let id = config["ID"].as_str().unwrap();
    let (_root, places) = host(&[(&format!("var/lib/docker/containers/{id}/config.v2.json"), DOCKER)]);
    let info = told(&places, id).unwrap();
    assert_eq!((&*info.name, info.image.as_deref()), ("dok-host", Some("tiny:1")));
    assert_eq!(info.runtime, Some(Runtime::Docker));
}

#[test]
fn podman_by_its_storage() {
    let stored: serde_json::Value = serde_json::from_str(PODMAN).unwrap();
    let (_root, places) = host(&[("var/lib/containers/storage/overlay-containers/containers.json", PODMAN)]);
    for container in stored.as_array().unwrap() {
        let info = told(&places, container["id"].as_str().unwrap()).unwrap();
        assert_eq!(*info.name, *container["names"][0].as_str().unwrap());
        assert_eq!((info.runtime, info.image.as_deref()), (Some(Runtime::Podman), Some("localhost/tiny:1")));
    }
    assert_eq!(told(&places, &id('f')), None);
}

/// Not recorded: written as CRI-O's sources have it.
#[test]
fn crio_by_the_same_storage() {
    let json = format!(
        r#"[{{"id":"{}","names":["k8s_nginx_web-0_shop_{UID}_0"],
            "metadata":"{{\"pod-id\":\"x\",\"image-name\":\"docker.io/nginx:1\",\"name\":\"k8s_nginx\"}}"}}]"#,
        id('a')
    );
    let (_root, places) = host(&[("var/lib/containers/storage/overlay-containers/containers.json", &json)]);
    let info = told(&places, &id('a')).unwrap();
    assert_eq!((&*info.name, info.runtime), ("nginx", Some(Runtime::Crio)));
    let pod = info.pod.unwrap();
    assert_eq!((&*pod.name, pod.namespace.as_deref(), pod.uid.as_deref()), ("web-0", Some("shop"), Some(UID)));
}

/// Not recorded: a state of runc's is long, and this is the part that is read.
#[test]
fn runc_by_annotations() {
    let json = r#"{"id":"x","config":{"labels":["bundle=/b","io.kubernetes.cri.container-name=nginx",
        "io.kubernetes.cri.sandbox-name=web-0","io.kubernetes.cri.sandbox-namespace=shop"]}}"#;
    let (_root, places) = host(&[(&format!("run/containerd/runc/k8s.io/{}/state.json", id('a')), json)]);
    let info = told(&places, &id('a')).unwrap();
    assert_eq!((&*info.name, &*info.pod.unwrap().name), ("nginx", "web-0"));
}

#[test]
fn kubelet_by_names_of_its_logs() {
    let log = format!("var/log/containers/web-0_shop_nginx-{}.log", id('a'));
    let (_root, places) = host(&[(&log, ""), (&format!("var/log/pods/shop_web-0_{UID}/nginx/0.log"), "")]);
    assert_eq!(&*told(&places, &id('a')).unwrap().name, "nginx");
    let found = find(&places, &[wanted(&format!("/kubepods/burstable/pod{UID}"))]);
    let pod = &found[0].1.pods[0];
    assert_eq!((&*pod.name, pod.namespace.as_deref(), pod.uid.as_deref()), ("web-0", Some("shop"), Some(UID)));
}

#[test]
fn files_that_are_none_or_nonsense_tell_nothing() {
    let path = format!("var/lib/docker/containers/{}/config.v2.json", id('a'));
    for nonsense in ["", "{", "[]", "null", "{\"Name\":7}", "\u{0}\u{1}"] {
        let (_root, places) = host(&[(&path, nonsense)]);
        assert_eq!(told(&places, &id('a')), None, "{nonsense:?}");
    }
    let (root, places) = host(&[(&format!("{path}.d"), "")]);
    let path = root.path().join(&path);
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_eq!(told(&places, &id('a')), None);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(told(&places, &id('a')), None);
    fs::remove_dir(&path).unwrap();
    // 1 GB that takes no room.
    fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    assert_eq!(told(&places, &id('a')), None);
}

#[test]
fn a_users_storage_names_that_users_containers() {
    let uid = nix::unistd::getuid().as_raw();
    let home = nix::unistd::User::from_uid(uid.into()).unwrap().unwrap().dir;
    let home = home.strip_prefix("/").unwrap().to_str().unwrap();
    let path = format!("{home}/.local/share/containers/storage/overlay-containers/containers.json");
    let (_root, places) = host(&[(&path, &format!(r#"[{{"id":"{}","names":["mine"]}}]"#, id('a')))]);
    let own = wanted(&format!("/user.slice/user-{uid}.slice/user@{uid}.service/user.slice/libpod-{}.scope", id('a')));
    let book = Book::default();
    find(&places, &[own]).into_iter().for_each(|(teller, told)| book.learn(teller, told));
    assert_eq!(&*book.container(&id('a'), Some(uid)).unwrap().name, "mine");
    assert_eq!(book.container(&id('a'), None), None);
}
