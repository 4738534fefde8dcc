//! What the configuration says of counting, as the command line's options have it.

use toml::Spanned;

use crate::{
    cli::{FilterArgs, KernelArgs, NameArgs},
    config::Settings,
};

/// Settings that the kernel side and the view are started with: when one of them changes, they are started anew.
#[derive(Debug)]
pub struct LiveSettings {
    /// What is counted.
    pub filter: FilterArgs,
    /// How names are found.
    pub names: NameArgs,
    /// How the kernel side is loaded.
    pub kernel: KernelArgs,
}

impl Settings {
    /// Those of counting.
    pub fn live(&self) -> LiveSettings {
        LiveSettings { filter: self.filter_args(), names: self.name_args(), kernel: self.kernel_args() }
    }

    /// Whether counting goes on as it is with `other` in place of this.
    pub fn counts_like(&self, other: &Self) -> bool {
        (&self.filter, &self.names, &self.kernel, self.detect.enabled)
            == (&other.filter, &other.names, &other.kernel, other.detect.enabled)
    }

    fn filter_args(&self) -> FilterArgs {
        let plain = |list: &[Spanned<String>]| list.iter().map(|text| text.get_ref().clone()).collect();
        FilterArgs {
            interface: plain(&self.filter.interfaces),
            cgroup: plain(&self.filter.cgroups),
            container: plain(&self.filter.containers),
            unit: plain(&self.filter.units),
        }
    }

    fn name_args(&self) -> NameArgs {
        NameArgs { no_dns: self.names.no_dns, mmdb: self.names.mmdb.clone() }
    }

    fn kernel_args(&self) -> KernelArgs {
        KernelArgs {
            hook: self.kernel.hook.0,
            slots: self.kernel.slots,
            connection_slots: self.kernel.connection_slots,
            ends_told_apart: nbw_common::abi::ENDS_TOLD_APART,
            bpf_object: None,
            netns_by_socket: false,
        }
    }
}
