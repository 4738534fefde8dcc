//! Docker's `containers/ID/config.v2.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::{info::Raw, places::Places};
use crate::snapshot::Runtime;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    name: String,
    config: Config,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    image: Option<String>,
    labels: Option<BTreeMap<String, String>>,
}

/// The container with this id.
pub(super) fn container(places: &Places, id: &str) -> Option<Raw> {
    let path = places.path(format!("var/lib/docker/containers/{id}/config.v2.json"));
    let saved: Saved = super::json(&path, None)?;
    Some(Raw {
        id: id.to_owned(),
        name: Some(saved.name),
        image: saved.config.image,
        runtime: Some(Runtime::Docker),
        labels: saved.config.labels.unwrap_or_default(),
        pod: None,
    })
}
