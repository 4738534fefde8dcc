//! What runtimes leave in files: for hosts whose daemon is down, has none, or may not be asked.

mod docker;
mod kubelet;
mod podman;
mod runc;
#[cfg(test)]
mod tests;

use std::{fs, io, path::Path};

use serde::de::DeserializeOwned;

use super::{
    Wanted,
    book::{Teller, Told},
    connect::said,
    info::Raw,
    places::Places,
};
use crate::files;

/// No file of the system's is read that is longer, in bytes.
const MOST_BYTES: u64 = 32 << 20;

/// No file of an ordinary user's.
const USERS_BYTES: u64 = 1 << 20;

/// No directory is looked at beyond this many entries.
const ENTRIES: usize = 65_536;

/// What the files tell of what is wanted. Reads files: not for a task.
pub(super) fn find(places: &Places, wanted: &[Wanted]) -> Vec<(Teller, Told)> {
    let mut found = vec![(Teller::Files, of_system(places, wanted))];
    let mut users: Vec<u32> = wanted.iter().filter_map(Wanted::user).collect();
    users.sort_unstable();
    users.dedup();
    found.extend(users.into_iter().map(|uid| (Teller::User(uid), podman::of_user(places, uid, wanted))));
    found
}

fn of_system(places: &Places, wanted: &[Wanted]) -> Told {
    let ids: Vec<&str> = wanted.iter().filter_map(Wanted::id).collect();
    let mut raw: Vec<Raw> = podman::of_system(places, &ids);
    raw.extend(kubelet::containers(places, &ids));
    for id in ids {
        raw.extend(docker::container(places, id).or_else(|| runc::container(places, id)));
    }
    let containers = raw.into_iter().filter_map(Raw::accept).collect();
    let uids: Vec<&str> = wanted.iter().filter_map(Wanted::pod).collect();
    Told { containers, pods: kubelet::pods(places, &uids), lasting: false }
}

/// A JSON file, which may be missing, huge, or anything but JSON. With `owner`, only that user's.
fn json<T: DeserializeOwned>(path: &Path, owner: Option<u32>) -> Option<T> {
    let read = || -> io::Result<T> {
        let bytes = files::read(path, owner, if owner.is_some() { USERS_BYTES } else { MOST_BYTES })?;
        Ok(serde_json::from_slice(&bytes)?)
    };
    match read() {
        Ok(found) => Some(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::debug!("{path:?}: {}", said(&error));
            None
        }
    }
}

/// The names in a directory, those in UTF-8.
fn names(directory: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(directory).into_iter().flatten().take(ENTRIES).flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}
