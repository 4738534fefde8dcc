//! Directory names that kubelet makes for logs: `/var/log/pods/NAMESPACE_NAME_UID/CONTAINER` and
//! `/var/log/containers/NAME_NAMESPACE_CONTAINER-ID.log`.

use super::super::{
    info::{PodInfo, Raw},
    places::Places,
};

const PODS: &str = "var/log/pods";
const CONTAINERS: &str = "var/log/containers";

/// The pods with these uids. None of a name's parts can have an underscore.
pub(super) fn pods(places: &Places, uids: &[&str]) -> Vec<PodInfo> {
    if uids.is_empty() {
        return Vec::new();
    }
    let pod = |name: String| match name.split('_').collect::<Vec<_>>()[..] {
        [namespace, name, uid] if uids.contains(&uid) => PodInfo::of(name, namespace, uid, None),
        _ => None,
    };
    super::names(&places.path(PODS)).filter_map(pod).collect()
}

/// The containers with these ids.
pub(super) fn containers(places: &Places, ids: &[&str]) -> Vec<Raw> {
    if ids.is_empty() {
        return Vec::new();
    }
    super::names(&places.path(CONTAINERS)).filter_map(|name| container(&name, ids)).collect()
}

fn container(name: &str, ids: &[&str]) -> Option<Raw> {
    let (rest, id) = name.strip_suffix(".log")?.rsplit_once('-')?;
    let parts: Vec<&str> = rest.split('_').collect();
    let [pod, namespace, container] = parts[..] else { return None };
    let pod = PodInfo::of(pod, namespace, "", Some(container));
    ids.contains(&id).then(|| Raw { id: id.to_owned(), pod, ..Raw::default() })
}
