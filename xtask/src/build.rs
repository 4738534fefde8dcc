//! `cargo xtask build` and `cargo xtask run`.

use anyhow::Result;

use crate::{
    command::{self, cargo},
    ebpf::{self, Missing},
    paths, root,
};

/// Builds the BPF object and the release binary of nbw.
pub(crate) fn build(missing: Missing) -> Result<()> {
    ebpf::build(missing)?;
    command::run(&mut cargo(["build", "--release", "--package", "nbw"]))
}

/// Builds what is missing and becomes nbw, as root.
pub(crate) fn run(args: &[String]) -> Result<()> {
    build(Missing::Install)?;
    let mut nbw = root::as_root(paths::release_binary("nbw"), &[])?;
    nbw.args(args);
    root::become_it(nbw)
}
