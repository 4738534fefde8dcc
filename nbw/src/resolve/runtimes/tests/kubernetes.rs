//! CRI and containerd, by recorded answers.

use super::{
    replay::{Answers, CRI, Replay},
    *,
};

const POD: &str = "/kubepods/burstable/pod0b5c1a52-6f3e-4c1d-9a53-2d6c8f0e7a11";
const NGINX: &str = "fecf5bc77374d27f38f3777e50d0464e85c01982104a75dda540e033f403c560";
const SANDBOX: &str = "af7eace2ce6f42a4cd146a836ac5dab38b915135f56b2a77569a602b733d3b07";

const CONTAINERD: Answers = &[
    ("/containerd.services.namespaces.v1.Namespaces/List", "containerd-namespaces.bin"),
    ("/containerd.services.containers.v1.Containers/List", "containerd-containers.bin"),
];

/// The messages of v1alpha2 that are read are those of v1.
const OLD_CRI: Answers = &[
    ("/runtime.v1alpha2.RuntimeService/Version", "cri-version.bin"),
    ("/runtime.v1alpha2.RuntimeService/ListPodSandbox", "cri-sandboxes.bin"),
    ("/runtime.v1alpha2.RuntimeService/ListContainers", "cri-containers.bin"),
];

fn replay(root: &Path, answers: Answers) -> Replay {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/resolve/runtimes/recorded");
    Replay::start(&root.join("run/containerd/containerd.sock"), &recorded, answers)
}

#[test]
fn a_container_in_a_pod_by_cri() {
    for answers in [CRI, OLD_CRI] {
        let root = host();
        let _containerd = replay(root.path(), answers);
        let runtimes = runtimes(root.path());
        let nginx = identify(&format!("{POD}/{NGINX}"));
        runtimes.want(&nginx);
        assert_eq!(until_named(&runtimes, &nginx, "nginx"), Some(Runtime::Containerd));
        let info = runtimes.container(nginx.container.as_ref().unwrap()).unwrap();
        let pod = info.pod.as_ref().unwrap();
        assert_eq!((&*pod.name, pod.namespace.as_deref()), ("web-0", Some("shop")));
        assert_eq!((pod.container.as_deref(), info.image.as_deref()), (Some("nginx"), Some("localhost/tiny:1")));
        assert_eq!(info.labels["io.kubernetes.pod.name"], "web-0");
        // What one question has brought is known without another.
        assert_eq!(name(&runtimes, &identify(&format!("{POD}/{SANDBOX}"))).unwrap().0, "web-0");
        assert_eq!(name(&runtimes, &identify(POD)).unwrap().0, "web-0");
        // A user may make a cgroup of this name.
        let copied = format!("/user.slice/user-7.slice/user@7.service{POD}");
        assert_eq!(name(&runtimes, &identify(&copied)), None);
        assert_eq!(name(&runtimes, &identify(&format!("{copied}/{NGINX}"))), None);
    }
}

#[test]
fn a_pod_alone_by_cri() {
    let root = host();
    let _containerd = replay(root.path(), CRI);
    let runtimes = runtimes(root.path());
    let pod = identify(POD);
    assert_eq!(pod.kind, GroupKind::Pod);
    runtimes.want(&pod);
    until_named(&runtimes, &pod, "web-0");
}

#[test]
fn a_container_of_containerds_own() {
    let root = host();
    let _containerd = replay(root.path(), CONTAINERD);
    let runtimes = runtimes(root.path());
    let (labelled, bare) = ("c".repeat(64), "d".repeat(64));
    for (id, wanted) in [(labelled, "labelled"), (bare, "dddddddddddd")] {
        let identity = identify(&format!("/default/{id}"));
        runtimes.want(&identity);
        assert_eq!(until_named(&runtimes, &identity, wanted), Some(Runtime::Containerd));
        let info = runtimes.container(identity.container.as_ref().unwrap()).unwrap();
        assert_eq!(info.image.as_deref(), Some("localhost/tiny:1"));
    }
}

#[test]
fn a_runtime_that_starts_after_nbw_is_asked_again() {
    let root = host();
    let runtimes = runtimes(root.path());
    let nginx = identify(&format!("{POD}/{NGINX}"));
    runtimes.want(&nginx);
    thread::sleep(Duration::from_millis(500));
    assert_eq!(name(&runtimes, &nginx), None);
    let _containerd = replay(root.path(), CRI);
    until_named(&runtimes, &nginx, "nginx");
}
