//! `cargo xtask lint`: what a change must pass besides the tests.

use anyhow::Result;

use crate::{
    command::{cargo, run},
    ebpf::{self, Missing},
    paths, setup,
};

/// Runs every check; the cheap ones first.
pub(crate) fn run_all() -> Result<()> {
    formatting()?;
    ebpf::build(Missing::Install)?;
    run(&mut cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    bpf_crate()?;
    dependencies()
}

fn formatting() -> Result<()> {
    let manifest = paths::ebpf_crate().join("Cargo.toml");
    run(&mut cargo(["fmt", "--all", "--check"]))?;
    run(cargo(["fmt", "--check", "--manifest-path"]).arg(manifest))
}

/// By clippy where the BPF crate's compiler has it, else by the compiler's own warnings. In both cases cargo keeps
/// the results apart from the build's, so that this makes nothing stale.
fn bpf_crate() -> Result<()> {
    let toolchain = setup::toolchain()?;
    let subcommand = if toolchain.compiler.has_clippy() { "clippy" } else { "check" };
    run(&mut toolchain.cargo(subcommand, &["-Dwarnings"]))
}

/// Licences, bans and sources. Advisories come from the network and change without a commit, so they are not here.
fn dependencies() -> Result<()> {
    if !paths::is_installed("cargo-deny") {
        eprintln!("lint: dependencies are not checked: `cargo install --locked cargo-deny` would do it");
        return Ok(());
    }
    // The BPF crate has a lock file of its own; cargo-deny finds deny.toml in the directories above it.
    [paths::root(), paths::ebpf_crate()].iter().try_for_each(|package| {
        let mut deny = cargo(["deny", "--manifest-path"]);
        run(deny.arg(package.join("Cargo.toml")).args(["check", "licenses", "bans", "sources"]))
    })
}
