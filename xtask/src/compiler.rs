//! Compilers that have `core` for BPF.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    command::{foreign_cargo, probe},
    paths,
    versions::{self, Rustc},
};

/// The target of the BPF crate.
pub(crate) const TARGET: &str = "bpfel-unknown-none";

/// How a compiler comes by `core` for BPF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A rustup nightly with `rust-src` builds it (`-Z build-std`); the toolchain's directory.
    Nightly(PathBuf),
    /// A distribution's compiler ships it prebuilt; its `rustc`. Stable, hence `RUSTC_BOOTSTRAP=1` for aya-ebpf.
    Distribution(PathBuf),
}

/// A compiler that can build the BPF crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compiler {
    /// Where it comes from.
    pub(crate) way: Way,
    /// Its versions.
    pub(crate) rustc: Rustc,
}

impl Compiler {
    /// `cargo SUBCOMMAND` by this compiler.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        match &self.way {
            Way::Nightly(toolchain) => {
                let mut command = foreign_cargo(&toolchain.join("bin/cargo"), [subcommand, "-Zbuild-std=core"]);
                command.env("RUSTC", toolchain.join("bin/rustc"));
                // Subcommands such as clippy are rustup's proxies, and need the toolchain's name.
                command.env("RUSTUP_TOOLCHAIN", toolchain.file_name().unwrap_or_default());
                command
            }
            Way::Distribution(rustc) => {
                let mut command = foreign_cargo(Path::new("cargo"), [subcommand]);
                command.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1");
                command
            }
        }
    }

    /// Whether this compiler has clippy. A distribution's does not: rustup's clippy cannot read its `core`.
    pub(crate) fn has_clippy(&self) -> bool {
        matches!(&self.way, Way::Nightly(toolchain) if toolchain.join("bin/cargo-clippy").is_file())
    }

    /// A few words for the user.
    pub(crate) fn describe(&self) -> String {
        let (major, minor) = self.rustc.version;
        match &self.way {
            Way::Nightly(path) => {
                format!("{} (Rust {major}.{minor}, with rust-src)", file_name(path))
            }
            Way::Distribution(rustc) => format!("{} (Rust {major}.{minor}, with BPF's core)", rustc.display()),
        }
    }
}

/// The compilers that can build the BPF crate, the preferred first. Lazy: asking a compiler costs 20 ms.
pub(crate) fn compilers() -> impl Iterator<Item = Compiler> {
    let nightlies = nightlies().into_iter().map(Way::Nightly);
    let distribution = paths::which_all("rustc").into_iter().map(Way::Distribution);
    nightlies.chain(distribution).filter_map(examine)
}

/// A compiler, if it is new enough and has what its way promises.
fn examine(way: Way) -> Option<Compiler> {
    let rustc = match &way {
        Way::Nightly(toolchain) => toolchain.join("bin/rustc"),
        Way::Distribution(rustc) => rustc.clone(),
    };
    if matches!(way, Way::Distribution(_)) && !ships_bpf_core(&rustc)? {
        return None;
    }
    let rustc = versions::parse_rustc(&probe(Command::new(rustc).arg("-vV"))?)?;
    is_new_enough(&rustc).then_some(Compiler { way, rustc })
}

fn is_new_enough(rustc: &Rustc) -> bool {
    versions::parse_version(env!("CARGO_PKG_RUST_VERSION")).is_none_or(|least| rustc.version >= least)
}

fn ships_bpf_core(rustc: &Path) -> Option<bool> {
    let sysroot = probe(Command::new(rustc).args(["--print", "sysroot"]))?;
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib");
    let mut names = libraries.read_dir().into_iter().flatten().flatten().map(|entry| entry.file_name());
    Some(names.any(|name| name.to_string_lossy().starts_with("libcore-")))
}

/// Whether rustup's plain nightly is installed, with or without `rust-src`.
pub(crate) fn has_nightly() -> bool {
    rustup_nightlies().iter().any(|path| !is_dated(path))
}

/// The rustup nightlies that have `rust-src`: the plain `nightly` first, then the newest dated one.
fn nightlies() -> Vec<PathBuf> {
    order_nightlies(rustup_nightlies().into_iter().filter(|path| has_rust_src(path)).collect())
}

fn rustup_nightlies() -> Vec<PathBuf> {
    let home = env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let Some(home) = home.or_else(|| Some(env::home_dir()?.join(".rustup"))) else {
        return Vec::new();
    };
    let entries = home.join("toolchains").read_dir().into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| file_name(path).starts_with("nightly")).collect()
}

fn is_dated(nightly: &Path) -> bool {
    file_name(nightly).starts_with("nightly-2")
}

fn has_rust_src(toolchain: &Path) -> bool {
    toolchain.join("lib/rustlib/src/rust/library/core/src/lib.rs").is_file()
}

fn order_nightlies(mut toolchains: Vec<PathBuf>) -> Vec<PathBuf> {
    toolchains.sort_by(|a, b| is_dated(a).cmp(&is_dated(b)).then_with(|| b.cmp(a)));
    toolchains
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rustc(minor: u32, llvm: u32) -> Rustc {
        Rustc { name: format!("rustc 1.{minor}"), version: (1, minor), llvm }
    }

    #[test]
    fn plain_nightly_comes_before_dated_ones() {
        let given = ["nightly-2026-01-01-x", "nightly-2026-03-01-x", "nightly-x86_64"].map(PathBuf::from);
        let wanted = ["nightly-x86_64", "nightly-2026-03-01-x", "nightly-2026-01-01-x"].map(PathBuf::from);
        assert_eq!(order_nightlies(given.to_vec()), wanted);
    }

    #[test]
    fn old_compilers_are_refused() {
        assert!(!is_new_enough(&rustc(63, 14)));
        assert!(is_new_enough(&rustc(96, 22)));
    }
}
