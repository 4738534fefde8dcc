//! How the agent begins.

use std::{
    path::{Path, PathBuf},
    process,
    time::Instant,
};

use jiff::Timestamp;
use nbw_detect::Signatures;
use nix::unistd::gethostname;

use super::{
    Source,
    attacks::{self, Attacks},
    keeper::Keeper,
    manager::Manager,
    memory::Memory,
    pace::Pace,
    run::{Agent, Attachment},
    troubles::Troubles,
};
use crate::{
    action::Dispatcher,
    alert::{Calendar, Engine, measure},
    app::live::{Live, Options},
    bpf::DetectOptions,
    config::Config,
    control::{ConfigStatus, Holder, Lock, LockError, Server},
    data_dir,
    detection::Feed,
    failure::Failure,
    privilege,
    snapshot::{By, Health},
    text,
    view::ViewOptions,
};

/// Starts all of it; the service manager knows when this returns.
pub(super) async fn start(source: Source) -> Result<Agent, Failure> {
    let begun = Instant::now();
    let config = source.read()?;
    privilege::check()?;
    let started = Timestamp::now();
    let locks = locks(&source, &config, started)?;
    let (keeper, saved) = Keeper::open(&config.settings.data_dir);
    let dispatcher = Dispatcher::start(&config.actions, &host())?;
    let signatures = attacks::signatures(&config)?;
    let attachment = attach(&config, signatures.as_ref(), source.args.verbose).await?;
    let server = Server::bind(&config.settings.control.socket, &config.settings.control.group)?;
    // Before anything writes to what is remembered.
    let left_over = attacks::left_over(&config);
    let attacks = Attacks::start(&config, signatures, attachment.live.monitor().runtimes())?;
    let memory = Memory::start(&config)?;
    let mut agent = Agent {
        engine: Engine::new(config.alerts.clone(), calendar(&config), saved),
        loaded: loaded(&source),
        pace: Pace::new(config.settings.interval),
        manager: Manager::from_environment(),
        attachment,
        source,
        config,
        started,
        keeper,
        memory,
        attacks,
        dispatcher,
        server,
        averaging: Vec::new(),
        health: Health::default(),
        troubles: Troubles::default(),
        complaints: Vec::new(),
        _locks: locks,
    };
    agent.dispatcher.tell(&left_over);
    agent.remind();
    agent.manager.expect(agent.pace.interval());
    agent.manager.ready(&agent.line());
    tracing::info!("{}; started in {:.0?}", agent.line(), begun.elapsed());
    Ok(agent)
}

/// One agent on a socket, and one in a directory. A directory that cannot be written to has nothing to be protected.
fn locks(source: &Source, config: &Config, started: Timestamp) -> Result<Vec<Lock>, Failure> {
    let holder = Holder { pid: process::id(), since: started, config: source.file().map(Path::to_path_buf) };
    let mut locks = vec![Lock::take(&beside(&config.settings.control.socket), &holder)?];
    let data_dir = &config.settings.data_dir;
    // Where it cannot be made there is no lock either, and that says why.
    let _ = data_dir::make(data_dir);
    match Lock::take(&data_dir.join("agent.lock"), &holder) {
        Ok(lock) => locks.push(lock),
        Err(held @ LockError::Held(_)) => return Err(held.into()),
        Err(cannot) => tracing::warn!("{cannot}"),
    }
    Ok(locks)
}

fn beside(socket: &Path) -> PathBuf {
    let mut name = socket.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// As receivers of alerts know this host.
fn host() -> String {
    let host = gethostname().unwrap_or_default();
    text::clean(&host.to_string_lossy()).into_owned()
}

/// The calendar of a configuration.
pub(super) fn calendar(config: &Config) -> Calendar {
    Calendar { zone: config.zone.clone(), month_begins: config.settings.month_begins }
}

/// What was just read.
pub(super) fn loaded(source: &Source) -> ConfigStatus {
    ConfigStatus { path: source.file().map(Path::to_path_buf), loaded: Timestamp::now(), refused: None }
}

/// Begins to count what the configuration asks for, and to look for attacks by these signatures.
pub(super) async fn attach(
    config: &Config,
    signatures: Option<&Signatures>,
    verbose: bool,
) -> Result<Attachment, Failure> {
    let settings = config.settings.live();
    let by = rows(config);
    let view = ViewOptions { by: by.clone(), ..ViewOptions::default() };
    let options = Options {
        filter: &settings.filter,
        names: &settings.names,
        kernel: &settings.kernel,
        interval: config.settings.interval,
        verbose,
        patient: true,
        detect: signatures.map(|_| DetectOptions::default()),
    };
    let live = Live::start(options, view).await?;
    Ok(Attachment { live, feed: signatures.map(Feed::new), by, since: Timestamp::now() })
}

/// What rules, the history, and whoever asks, may be about. Processes and remote hosts take work for each packet: only where a
/// rule or the history asks for them.
pub(super) fn rows(config: &Config) -> Vec<By> {
    let mut rows = vec![By::Container, By::Pod, By::Unit];
    measure::add_needs(&mut rows, config.alerts.iter().map(|alert| &alert.rule));
    By::add(&mut rows, config.settings.history.rows());
    rows
}
