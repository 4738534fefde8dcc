//! Running other programs, with errors that say what was run.

use std::{ffi::OsStr, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

use crate::paths;

/// Variables by which the cargo that runs xtask would steer the cargo that xtask runs. `RUSTUP_TOOLCHAIN` is among
/// them only for another compiler's build (see [`foreign_cargo`]).
const LEAKED: [&str; 4] = ["CARGO", "CARGO_ENCODED_RUSTFLAGS", "RUSTC", "RUSTDOC"];

/// What else would steer a build by another compiler or for another target.
const STEERING: [&str; 8] = [
    "CARGO_BUILD_RUSTC",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
];

/// Cargo for the workspace, by the toolchain that runs xtask, in the root of the repository.
pub(crate) fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(paths::root()).args(args);
    forget(&mut command, &LEAKED);
    forget_package(&mut command);
    command
}

/// The given cargo for a build that nothing in the environment may steer: the BPF crate, `cargo install`.
pub(crate) fn foreign_cargo<S: AsRef<OsStr>>(program: &Path, args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    forget(&mut command, &LEAKED);
    forget(&mut command, &STEERING);
    forget_package(&mut command);
    command
}

fn forget(command: &mut Command, names: &[&str]) {
    for name in names {
        command.env_remove(name);
    }
}

/// Takes away what cargo told xtask about xtask's own package: a build script could take it for its own.
fn forget_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// Runs a command whose output the user sees.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("`{}` does not start", describe(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", describe(command));
    }
    Ok(())
}

/// What a command prints, or nothing where it does not start or fails: for probing.
pub(crate) fn probe(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A command as one would type it, with the variables that it is given.
pub(crate) fn describe(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| Some(assignment(name, value?)));
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| word.to_string_lossy().into_owned());
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

/// Cargo's encoded flags are for programs; a person types `RUSTFLAGS`.
fn assignment(name: &OsStr, value: &OsStr) -> String {
    let name = name.to_string_lossy().replace("CARGO_ENCODED_", "");
    let value = value.to_string_lossy().replace('\u{1f}', " ");
    let quote = if value.contains(' ') { "'" } else { "" };
    format!("{name}={quote}{value}{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_names_the_command() {
        let error = run(&mut Command::new("false")).expect_err("false fails");
        assert!(error.to_string().starts_with("`false` failed"), "{error}");
    }

    #[test]
    fn description_can_be_typed() {
        let mut command = Command::new("cargo");
        command.arg("build").env("CARGO_ENCODED_RUSTFLAGS", "-Ca\u{1f}-Cb").env("RUSTC", "/usr/bin/rustc");
        assert_eq!(describe(&command), "RUSTFLAGS='-Ca -Cb' RUSTC=/usr/bin/rustc cargo build");
    }

    #[test]
    fn foreign_cargo_is_not_steered() {
        let command = foreign_cargo(Path::new("cargo"), ["build"]);
        let removed = |name: &str| command.get_envs().any(|(key, value)| key == name && value.is_none());
        assert!(LEAKED.iter().chain(&STEERING).all(|name| removed(name)));
        assert_eq!(describe(&command), "cargo build");
    }
}
