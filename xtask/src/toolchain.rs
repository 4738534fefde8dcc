//! What builds the BPF object: a compiler that has `core` for BPF, and a `bpf-linker` that reads its bitcode.

use std::{fs, os::unix::fs::MetadataExt as _, path::PathBuf, process::Command};

use crate::{
    command::probe,
    compiler::{Compiler, TARGET, compilers},
    paths, versions,
};

/// A compiler and a linker that go together.
#[derive(Clone, Debug)]
pub(crate) struct Toolchain {
    /// The compiler.
    pub(crate) compiler: Compiler,
    /// The `bpf-linker`.
    pub(crate) linker: PathBuf,
}

impl Toolchain {
    /// The first compiler for which there is a linker.
    pub(crate) fn find() -> Option<Self> {
        let linkers = linkers();
        compilers().find_map(|compiler| Self::pair(compiler, &linkers))
    }

    fn pair(compiler: Compiler, linkers: &[(PathBuf, Option<u32>)]) -> Option<Self> {
        let fits = |llvm: &Option<u32>| versions::reads(*llvm, compiler.rustc.llvm);
        let linker = linkers.iter().find(|(_, llvm)| fits(llvm))?.0.clone();
        Some(Self { compiler, linker })
    }

    /// `cargo SUBCOMMAND` in the BPF crate by this compiler and linker.
    pub(crate) fn cargo(&self, subcommand: &str, extra_flags: &[&str]) -> Command {
        let mut command = self.compiler.cargo(subcommand);
        command.current_dir(paths::ebpf_crate());
        command.args(["--release", "--target", TARGET, "--target-dir"]).arg(paths::bpf_target());
        command.env("CARGO_ENCODED_RUSTFLAGS", self.flags(extra_flags));
        command
    }

    /// The one home of the BPF crate's compiler flags: BTF (which the kernel's maps need) comes from debug info.
    fn flags(&self, extra: &[&str]) -> String {
        let linker = format!("-Clinker={}", self.linker.display());
        // v3: 32-bit registers and jumps, in every kernel since 5.1.
        let ours = [&linker, "-Ctarget-cpu=v3", "-Cdebuginfo=2", "-Clink-arg=--btf"];
        ours.iter().chain(extra).copied().collect::<Vec<_>>().join("\u{1f}")
    }

    /// What identifies this toolchain; another text means that the object is built again.
    pub(crate) fn identity(&self) -> String {
        let linker = fs::metadata(&self.linker).ok().map(|file| (file.len(), file.mtime()));
        let flags = self.flags(&[]).replace('\u{1f}', " ");
        format!("{:?} {flags} {linker:?}", self.compiler)
    }

    /// One line for the user.
    pub(crate) fn describe(&self) -> String {
        format!("{} and {}", self.compiler.describe(), self.linker.display())
    }
}

/// Every `bpf-linker` with the LLVM that it loads.
fn linkers() -> Vec<(PathBuf, Option<u32>)> {
    let with_llvm = |linker: PathBuf| {
        let libraries = probe(Command::new("ldd").arg(&linker)).unwrap_or_default();
        (linker, versions::parse_ldd(&libraries))
    };
    paths::which_all("bpf-linker").into_iter().map(with_llvm).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compiler::Way, versions::Rustc};

    fn compiler(llvm: u32) -> Compiler {
        Compiler { way: Way::Distribution("/usr/bin/rustc".into()), rustc: rustc(96, llvm) }
    }

    fn rustc(minor: u32, llvm: u32) -> Rustc {
        Rustc { name: format!("rustc 1.{minor}"), version: (1, minor), llvm }
    }

    #[test]
    fn a_linker_that_is_too_old_is_passed_over() {
        let linkers = [("/old".into(), Some(19)), ("/new".into(), Some(22))];
        let linker = |llvm| Toolchain::pair(compiler(llvm), &linkers).map(|found| found.linker);
        assert_eq!(linker(22), Some("/new".into()));
        assert_eq!(linker(19), Some("/old".into()));
        assert_eq!(linker(23), None);
    }

    #[test]
    fn flags_change_the_identity() {
        let at = |linker: &str| Toolchain { compiler: compiler(22), linker: linker.into() }.identity();
        assert_ne!(at("/a"), at("/b"));
        assert!(at("/a").contains("--btf"));
    }
}
