use super::*;

const BY_ID: &str = "
/docker/<A>                                                                                    | docker
/system.slice/docker-<A>.scope                                                                 | docker
/my.slice/my-own.slice/docker-<A>.scope                                                        | docker
/user.slice/user-1000.slice/user@1000.service/user.slice/docker-<A>.scope                      | docker
/x/<A>                                                                                         | -
/<A>                                                                                           | -
/libpod_parent/libpod-<A>                                                                      | podman
/libpod_parent/<B>/libpod-<A>                                                                  | podman
/machine.slice/libpod-<A>.scope                                                                | podman
/machine.slice/machine-libpod_pod_<B>.slice/libpod-<A>.scope                                   | podman
/system.slice/web.service/libpod-payload-<A>                                                   | podman
/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-<A>.scope                      | podman
/k8s.io/<A>                                                                                    | containerd
/default/<A>                                                                                   | containerd
/system.slice/nerdctl-<A>.scope                                                                | containerd
/kubepods/burstable/podUID/<A>                                                                 | -
/kubepods/podUID/<A>                                                                           | -
/kubelet/kubepods/podUID/<A>                                                                   | -
/kubepods/besteffort/podUID/crio-<A>                                                           | crio
/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID_.slice/cri-containerd-<A>.scope | containerd
/kubepods.slice/kubepods-podUID_.slice/crio-<A>.scope                                          | crio
/kubepods.slice/kubepods-podUID_.slice/docker-<A>.scope                                        | docker
/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podUID_.slice/cri-containerd-<A>.scope  | containerd
/system.slice/containerd.service/kubepods-podUID_.slice:cri-containerd:<A>                     | containerd
/system.slice/custom-<A>.scope                                                                 | -
";

const BY_NAME: &str = r"
/lxc/web                                                     | lxc    | web
/lxc/101                                                     | lxc    | 101
/lxc.payload.web-1                                           | lxc    | web-1
/lxc.payload.a.b                                             | lxc    | a.b
/lxc.payload/web                                             | lxc    | web
/lxc/lxc.payload.web                                         | lxc    | web
/user.slice/user-1000.slice/session-1.scope/lxc.payload.web  | lxc    | web
/machine.slice/systemd-nspawn@web.service                    | nspawn | web
/machine.slice/systemd-nspawn@my\x2dbox.service              | nspawn | my-box
/machine.slice/machine-web.scope                             | nspawn | web
/machine.slice/machine-my\x2dbox.scope                       | nspawn | my-box
/machine.slice/machine-qemu\x2dtools.scope                   | nspawn | qemu-tools
";

/// Sub-cgroups that runtimes, inner inits and inner runtimes make.
const BELOW: [&str; 7] = [
    "",
    "/container",
    "/payload/system.slice/ssh.service",
    "/init.scope",
    "/docker/<B>",
    "/lxc.payload.inner",
    "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podUID_.slice/cri-containerd-<B>.scope",
];

/// Checks that all below `own` is the same one container.
fn assert_container(own: &str, runs: &str, id: &str, name: &str) -> Identity {
    let top = identify(own);
    assert_eq!(top.kind, GroupKind::Container, "{own}");
    assert_eq!(runtime(&top).as_deref(), optional(runs), "{own}");
    assert_eq!(top.name, name, "{own}");
    let (id, path) = (id.to_owned(), own.to_owned());
    assert_eq!(top.container, Some(Container { id, path }));
    for below in BELOW {
        assert_eq!(identify(&format!("{own}{}", fill(below))), top);
    }
    top
}

#[test]
fn containers_by_their_id() {
    for [own, runs] in rows(BY_ID) {
        let identity = assert_container(&own, &runs, A, "3f4e2a1b5c6d");
        let pod = if own.contains(B) { Some(B) } else { None };
        let in_kubepods = own.contains("kubepods").then_some(UID);
        assert_eq!(identity.pod.as_deref(), in_kubepods.or(pod), "{own}");
    }
}

#[test]
fn containers_by_their_name() {
    for [own, runs, name] in rows(BY_NAME) {
        let identity = assert_container(&own, &runs, &name, &name);
        assert_eq!(identity.pod, None, "{own}");
    }
}

const NONE: &str = r"
/
/docker
/docker/web
/a/b
/default/web1
/k8s.io/web1
/libpod_parent
/libpod_parent/conmon
/libpod_parent/<A>
/libpod_parent/libpod-conmon-<A>
/machine.slice/libpod-conmon-<A>.scope
/system.slice/crio-conmon-<A>.scope
/system.slice/web.service/runtime
/kubepods/podUID/crio-conmon-<A>
/kubepods/burstable/podUID
/machine.slice/machine-libpod_pod_<A>.slice
/lxc
/lxc.payload
/lxc.payload.
/lxc.monitor.web
/lxc.monitor/web
/lxc/lxc.monitor.web
/lxc.pivot
/machine.slice
/machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt/vcpu0
/machine.slice/machine-.scope
/machine.slice/systemd-nspawn@.service
/system.slice/machine-web.scope
/system.slice/docker.service
/system.slice/docker-3f4e2a1b5c6d.scope
/x/<A>0
/x/g<A>
/x/some-<A>
";

#[test]
fn what_is_beside_a_container_is_none() {
    for [path] in rows(NONE) {
        let identity = identify(&path);
        assert_eq!(identity.container, None, "{path}");
        assert_ne!(identity.kind, GroupKind::Container, "{path}");
    }
    let uppercase = format!("/x/{}", A.to_uppercase());
    assert_eq!(identify(&uppercase).container, None);
}
