//! `cargo xtask setup`: what is needed is there afterwards, or the user knows what is missing and what would help.

use anyhow::{Result, bail};

use crate::{apt::Apt, installer, paths, progress::Progress, toolchain::Toolchain};

/// The programs that the privileged tests call, each with the Debian package that has it. The only such list.
const TEST_TOOLS: [(&str, &str); 28] = [
    // podman looks for it here, in no search path.
    ("/usr/lib/podman/netavark", "netavark"),
    ("bpftool", "bpftool"),
    ("busybox", "busybox-static"),
    ("chromium", "chromium"),
    ("conmon", "conmon"),
    ("containerd", "containerd"),
    ("curl", "curl"),
    ("dockerd", "docker.io"),
    ("ethtool", "ethtool"),
    ("getent", "libc-bin"),
    ("hping3", "hping3"),
    ("ip", "iproute2"),
    ("iperf3", "iperf3"),
    ("iptables", "iptables"),
    ("mount", "mount"),
    ("nmap", "nmap"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("ping", "iputils-ping"),
    ("podman", "podman"),
    ("prometheus-alertmanager", "prometheus-alertmanager"),
    ("runc", "runc"),
    ("setpriv", "util-linux"),
    ("sysctl", "procps"),
    ("systemd-run", "systemd"),
    ("tmux", "tmux"),
    ("tshark", "tshark"),
    ("vnstatd", "vnstat"),
];

/// Sets up, and says what is used.
pub(crate) fn run(with_tests: bool) -> Result<()> {
    let toolchain = toolchain()?;
    eprintln!("setup: the BPF object is built by {}", toolchain.describe());
    if with_tests {
        test_tools()?;
    }
    Ok(())
}

/// The toolchain for the BPF object, installed where there is none.
pub(crate) fn toolchain() -> Result<Toolchain> {
    match Toolchain::find() {
        Some(toolchain) => Ok(toolchain),
        None => installer::install(),
    }
}

/// The tools of the privileged tests, installed where they are missing.
pub(crate) fn test_tools() -> Result<()> {
    let missing = missing_tools(&TEST_TOOLS, paths::is_installed);
    if missing.is_empty() {
        return Ok(());
    }
    let (programs, packages): (Vec<&str>, Vec<&str>) = missing.into_iter().unzip();
    let progress = Progress::start(1)?;
    let mut apt = Apt::default();
    if !apt.knows(&packages, &progress)? {
        bail!("the privileged tests need {}: install them and run this again", programs.join(", "));
    }
    apt.install(&packages, &progress)
}

fn missing_tools<'a>(tools: &[(&'a str, &'a str)], is_there: impl Fn(&str) -> bool) -> Vec<(&'a str, &'a str)> {
    tools.iter().filter(|(program, _)| !is_there(program)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_missing_tools_are_installed() {
        let missing = missing_tools(&TEST_TOOLS, |program| program != "ping");
        assert_eq!(missing, [("ping", "iputils-ping")]);
    }
}
