//! Whether this process may do what nbw does, told before anything is tried.

use std::path::Path;

use caps::{CapSet, Capability, CapsHashSet};

use crate::failure::Failure;

/// The kernel's description of its own types; distributions have shipped it since about 2020.
const KERNEL_BTF: &str = "/sys/kernel/btf/vmlinux";

/// Checks for the capabilities and kernel features without which nothing works.
///
/// # Errors
/// [`Failure::Lacking`] names what is missing and how to get it.
pub fn check() -> Result<(), Failure> {
    let held = held()?;
    refuse(&missing(|capability| held.contains(&capability)))?;
    check_btf(Path::new(KERNEL_BTF))
}

/// Checks for certain capabilities.
///
/// # Errors
/// [`Failure::Lacking`] names those that are missing.
pub fn require(capabilities: &[Capability]) -> Result<(), Failure> {
    let held = held()?;
    let missing: Vec<_> = capabilities.iter().filter(|one| !held.contains(one)).copied().collect();
    refuse(&missing)
}

fn held() -> Result<CapsHashSet, Failure> {
    caps::read(None, CapSet::Effective)
        .map_err(|error| Failure::Running(format!("cannot read the capabilities of this process: {error}")))
}

fn refuse(missing: &[Capability]) -> Result<(), Failure> {
    if missing.is_empty() { Ok(()) } else { Err(Failure::Lacking(lacking(missing))) }
}

fn check_btf(file: &Path) -> Result<(), Failure> {
    if file.exists() {
        return Ok(());
    }
    Err(Failure::Lacking(format!(
        "this kernel has no BTF ({} is missing), without which sockets cannot remember their cgroup: use a kernel built \
         with CONFIG_DEBUG_INFO_BTF=y, and mount sysfs with `mount -t sysfs sysfs /sys` if it is not",
        file.display()
    )))
}

/// The capabilities that are needed and not held.
fn missing(holds: impl Fn(Capability) -> bool) -> Vec<Capability> {
    use Capability::{CAP_BPF, CAP_DAC_READ_SEARCH, CAP_NET_ADMIN, CAP_PERFMON, CAP_SYS_ADMIN};
    // CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, which were split off from it in Linux 5.8.
    let covered =
        |capability| holds(capability) || (matches!(capability, CAP_BPF | CAP_PERFMON) && holds(CAP_SYS_ADMIN));
    // The last is for opening cgroups by their id.
    [CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON, CAP_DAC_READ_SEARCH].into_iter().filter(|&one| !covered(one)).collect()
}

fn lacking(missing: &[Capability]) -> String {
    let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
    format!("nbw needs root: it lacks {}; run it with `sudo nbw`", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sys_admin_stands_for_the_capabilities_that_were_split_off() {
        use Capability::{CAP_DAC_READ_SEARCH, CAP_NET_ADMIN, CAP_SYS_ADMIN};
        let old = [CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_DAC_READ_SEARCH];
        assert!(missing(|capability| old.contains(&capability)).is_empty());
    }

    #[test]
    fn what_is_missing_is_named() {
        let sentence = lacking(&missing(|capability| capability != Capability::CAP_NET_ADMIN));
        assert_eq!(sentence, "nbw needs root: it lacks CAP_NET_ADMIN; run it with `sudo nbw`");
    }

    #[test]
    fn a_kernel_without_btf_is_lacking() {
        assert!(matches!(check_btf(Path::new("/nonexistent/btf")), Err(Failure::Lacking(_))));
    }
}
