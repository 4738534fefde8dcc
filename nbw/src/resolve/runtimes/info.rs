//! What the runtimes tell of containers and pods, cleaned and bounded where it enters.

use std::{collections::BTreeMap, sync::Arc};

use crate::{snapshot::Runtime, text};

/// No name, image or label is longer, in bytes. (A Kubernetes name has at most 253, an image reference rarely half of it.)
const TEXT_BYTES: usize = 512;

/// No more labels are kept of a container. (What an image brings along is a dozen.)
const LABELS: usize = 64;

/// What is kept of all labels of a container together, in bytes.
const LABELS_BYTES: usize = 8 << 10;

/// A container, as its runtime tells of it. All texts are clean and short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerInfo {
    /// The runtime's id.
    pub id: Arc<str>,
    /// What people call it: the runtime's name for it; in a Kubernetes pod, the container's name in the pod.
    pub name: Arc<str>,
    /// The image that it was made from, as the runtime calls it.
    pub image: Option<Arc<str>>,
    /// Who runs it.
    pub runtime: Option<Runtime>,
    /// Its labels, as many as are kept.
    pub labels: Arc<BTreeMap<String, String>>,
    /// The Kubernetes pod that it is in.
    pub pod: Option<PodInfo>,
}

/// A pod, as a runtime tells of it. All texts are clean and short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodInfo {
    /// Kubernetes' uid; podman's id.
    pub uid: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
    /// Its Kubernetes namespace.
    pub namespace: Option<Arc<str>>,
    /// Name in the pod of the container that this was told of.
    pub container: Option<Arc<str>>,
}

/// A container as it was told, before anything is believed of it.
#[derive(Debug, Default)]
pub(super) struct Raw {
    /// The runtime's id.
    pub(super) id: String,
    /// Its name, if the source has names.
    pub(super) name: Option<String>,
    /// Its image.
    pub(super) image: Option<String>,
    /// Who runs it, if the source knows.
    pub(super) runtime: Option<Runtime>,
    /// Labels or annotations.
    pub(super) labels: BTreeMap<String, String>,
    /// The pod that it is in, if the source tells it otherwise than by label or name.
    pub(super) pod: Option<PodInfo>,
}

impl Raw {
    /// The container, if it has an id and anything that could be called a name.
    pub(super) fn accept(self) -> Option<ContainerInfo> {
        let own = self.name.as_deref().map(|name| name.strip_prefix('/').unwrap_or(name));
        let pod = self.pod.or_else(|| labelled_pod(&self.labels)).or_else(|| own.and_then(kubelet_name));
        let in_pod = pod.as_ref().and_then(|pod| pod.container.clone());
        let by_label = || self.labels.get("nerdctl/name").and_then(|name| short(name));
        let name = in_pod.or_else(by_label).or_else(|| own.and_then(short))?;
        Some(ContainerInfo {
            id: short(&self.id)?,
            name,
            image: self.image.as_deref().and_then(short),
            runtime: self.runtime,
            labels: Arc::new(kept(&self.labels)),
            pod,
        })
    }
}

impl PodInfo {
    /// A pod of these names, if it has one.
    pub(super) fn of(name: &str, namespace: &str, uid: &str, container: Option<&str>) -> Option<Self> {
        let container = container.and_then(short);
        Some(Self { uid: short(uid), name: short(name)?, namespace: short(namespace), container })
    }
}

/// Clean and bounded; none for nothing.
pub(super) fn short(text: &str) -> Option<Arc<str>> {
    (!text.is_empty()).then(|| text::clean_to(text, TEXT_BYTES).as_ref().into())
}

fn kept(labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let clean = |text: &str| text::clean_to(text, TEXT_BYTES).into_owned();
    let mut left = LABELS_BYTES;
    let labels = labels.iter().take(LABELS).map(|(key, value)| (clean(key), clean(value)));
    let fits = |(key, value): &(String, String)| {
        let rest = left.checked_sub(key.len() + value.len());
        left = rest.unwrap_or(left);
        rest.is_some()
    };
    labels.filter(fits).collect()
}

