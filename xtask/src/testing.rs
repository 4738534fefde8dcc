//! `cargo xtask test`: the unit tests as the user, then the privileged tests as root.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{
    build,
    command::{self, cargo, describe},
    ebpf::{self, Missing},
    paths, root, setup,
};

/// The package of the privileged tests.
const PACKAGE: &str = "nbw-tests";

/// Runs the tests whose names contain `filter`.
pub(crate) fn run(filter: Option<&str>, only_units: bool) -> Result<()> {
    if !only_units {
        setup::run(true)?;
    }
    ebpf::build(Missing::Install)?;
    command::run(cargo(["test", "--workspace", "--exclude", PACKAGE]).args(filter))?;
    if only_units {
        return Ok(());
    }
    build::build(Missing::Install)?;
    privileged(filter)
}

/// What privileged tests and benchmarks are told by environment: the nbw to run, and the benchmark's BPF object.
pub(crate) fn artifacts() -> [(&'static str, PathBuf); 2] {
    [("NBW_BIN", paths::release_binary("nbw")), ("NBW_BENCH_OBJECT", paths::bpf_object("bench"))]
}

fn privileged(filter: Option<&str>) -> Result<()> {
    // One at a time: they share the host's cgroup root, and measure under load.
    let arguments: Vec<&str> = filter.into_iter().chain(["--test-threads=1"]).collect();
    if root::is_root() {
        let mut tests = cargo(["test", "--package", PACKAGE, "--no-fail-fast", "--"]);
        return command::run(tests.args(&arguments).envs(artifacts()));
    }
    test_binaries()?.iter().try_for_each(|binary| test_as_root(binary, &arguments))
}

/// Cargo does not run as root: it would leave root's files in the user's target directory.
fn test_as_root(binary: &Path, arguments: &[&str]) -> Result<()> {
    let artifacts = artifacts();
    let package = paths::root().join("tests");
    let mut variables: Vec<_> = artifacts.iter().map(|(name, path)| (*name, path.as_path())).collect();
    variables.push(("CARGO_MANIFEST_DIR", &package));
    command::run(root::as_root(binary, &variables)?.args(arguments).current_dir(&package))
}

fn test_binaries() -> Result<Vec<PathBuf>> {
    let mut build = cargo(["test", "--package", PACKAGE, "--no-run", "--message-format=json-render-diagnostics"]);
    let output = build.stderr(Stdio::inherit()).output().context("cargo does not start")?;
    if !output.status.success() {
        bail!("`{}` failed ({})", describe(&build), output.status);
    }
    Ok(executables(&String::from_utf8_lossy(&output.stdout)))
}

/// The test binaries that cargo's JSON messages name.
fn executables(messages: &str) -> Vec<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let tests = messages.filter(|message| message["profile"]["test"] == true);
    tests.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_test_binaries_only() {
        let messages = r#"{"reason":"compiler-artifact","profile":{"test":false},"executable":"/t/nbw-bench"}
not json
{"reason":"compiler-artifact","profile":{"test":true},"executable":null}
{"reason":"compiler-artifact","profile":{"test":true},"executable":"/t/lab-1"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executables(messages), [PathBuf::from("/t/lab-1")]);
    }
}
