//! `cargo xtask bench NAME`.

use anyhow::Result;

use crate::{
    build,
    command::{self, cargo},
    ebpf::Missing,
    paths, root, testing,
};

/// Builds nbw and the benchmarks, and becomes the benchmark, as root.
pub(crate) fn run(args: &[String]) -> Result<()> {
    build::build(Missing::Install)?;
    command::run(&mut cargo(["build", "--release", "--package", "nbw-tests", "--bin", "nbw-bench"]))?;
    let [binary, bench_object] = testing::artifacts();
    let nbw_object = ("NBW_BPF_OBJECT", paths::bpf_object("nbw"));
    let variables = [&binary, &bench_object, &nbw_object].map(|(name, path)| (*name, path.as_path()));
    let mut bench = root::as_root(paths::release_binary("nbw-bench"), &variables)?;
    bench.args(args);
    root::become_it(bench)
}
