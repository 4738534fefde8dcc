//! Becoming root: directly, or through `sudo`.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::Path,
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{command::describe, paths};

/// Whether this process is root's.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// A command that runs `program` as root, with `variables` in its environment (sudo would drop them).
pub(crate) fn as_root(program: impl AsRef<OsStr>, variables: &[(&str, &Path)]) -> Result<Command> {
    let mut command = if is_root() { Command::new("env") } else { sudo()? };
    for (name, value) in variables {
        let mut assignment = OsString::from(format!("{name}="));
        assignment.push(value);
        command.arg(assignment);
    }
    command.arg(program);
    Ok(command)
}

fn sudo() -> Result<Command> {
    if !paths::is_installed("sudo") {
        bail!("this needs root, and there is no sudo: run the same command as root, or install sudo");
    }
    let mut command = Command::new("sudo");
    command.args(["--", "env"]);
    Ok(command)
}

/// Asks for sudo's password now, where it needs one, so that no prompt appears behind a progress bar.
pub(crate) fn unlock() -> Result<()> {
    if is_root() {
        return Ok(());
    }
    if !paths::is_installed("sudo") {
        bail!("installing packages needs root, and there is no sudo: run `cargo xtask setup` as root");
    }
    let status = Command::new("sudo").arg("-v").status().context("sudo does not start")?;
    if !status.success() {
        bail!("installing packages needs root, and sudo refused: run `cargo xtask setup` as root");
    }
    Ok(())
}

/// Becomes the command: its signals and its exit code are then this process's.
pub(crate) fn become_it(mut command: Command) -> Result<()> {
    let error = command.exec();
    Err(error).with_context(|| format!("`{}` does not start", describe(&command)))
}
