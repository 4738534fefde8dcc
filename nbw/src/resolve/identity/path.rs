//! A cgroup path in its components, and what identifiers look like.

/// One component of a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    /// The directory's name.
    pub(super) name: &'a str,
    /// Where it ends in the path.
    pub(super) end: usize,
}

/// The components of `path`; none for the root.
pub(super) fn parts(path: &str) -> Vec<Part<'_>> {
    let mut start = 0;
    let mut parts = Vec::new();
    for name in path.split('/') {
        let end = start + name.len();
        if !name.is_empty() {
            parts.push(Part { name, end });
        }
        start = end + 1;
    }
    parts
}

/// Whether `text` is a container id as docker, podman, containerd (CRI) and CRI-O make them: 32 random bytes.
pub(crate) fn is_hex_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The 12 digits that `docker ps` and `podman ps` show of an id; names stay whole.
pub(in crate::resolve) fn short_id(id: &str) -> &str {
    if is_hex_id(id) { &id[..12] } else { id }
}
