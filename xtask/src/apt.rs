//! Debian's and Ubuntu's packages, asked for what they have and never for what the distribution is called.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{command::probe, paths, progress::Progress, root, versions};

/// apt, and whether its lists were fetched in this run.
#[derive(Default)]
pub(crate) struct Apt {
    is_updated: bool,
}

impl Apt {
    /// Whether apt can install all these packages, after fetching its lists once where it does not know them.
    pub(crate) fn knows(&mut self, packages: &[&str], progress: &Progress) -> Result<bool> {
        if !paths::is_installed("apt-get") {
            return Ok(false);
        }
        if !packages.iter().all(|package| is_known(package)) {
            self.update(progress)?;
        }
        Ok(packages.iter().all(|package| is_known(package)))
    }

    /// Installs packages; once more with fresh lists where the first attempt fails, since old lists name packages
    /// that the mirror no longer has.
    pub(crate) fn install(&mut self, packages: &[&str], progress: &Progress) -> Result<()> {
        let what = format!("installing {} (apt)", packages.join(", "));
        let first = progress.run(&what, &mut install_command(packages)?);
        if first.is_ok() || self.is_updated {
            return first;
        }
        self.update(progress)?;
        progress.run(&what, &mut install_command(packages)?)
    }

    fn update(&mut self, progress: &Progress) -> Result<()> {
        if self.is_updated {
            return Ok(());
        }
        self.is_updated = true;
        root::unlock()?;
        progress.run("fetching apt's package lists", &mut apt_get(&["update"])?)
    }
}

fn is_known(package: &str) -> bool {
    probe(Command::new("apt-cache").args(["policy", package])).is_some_and(|policy| versions::has_candidate(&policy))
}

/// `--no-remove`: what someone installed by hand (Debian's own rustc, say) is never taken away.
fn install_command(packages: &[&str]) -> Result<Command> {
    root::unlock()?;
    let mut command = apt_get(&["install", "--yes", "--no-install-recommends", "--no-remove"])?;
    command.args(packages);
    Ok(command)
}

fn apt_get(args: &[&str]) -> Result<Command> {
    if !paths::is_installed("apt-get") {
        bail!("there is no apt-get");
    }
    let mut command = root::as_root("apt-get", &[("DEBIAN_FRONTEND", "noninteractive".as_ref())])?;
    command.args(args);
    Ok(command)
}
