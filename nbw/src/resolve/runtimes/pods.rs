//! podman's pods, by its own API.

use std::io;

use serde::Deserialize;

use super::{http::get, info::PodInfo, places::Endpoint};

/// In any version since 4.0.
const PODS: &str = "/v4.0.0/libpod/pods/json";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pod {
    id: String,
    name: String,
}

/// All pods that podman has.
///
/// # Errors
/// As [`get`].
pub(super) async fn list(endpoint: &Endpoint) -> io::Result<Vec<PodInfo>> {
    let pods: Vec<Pod> = get(endpoint, PODS).await?;
    Ok(pods.iter().filter_map(|pod| PodInfo::of(&pod.name, "", &pod.id, None)).collect())
}
