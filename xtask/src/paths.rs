//! Where things are, in one place.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The crate of the BPF programs.
pub(crate) fn ebpf_crate() -> PathBuf {
    root().join("nbw-ebpf")
}

/// Where the finished BPF objects are; `nbw/build.rs` looks here, wherever cargo's own target directory is.
pub(crate) fn bpf_objects() -> PathBuf {
    root().join("target/bpf")
}

/// Cargo's target directory for the BPF crate: another compiler than the workspace's, so another directory.
pub(crate) fn bpf_target() -> PathBuf {
    root().join("target/bpf-build")
}

/// A finished BPF object by its name (`nbw`, `bench`).
pub(crate) fn bpf_object(name: &str) -> PathBuf {
    bpf_objects().join(format!("{name}.o"))
}

/// A release binary of the workspace by its name.
pub(crate) fn release_binary(name: &str) -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root().join(target).join("release").join(name)
}

/// The log of what `setup` runs.
pub(crate) fn setup_log() -> PathBuf {
    root().join("target/xtask/setup.log")
}

/// Where `cargo install` puts binaries.
pub(crate) fn cargo_bin() -> Option<PathBuf> {
    let home = env::var_os("CARGO_INSTALL_ROOT").or_else(|| env::var_os("CARGO_HOME")).map(PathBuf::from);
    home.or_else(|| Some(env::home_dir()?.join(".cargo"))).map(|home| home.join("bin"))
}

/// The directories of `PATH`, then cargo's, which a fresh shell may not have in its `PATH`.
fn search_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = env::split_paths(&path).chain(cargo_bin()).collect();
    // A user's PATH often lacks these, and `ip` and `ethtool` live there.
    dirs.extend(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from));
    dirs
}

/// Every file called `name` in the search path, in order; each once, though `/bin` be a link to `/usr/bin`.
pub(crate) fn which_all(name: &str) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = Vec::new();
    for dir in search_path().iter().filter_map(|dir| dir.canonicalize().ok()) {
        if !dirs.contains(&dir) {
            dirs.push(dir);
        }
    }
    dirs.iter().map(|dir| dir.join(name)).filter(|file| file.is_file()).collect()
}

/// Whether there is a program of this name.
pub(crate) fn is_installed(name: &str) -> bool {
    !which_all(name).is_empty()
}
