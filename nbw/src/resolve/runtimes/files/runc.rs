//! runc's `state.json`, whose labels are the container's annotations.

use std::path::PathBuf;

use serde::Deserialize;

use super::super::{info::Raw, places::Places};

/// Where runc's callers keep its state; containerd one directory for each of its namespaces.
const STATES: [&str; 3] = ["run/runc", "run/crun", "run/docker/runtime-runc/moby"];
const CONTAINERD: &str = "run/containerd/runc";

#[derive(Deserialize)]
struct State {
    config: Config,
}

#[derive(Deserialize)]
struct Config {
    /// `KEY=VALUE`.
    labels: Option<Vec<String>>,
}

/// The container with this id, if an annotation names it.
pub(super) fn container(places: &Places, id: &str) -> Option<Raw> {
    let state: State =
        directories(places).iter().find_map(|directory| super::json(&directory.join(id).join("state.json"), None))?;
    let labels = state.config.labels.unwrap_or_default();
    let labels = labels.iter().filter_map(|label| label.split_once('='));
    let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    Some(Raw { id: id.to_owned(), labels, ..Raw::default() })
}

fn directories(places: &Places) -> Vec<PathBuf> {
    let containerd = places.path(CONTAINERD);
    let namespaces: Vec<PathBuf> = super::names(&containerd).map(|name| containerd.join(name)).collect();
    STATES.iter().map(|path| places.path(path)).chain(namespaces).collect()
}
