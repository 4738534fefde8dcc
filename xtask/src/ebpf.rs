//! `cargo xtask build-ebpf`: the BPF objects, built when their sources or their toolchain changed.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{
    command::run,
    compiler::TARGET,
    paths, setup,
    stamp::{Stamp, hash_sources},
    toolchain::Toolchain,
};

/// The binaries of the BPF crate: nbw's programs, and what the benchmark compares them with.
const OBJECTS: [&str; 2] = ["nbw", "bench"];

/// What to do where the toolchain is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Install it.
    Install,
    /// Say so: `build` and `build-ebpf` are for packagers too, and install nothing.
    Refuse,
}

/// Builds the objects where they are stale. Nothing is touched where they are not, so that cargo does not build nbw
/// again either.
pub(crate) fn build(missing: Missing) -> Result<()> {
    let sources = hash_sources(&paths::root(), &inputs()).context("the BPF crate's sources cannot be read")?;
    let mut toolchain = Toolchain::find();
    if is_fresh(sources, toolchain.as_ref()) {
        return Ok(());
    }
    if toolchain.is_none() && missing == Missing::Install {
        toolchain = Some(setup::toolchain()?);
    }
    let Some(toolchain) = toolchain else {
        bail!("what builds the BPF object is not here: run `cargo xtask setup`");
    };
    compile(&toolchain)?;
    stamp(sources, Some(&toolchain)).write(&stamp_file()).context("target/bpf cannot be written")
}

/// What the objects are made from. The workspace's manifest is among it since nbw-common inherits from it.
fn inputs() -> [PathBuf; 3] {
    [paths::ebpf_crate(), paths::root().join("nbw-common"), paths::root().join("Cargo.toml")]
}

fn is_fresh(sources: u64, toolchain: Option<&Toolchain>) -> bool {
    OBJECTS.iter().all(|name| paths::bpf_object(name).is_file())
        && Stamp::read(&stamp_file()).is_some_and(|built| stamp(sources, toolchain).accepts(&built))
}

fn stamp(sources: u64, toolchain: Option<&Toolchain>) -> Stamp {
    Stamp { sources, toolchain: toolchain.map(Toolchain::identity) }
}

fn stamp_file() -> PathBuf {
    paths::bpf_objects().join("stamp")
}

fn compile(toolchain: &Toolchain) -> Result<()> {
    eprintln!("build-ebpf: by {}", toolchain.describe());
    run(toolchain.cargo("build", &[]).args(["--bin", OBJECTS[0], "--bin", OBJECTS[1]]))?;
    fs::create_dir_all(paths::bpf_objects())?;
    // From here to the new stamp the objects are nobody's: an interruption leaves them stale.
    let _ = fs::remove_file(stamp_file());
    OBJECTS.iter().try_for_each(|name| publish(name))
}

/// Copies a built object to its place, unless the same is there: a change of comments builds nothing else.
fn publish(name: &str) -> Result<()> {
    let built = paths::bpf_target().join(TARGET).join("release").join(name);
    let object = paths::bpf_object(name);
    let contents = fs::read(&built).with_context(|| format!("cargo built no {}", built.display()))?;
    if fs::read(&object).is_ok_and(|old| old == contents) {
        return Ok(());
    }
    // Renamed into place: a build of nbw that runs at the same time never reads half an object.
    let partial = object.with_extension("partial");
    fs::write(&partial, contents).and_then(|()| fs::rename(&partial, &object))?;
    Ok(())
}