/// Labels of kubelet (its `pkg/kubelet/types/labels.go`), which dockershim's heirs and CRI-O pass on; else the annotations
/// that containerd gives runc (its `pkg/cri/annotations`).
fn labelled_pod(labels: &BTreeMap<String, String>) -> Option<PodInfo> {
    let pod = |keys: [&str; 4]| {
        let [name, namespace, uid, container] = keys.map(|key| labels.get(key).map_or("", String::as_str));
        PodInfo::of(name, namespace, uid, Some(container))
    };
    let kubelet = ["pod.name", "pod.namespace", "pod.uid", "container.name"].map(|key| format!("io.kubernetes.{key}"));
    let containerd = ["sandbox-name", "sandbox-namespace", "sandbox-uid", "container-name"];
    let containerd = containerd.map(|key| format!("io.kubernetes.cri.{key}"));
    pod(kubelet.each_ref().map(String::as_str)).or_else(|| pod(containerd.each_ref().map(String::as_str)))
}

/// `k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT`, as cri-dockerd and CRI-O call containers: none of the parts can have an
/// underscore.
fn kubelet_name(name: &str) -> Option<PodInfo> {
    let parts: Vec<&str> = name.split('_').collect();
    let ["k8s", container, pod, namespace, uid, _attempt] = parts[..] else { return None };
    PodInfo::of(pod, namespace, uid, Some(container))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    fn raw(name: &str, pairs: &[(&str, &str)]) -> Raw {
        Raw { id: "ab".to_owned(), name: Some(name.to_owned()), labels: labels(pairs), ..Raw::default() }
    }

    #[test]
    fn a_name_is_what_people_call_it() {
        let name = |raw: Raw| raw.accept().map(|info| info.name.to_string());
        assert_eq!(name(raw("/web", &[])).as_deref(), Some("web"));
        assert_eq!(name(raw("ab", &[("nerdctl/name", "web")])).as_deref(), Some("web"));
        assert_eq!(name(raw("k8s_nginx_web-0_shop_1234-5_0", &[])).as_deref(), Some("nginx"));
        assert_eq!(name(raw("k8s_is_no_pod", &[])).as_deref(), Some("k8s_is_no_pod"));
        assert_eq!(name(raw("", &[])), None);
        assert_eq!(name(Raw { id: String::new(), ..raw("web", &[]) }), None);
    }

    #[test]
    fn a_pod_by_label_annotation_or_name() {
        let pod = |raw: Raw| raw.accept().and_then(|info| info.pod);
        let web = PodInfo::of("web-0", "shop", "1234-5", Some("nginx"));
        let kubelet = [
            ("io.kubernetes.pod.name", "web-0"),
            ("io.kubernetes.pod.namespace", "shop"),
            ("io.kubernetes.pod.uid", "1234-5"),
            ("io.kubernetes.container.name", "nginx"),
        ];
        let annotations = [
            ("io.kubernetes.cri.sandbox-name", "web-0"),
            ("io.kubernetes.cri.sandbox-namespace", "shop"),
            ("io.kubernetes.cri.sandbox-uid", "1234-5"),
            ("io.kubernetes.cri.container-name", "nginx"),
        ];
        assert_eq!(pod(raw("x", &kubelet)), web);
        assert_eq!(pod(raw("x", &annotations)), web);
        assert_eq!(pod(raw("/k8s_nginx_web-0_shop_1234-5_0", &[])), web);
        assert_eq!(pod(raw("x", &[])), None);
    }

    #[test]
    fn hostile_texts_are_clean_and_bounded() {
        let many: Vec<(String, String)> = (0..1000).map(|n| (format!("{n}\n"), "x".repeat(1 << 20))).collect();
        let mut told = raw(&"\u{1b}[2J".repeat(1 << 16), &[]);
        told.labels = many.into_iter().collect();
        told.image = Some("\u{202e}".repeat(1 << 16));
        let info = told.accept().unwrap();
        assert!(info.name.len() <= TEXT_BYTES && !info.name.contains('\u{1b}'));
        assert!(info.image.as_ref().is_some_and(|image| image.len() <= TEXT_BYTES && !image.contains('\u{202e}')));
        let bytes =
            |info: &ContainerInfo| info.labels.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        assert!(bytes(&info) <= LABELS_BYTES && info.labels.len() >= LABELS_BYTES / (2 * TEXT_BYTES));
        let few = raw("x", &[]);
        let short = (0..1000).map(|n| (n.to_string(), String::new())).collect();
        assert_eq!(Raw { labels: short, ..few }.accept().unwrap().labels.len(), LABELS);
        let fits = |text: &String| text.len() <= TEXT_BYTES && !text.contains('\n');
        assert!(info.labels.iter().all(|(key, value)| fits(key) && fits(value)));
    }
}
