//! The wiring of `nbw agent`: the service that runs for months.
//!
//! `run` is its loop; `pace` says when it ticks and how late, `manager` is what systemd is told, `keeper` keeps state on disk,
//! `memory` has snapshots remembered, `attacks` looks for attacks and has them told, `usual` knows what the host sends otherwise,
//! `troubles` says what to log of the kernel side,
//! `reload` takes over another configuration, `questions` and `report` answer the control socket.

mod attacks;
mod keeper;
mod manager;
mod memory;
mod pace;
mod questions;
mod reload;
mod report;
mod run;
mod start;
mod troubles;
mod untold;
mod usual;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use self::run::Signals;
use crate::{
    action, bpf,
    cli::AgentArgs,
    config::{self, Config},
    control,
    failure::Failure,
    resolve::geo::Geo,
};

/// `nbw agent`.
///
/// # Errors
/// [`Failure`] says what to tell the user, and the exit code.
pub async fn agent(args: AgentArgs) -> Result<(), Failure> {
    if args.print_config {
        return print(config::sample());
    }
    let source = Source::new(args);
    if source.args.check_config {
        return check(&source).await;
    }
    // Before anything takes time: who asks it to end is heard from here on.
    let mut signals = Signals::listen()?;
    let mut agent = tokio::select! {
        started = start::start(source) => started?,
        () = signals.end() => return Ok(()),
    };
    let result = agent.run(&mut signals).await.map_err(Failure::while_running);
    agent.end().await;
    result
}

fn print(text: &str) -> Result<(), Failure> {
    io::stdout().write_all(text.as_bytes()).map_err(Failure::output)
}

async fn check(source: &Source) -> Result<(), Failure> {
    let config = source.read()?;
    check_host(&config).await?;
    let (alerts, actions) = (config.alerts.len(), config.actions.len());
    let what = match source.file() {
        Some(path) => format!("{}: OK", path.display()),
        None => format!("OK: there is no {}, and every setting is as by default", source.path.display()),
    };
    print(&format!("{what} ({alerts} alerts, {actions} actions)\n"))
}

/// What the configuration takes of this host, as a start would find it.
async fn check_host(config: &Config) -> Result<(), Failure> {
    control::find_group(&config.settings.control.group).await?;
    bpf::cpus_for(config.settings.kernel.slots)?;
    attacks::signatures(config)?;
    // Nobody reads them where no rule is about processes.
    if start::rows(config).iter().any(|by| by.needs_sockets()) {
        Geo::open(&config.settings.names.mmdb)?;
    }
    Ok(())
}

/// Where the configuration comes from.
struct Source {
    path: PathBuf,
    args: AgentArgs,
}

impl Source {
    fn new(args: AgentArgs) -> Self {
        Self { path: args.config.clone().unwrap_or_else(|| config::DEFAULT_PATH.into()), args }
    }

    /// What is configured now; the command line has the last word.
    fn read(&self) -> Result<Config, Failure> {
        let mut config = Config::read_or_default(&self.path, self.args.config.is_some())?;
        if let Some(directory) = &self.args.data_dir {
            config.settings.data_dir.clone_from(directory);
        }
        if let Some(socket) = &self.args.socket {
            config.settings.control.socket.clone_from(socket);
        }
        action::check(&config.actions)?;
        config.settings.history.tiers(config.zone.clone())?;
        Ok(config)
    }

    /// The file, if there is one.
    fn file(&self) -> Option<&Path> {
        self.path.exists().then_some(&*self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(text: &str) -> Option<String> {
        let config = Config::parse(text).unwrap();
        check_host(&config).await.err().map(|failure| failure.to_string())
    }

    #[tokio::test]
    async fn a_check_finds_what_a_start_would() {
        assert_eq!(refusal("").await, None);
        let said = refusal("[control]\ngroup = \"no-such-group\"").await.unwrap();
        assert!(said.contains("control.group") && said.contains("no-such-group"), "{said}");
        let names = "[names]\nmmdb = [\"/nowhere/country.mmdb\"]\n";
        assert_eq!(refusal(names).await, None, "nobody reads it");
        let said = refusal(&format!("{names}[[alert]]\nrule = \"process * rx > 1MB/s\"")).await.unwrap();
        assert!(said.contains("names.mmdb") && said.contains("/nowhere/country.mmdb"), "{said}");
        let said = refusal("[detect]\nenabled = true\ndisable = [\"no-such-attack\"]").await.unwrap();
        assert!(said.contains("no-such-attack"), "{said}");
    }

    #[test]
    fn looking_for_attacks_names_no_connections() {
        let rows = |text: &str| start::rows(&Config::parse(text).unwrap());
        for history in ["", "[history]\nremotes = true", "[history]\nprocesses = true"] {
            assert_eq!(rows(&format!("[detect]\nenabled = true\n{history}")), rows(history), "{history}");
        }
    }

    #[test]
    fn slots_that_are_too_many_for_all_cpus_are_refused() {
        let cpus = bpf::cpus_for(2).unwrap();
        let said = bpf::cpus_for(u32::MAX).map_err(|failure| failure.to_string());
        assert!(cpus == 1 || said.is_err_and(|said| said.contains("kernel.slots")));
    }
}
