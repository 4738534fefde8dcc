//! How to come by a `bpf-linker`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    command::{foreign_cargo, probe},
    versions,
};

/// The `bpf-linker` that is known to work with the BPF crate.
pub(crate) const LINKER_VERSION: &str = "0.13.0";

/// The directory whose `lib` has this LLVM's shared library: Debian's place, or what `llvm-config` says.
pub(crate) fn llvm_prefix(llvm: u32) -> Option<PathBuf> {
    let debian = PathBuf::from(format!("/usr/lib/llvm-{llvm}"));
    let prefix = if has_llvm(&debian) { debian } else { configured_prefix(llvm)? };
    has_llvm(&prefix).then_some(prefix)
}

fn has_llvm(prefix: &Path) -> bool {
    ["lib", "lib64"].iter().any(|dir| prefix.join(dir).join("libLLVM.so").exists())
}

fn configured_prefix(llvm: u32) -> Option<PathBuf> {
    let ask = |name: &str| probe(Command::new(name).args(["--version", "--prefix"]));
    let answer = ask(&format!("llvm-config-{llvm}")).or_else(|| ask("llvm-config"))?;
    parse_llvm_config(&answer, llvm)
}

/// Reads the two lines of `llvm-config --version --prefix`, if they are of the wanted LLVM.
fn parse_llvm_config(answer: &str, llvm: u32) -> Option<PathBuf> {
    let (version, prefix) = answer.split_once('\n')?;
    (versions::parse_version(version)?.0 == llvm).then(|| PathBuf::from(prefix.trim()))
}

/// Builds `bpf-linker` against the LLVM in `prefix`.
pub(crate) fn build(prefix: &Path, llvm: u32) -> Command {
    let feature = format!("llvm-{llvm}");
    let args = ["install", "bpf-linker", "--version", LINKER_VERSION, "--locked", "--no-default-features"];
    let mut command = foreign_cargo(Path::new("cargo"), args);
    command.args(["--features", &feature]).env("LLVM_PREFIX", prefix);
    command
}

/// Fetches the released `bpf-linker`, which has LLVM built in: for machines without LLVM's library, where
/// `cargo install` cannot build it.
pub(crate) fn download(archive: &Path) -> Command {
    let mut command = Command::new("curl");
    command.args(["--fail", "--silent", "--show-error", "--location", "--max-time", "300", "--output"]);
    command.arg(archive).arg(release_url(std::env::consts::ARCH));
    command
}

/// Unpacks what [`download`] fetched.
pub(crate) fn unpack(archive: &Path, bin: &Path) -> Command {
    let mut command = Command::new("tar");
    command.args(["--zstd", "--extract", "--file"]).arg(archive).arg("--directory").arg(bin);
    command
}

fn release_url(arch: &str) -> String {
    let releases = "https://github.com/aya-rs/bpf-linker/releases/download";
    format!("{releases}/v{LINKER_VERSION}/bpf-linker-{arch}-unknown-linux-musl.tar.zst")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::describe;

    #[test]
    fn linker_follows_the_compilers_llvm() {
        let command = describe(&build(Path::new("/usr/lib/llvm-23"), 23));
        assert!(command.ends_with("--no-default-features --features llvm-23"), "{command}");
    }

    #[test]
    fn llvm_config_of_another_version_is_refused() {
        let answer = "21.1.0\n/usr/lib/llvm-21\n";
        assert_eq!(parse_llvm_config(answer, 21), Some("/usr/lib/llvm-21".into()));
        assert_eq!(parse_llvm_config(answer, 22), None);
    }

    #[test]
    fn release_is_pinned() {
        assert!(release_url("aarch64").ends_with("/v0.13.0/bpf-linker-aarch64-unknown-linux-musl.tar.zst"));
    }
}
