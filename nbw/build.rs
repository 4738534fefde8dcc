//! Hands the BPF object to the crate. `cargo xtask build-ebpf` makes it; this only finds it.

use std::{env, path::PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=NBW_BPF_OBJECT");
    let object = env::var_os("NBW_BPF_OBJECT").map_or_else(made_by_xtask, PathBuf::from);
    println!("cargo::rerun-if-changed={}", object.display());
    if object.is_file() {
        println!("cargo::rustc-env=NBW_BPF_OBJECT={}", object.display());
    } else {
        println!("cargo::error=there is no BPF object at {}: run `cargo xtask build-ebpf` first", object.display());
    }
}

fn made_by_xtask() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bpf/nbw.o")
}
