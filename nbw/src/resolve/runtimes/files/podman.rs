//! containers/storage, which podman and CRI-O share: `overlay-containers/containers.json`, and the same for other drivers.

use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User};
use serde::Deserialize;

use super::super::{Wanted, book::Told, info::Raw, places::Places};
use crate::snapshot::Runtime;

/// Below the system's, and below a user's home.
const STORAGE: &str = "var/lib/containers/storage";
const USER_STORAGE: &str = ".local/share/containers/storage";

/// Storage drivers that are in use.
const DRIVERS: [&str; 4] = ["overlay", "vfs", "btrfs", "zfs"];

#[derive(Deserialize)]
struct Stored {
    id: String,
    names: Option<Vec<String>>,
    /// JSON again.
    metadata: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Metadata {
    image_name: String,
    name: String,
    pod_id: String,
}

/// The system's containers with these ids.
pub(super) fn of_system(places: &Places, ids: &[&str]) -> Vec<Raw> {
    if ids.is_empty() { Vec::new() } else { stored(&places.path(STORAGE), None, ids) }
}

/// The user's own containers.
pub(super) fn of_user(places: &Places, uid: u32, wanted: &[Wanted]) -> Told {
    let own = wanted.iter().filter(|wanted| wanted.user() == Some(uid));
    let ids: Vec<&str> = own.filter_map(Wanted::id).collect();
    let raw = home(places, uid).map(|home| stored(&home.join(USER_STORAGE), Some(uid), &ids));
    let containers = raw.into_iter().flatten().filter_map(Raw::accept).collect();
    Told { containers, ..Told::default() }
}

fn home(places: &Places, uid: u32) -> Option<PathBuf> {
    let user = User::from_uid(Uid::from_raw(uid)).ok()??;
    Some(places.path(user.dir))
}

fn stored(storage: &Path, owner: Option<u32>, ids: &[&str]) -> Vec<Raw> {
    let files = DRIVERS.map(|driver| storage.join(format!("{driver}-containers/containers.json")));
    let all = files.iter().filter_map(|file| super::json::<Vec<Stored>>(file, owner)).flatten();
    all.filter(|stored| ids.contains(&stored.id.as_str())).map(raw).collect()
}

fn raw(stored: Stored) -> Raw {
    let metadata = stored.metadata.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let metadata: Metadata = metadata.unwrap_or_default();
    let is_crio = !metadata.pod_id.is_empty();
    let first = stored.names.unwrap_or_default().into_iter().next();
    Raw {
        id: stored.id,
        name: first.or(Some(metadata.name)),
        image: Some(metadata.image_name),
        runtime: Some(if is_crio { Runtime::Crio } else { Runtime::Podman }),
        ..Raw::default()
    }
}
