//! The wiring of `nbw agent`: the service that runs for months.
//!
//! `run` is its loop; `pace` says when it ticks and how late, `manager` is what systemd is told, `keeper` keeps state on disk,
//! `troubles` says what to log of the kernel side,
//! `reload` takes over another configuration, `questions` and `report` answer the control socket.

mod keeper;
mod manager;
mod pace;
mod questions;
mod reload;
mod report;
mod run;
mod start;
mod troubles;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use self::run::Signals;
use crate::{
    action,
    cli::AgentArgs,
    config::{self, Config},
    failure::Failure,
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
        return check(&source);
    }
    // Before anything takes time: who asks it to end is heard from here on.
    let mut signals = Signals::listen()?;
    let mut agent = tokio::select! {
        started = start::start(source) => started?,
        () = signals.end() => return Ok(()),
    };
    let result = agent.run(&mut signals).await;
    agent.end().await;
    result
}

fn print(text: &str) -> Result<(), Failure> {
    io::stdout().write_all(text.as_bytes()).map_err(Failure::output)
}

fn check(source: &Source) -> Result<(), Failure> {
    let config = source.read()?;
    let (alerts, actions) = (config.alerts.len(), config.actions.len());
    let what = match source.file() {
        Some(path) => format!("{}: OK", path.display()),
        None => format!("OK: there is no {}, and every setting is as by default", source.path.display()),
    };
    print(&format!("{what} ({alerts} alerts, {actions} actions)\n"))
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
        Ok(config)
    }

    /// The file, if there is one.
    fn file(&self) -> Option<&Path> {
        self.path.exists().then_some(&*self.path)
    }
}
