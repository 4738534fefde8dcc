//! Installing a compiler and a linker for the BPF object, by whatever way this machine has.
//!
//! Each way is tried by what is there (does apt know the package, is there a rustup, does the network answer), in an
//! order that prefers what the distribution keeps up to date. A way that fails leaves its reason for the last word.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context as _, Error, Result, anyhow, bail};

use crate::{
    apt::Apt,
    compiler::{Compiler, Way, compilers, has_nightly},
    linker::{self, LINKER_VERSION, llvm_prefix},
    paths,
    progress::Progress,
    toolchain::Toolchain,
};

/// Packages of distributions that ship a compiler and BPF's `core`: a stable Debian's (kept new for browsers), and
/// the same of its main Rust.
const COMPILER_PACKAGES: [[&str; 2]; 2] = [["rustc-web", "libstd-rust-web-dev-bpf"], ["rustc", "libstd-rust-dev-bpf"]];

/// apt's lists, compiler, LLVM, linker: each is one step of the bar.
const STEPS: u64 = 4;

const HELP: &str = "nothing here can build the BPF object, which needs a compiler that has `core` for BPF and a \
    bpf-linker for it; `rustup toolchain install nightly --component rust-src` and `cargo install cargo-binstall && \
    cargo binstall bpf-linker`, or on Debian `apt-get install rustc-web libstd-rust-web-dev-bpf` would help";

/// Where a compiler may come from, in the order in which they are tried.
const SOURCES: [(&str, Source); 3] = [
    ("with what is here", Installer::with_present_compiler),
    ("with apt's compiler", Installer::with_apts_compiler),
    ("with rustup's nightly", Installer::with_rustups_compiler),
];

type Source = fn(&mut Installer) -> Result<()>;

/// Installs what is missing.
pub(crate) fn install() -> Result<Toolchain> {
    let mut installer = Installer { apt: Apt::default(), progress: Progress::start(STEPS)? };
    let mut reasons = Vec::new();
    for (name, source) in SOURCES {
        installer.progress.restart();
        let outcome = source(&mut installer);
        if let Some(toolchain) = Toolchain::find() {
            return Ok(toolchain);
        }
        reasons.push((name, outcome));
    }
    Err(no_way(reasons))
}

struct Installer {
    apt: Apt,
    progress: Progress,
}

impl Installer {
    fn with_present_compiler(&mut self) -> Result<()> {
        let mut outcome = Err(anyhow!("no compiler has `core` for BPF"));
        for compiler in compilers() {
            outcome = self.linker(compiler.rustc.llvm);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn with_apts_compiler(&mut self) -> Result<()> {
        self.compiler_by_apt()?;
        let is_apts = |compiler: &Compiler| matches!(compiler.way, Way::Distribution(_));
        self.linker_for(compilers().find(is_apts))
    }

    fn with_rustups_compiler(&mut self) -> Result<()> {
        self.compiler_by_rustup()?;
        let is_rustups = |compiler: &Compiler| matches!(compiler.way, Way::Nightly(_));
        self.linker_for(compilers().find(is_rustups))
    }

    fn linker_for(&mut self, compiler: Option<Compiler>) -> Result<()> {
        let compiler = compiler.ok_or_else(|| anyhow!("the compiler was installed, but has no `core` for BPF"))?;
        self.linker(compiler.rustc.llvm)
    }

    fn compiler_by_apt(&mut self) -> Result<()> {
        for packages in &COMPILER_PACKAGES {
            if self.apt.knows(packages, &self.progress)? {
                return self.apt.install(packages, &self.progress);
            }
        }
        bail!("apt does not know {}", COMPILER_PACKAGES.as_flattened().join(", "))
    }

    fn compiler_by_rustup(&self) -> Result<()> {
        if !paths::is_installed("rustup") {
            bail!("rustup is not installed");
        }
        let mut command = Command::new("rustup");
        // A nightly that is there stays as it is: only rust-src is added to it.
        if has_nightly() {
            command.args(["component", "add", "rust-src", "--toolchain", "nightly"]);
        } else {
            command.args(["toolchain", "install", "nightly", "--profile", "minimal", "--component", "rust-src"]);
        }
        self.progress.run("installing Rust's nightly with rust-src (rustup)", &mut command)
    }

    /// A linker for a compiler on LLVM `llvm`: built against that LLVM, or the ready-made one that has it built in.
    fn linker(&mut self, llvm: u32) -> Result<()> {
        let Err(by_source) = self.linker_by_source(llvm) else { return Ok(()) };
        self.linker_by_download().map_err(|by_download| anyhow!("{by_source:#}; and {by_download:#}"))
    }

    fn linker_by_source(&mut self, llvm: u32) -> Result<()> {
        let prefix = self.llvm(llvm)?;
        let what = format!("building bpf-linker {LINKER_VERSION} for LLVM {llvm} (cargo, a minute or two)");
        self.progress.run(&what, &mut linker::build(&prefix, llvm))
    }

    /// Where LLVM `llvm` is, installed where apt has it.
    fn llvm(&mut self, llvm: u32) -> Result<PathBuf> {
        if let Some(prefix) = llvm_prefix(llvm) {
            self.progress.skip();
            return Ok(prefix);
        }
        let package = format!("llvm-{llvm}-dev");
        if !self.apt.knows(&[&package], &self.progress)? {
            bail!("LLVM {llvm}'s library is not here, and apt does not know {package}");
        }
        self.apt.install(&[&package], &self.progress)?;
        llvm_prefix(llvm).ok_or_else(|| anyhow!("{package} is installed, but LLVM {llvm}'s library is not found"))
    }

    fn linker_by_download(&self) -> Result<()> {
        let Some(bin) = paths::cargo_bin() else { bail!("there is no home directory to put it in") };
        fs::create_dir_all(&bin).with_context(|| format!("cannot make {}", bin.display()))?;
        let archive = paths::setup_log().with_file_name("bpf-linker.tar.zst");
        let what = format!("downloading bpf-linker {LINKER_VERSION} from its releases");
        self.progress.run(&what, &mut linker::download(&archive))?;
        self.progress.run("unpacking bpf-linker", &mut linker::unpack(&archive, &bin))
    }
}

/// The last word where nothing worked: what would help, then why each way did not.
fn no_way(ways: Vec<(&str, Result<()>)>) -> Error {
    let reason = |(way, outcome): (&str, Result<()>)| {
        let why = outcome.err().map_or_else(|| "bpf-linker is not in PATH".to_owned(), |error| format!("{error:#}"));
        format!("\n  {way}: {}", why.trim_end())
    };
    let reasons: String = ways.into_iter().map(reason).collect();
    anyhow!("{HELP}, then `cargo xtask setup`. What was tried:{reasons}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_word_has_help_and_reasons() {
        let error = no_way(vec![("apt", Err(anyhow!("none here\n"))), ("rustup", Ok(()))]).to_string();
        assert!(error.starts_with(HELP), "{error}");
        assert!(error.ends_with("tried:\n  apt: none here\n  rustup: bpf-linker is not in PATH"), "{error}");
    }
}
