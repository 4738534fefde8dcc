//! A container of containerd's where kubelet would have put it, and recorded answers of CRI to go with it.

#[path = "../../../nbw/src/resolve/runtimes/tests/replay.rs"]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod replay;

use std::path::Path;

use nbw_tests::lab::{ContainerHost, TALK, snapshot_where};

use self::replay::{Answers, CRI, Replay};
use super::{container, has, rows};

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../nbw/src/resolve/runtimes/recorded");
const POD: &str = "/kubepods/burstable/pod0b5c1a52-6f3e-4c1d-9a53-2d6c8f0e7a11";
const NGINX: &str = "fecf5bc77374d27f38f3777e50d0464e85c01982104a75dda540e033f403c560";

/// What containerd's CRI was asked, answered by somebody who says to be CRI-O.
const CRIO: Answers = &[
    ("/runtime.v1.RuntimeService/Version", "crio-version.bin"),
    ("/runtime.v1.RuntimeService/ListPodSandbox", "cri-sandboxes.bin"),
    ("/runtime.v1.RuntimeService/ListContainers", "cri-containers.bin"),
];

/// containerd is real, and so is the container; that it belongs to a pod, only the recorded answers say, on the socket of
/// CRI-O's.
fn is_named(answers: Answers, cgroup: &str, runtime: &str) {
    let host = ContainerHost::new();
    host.start_containerd();
    let socket = std::env::temp_dir().join(nbw_tests::lab::unique("nbwt-cri"));
    let _cri = Replay::start(&socket, Path::new(RECORDED), answers);
    host.run("mkdir -p /run/crio");
    host.run(&format!("ln -s {} /run/crio/crio.sock", socket.display()));
    let mut nbw = host.watch("--interval 100ms --by container");
    let path = format!("{POD}/{cgroup}");
    let _nginx = host.ctr(NGINX, &path, &TALK);
    let snapshot = snapshot_where(&mut nbw, "nginx", |snapshot| has(snapshot, "nginx", runtime));
    assert_eq!(rows(&snapshot, "nginx")[0]["path"], path);
    let row = container(&snapshot, NGINX);
    assert!(row["name"] == "nginx" && row["pod"] == "web-0" && row["namespace"] == "shop", "{row}");
    assert!(row["runtime"] == runtime && row["image"] == "localhost/tiny:1", "{row}");
}

#[test]
fn a_container_in_a_pod_has_the_name_that_cri_tells() {
    is_named(CRI, NGINX, "containerd");
}

#[test]
fn a_container_of_crios_has_the_name_that_it_tells() {
    is_named(CRIO, &format!("crio-{NGINX}"), "crio");
}
