//! What a process holds in the kernel's BPF subsystem.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use super::run;

/// BPF programs and links, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelObjects {
    /// Links: what is attached for as long as somebody holds it.
    pub links: BTreeSet<u64>,
    /// Programs.
    pub programs: BTreeSet<u64>,
}

impl KernelObjects {
    /// What a process has open.
    pub fn of(pid: u32) -> Self {
        let files = fs::read_dir(format!("/proc/{pid}/fdinfo")).expect("the process");
        let text: String = files.flatten().filter_map(|file| fs::read_to_string(file.path()).ok()).collect();
        let ids = |name: &str| {
            let lines = text.lines().filter_map(|line| line.strip_prefix(name)?.trim().parse().ok());
            lines.collect()
        };
        Self { links: ids("link_id:"), programs: ids("prog_id:") }
    }

    /// Those of them that the kernel still has, by bpftool.
    pub fn remaining(&self) -> Self {
        let still = |kind: &str, ids: &BTreeSet<u64>| ids.intersection(&listed(kind)).copied().collect();
        Self { links: still("link", &self.links), programs: still("prog", &self.programs) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty() && self.programs.is_empty()
    }
}

fn listed(kind: &str) -> BTreeSet<u64> {
    let value: Value = serde_json::from_str(&run(&format!("bpftool -j {kind} show"))).expect("JSON from bpftool");
    value.as_array().expect("a list").iter().filter_map(|object| object["id"].as_u64()).collect()
}
