//! Another configuration, while the agent runs.

use jiff::Timestamp;
use nbw_detect::Signatures;
use nix::unistd::Gid;

use super::{
    attacks,
    run::{Agent, Attachment},
    start::{attach, calendar, loaded, rows},
};
use crate::{
    action::Prepared,
    config::Config,
    control::{Refused, find_group},
    detection::Feed,
    failure::Failure,
    history,
};

impl Agent {
    /// Takes over what is configured now. What is wrong with it is logged and shown by `nbw status`; the agent goes on as it
    /// was.
    pub(super) async fn reload(&mut self) {
        self.manager.reloading();
        match self.take_over().await {
            Ok(()) => {
                self.loaded = loaded(&self.source);
                tracing::info!("the configuration was reloaded: {}", self.line());
            }
            Err(failure) => {
                tracing::error!("the configuration is refused, and the one from before stays: {failure}");
                self.loaded.refused = Some(Refused { at: Timestamp::now(), why: failure.to_string() });
            }
        }
        self.manager.ready(&self.line());
    }

    /// All or nothing: what can fail comes first, and of that what others see comes last.
    async fn take_over(&mut self) -> Result<(), Failure> {
        let config = self.with_what_stays(self.source.read()?);
        let signatures = attacks::signatures(&config)?;
        let actions = self.dispatcher.prepare(&config.actions)?;
        let group = self.other_group(&config).await?;
        let fresh = if self.counts_otherwise(&config) {
            Some(self.attach_anew(&config, signatures.as_ref()).await?)
        } else {
            None
        };
        if let Some(group) = group {
            self.server.set_group(group)?;
        }
        if fresh.is_some() || self.attacks.are_others(signatures.as_ref()) {
            self.end_feed();
            self.attachment.feed = signatures.as_ref().map(Feed::new);
        }
        let anew = fresh.is_some();
        if let Some(fresh) = fresh {
            self.attachment = fresh;
            tracing::info!("counting was started anew for the changed settings");
        }
        self.look_for(signatures, &config, anew).await;
        self.commit(config, actions).await;
        Ok(())
    }

    /// Nothing of this can fail.
    async fn commit(&mut self, config: Config, actions: Prepared) {
        let notices = self.engine.replace(config.alerts.clone(), calendar(&config));
        // Whoever was told that a rule fires is told that it is gone, also where its actions are gone as well.
        self.dispatcher.tell(&notices);
        self.dispatcher.commit(actions);
        self.keeper.told();
        self.pace.change(config.settings.interval);
        self.manager.expect(config.settings.interval);
        self.config = config;
        self.remind();
    }

    /// The socket and the directory are locked for as long as the agent runs.
    fn with_what_stays(&self, mut config: Config) -> Config {
        let now = &self.config.settings;
        if config.settings.control.socket != now.control.socket {
            tracing::warn!("another control.socket takes a restart: `systemctl restart nbw`");
            config.settings.control.socket.clone_from(&now.control.socket);
        }
        if config.settings.data_dir != now.data_dir {
            tracing::warn!("another data_dir takes a restart: `systemctl restart nbw`");
            config.settings.data_dir.clone_from(&now.data_dir);
        }
        let history = &mut config.settings.history;
        let fresh = history::settings::Settings {
            processes: history.processes,
            remotes: history.remotes,
            ..now.history.clone()
        };
        if *history != fresh {
            tracing::warn!("another history takes a restart: `systemctl restart nbw`");
            *history = fresh;
        }
        if let Some(zone) = self.memory.other_days_than(&config.zone) {
            let name = zone.iana_name().unwrap_or("another zone");
            tracing::warn!(
                "rules go by the other time_zone, and the days of the history stay those of {name}: that takes a restart: \
                 `systemctl restart nbw`"
            );
        }
        config
    }

    async fn other_group(&self, config: &Config) -> Result<Option<Gid>, Failure> {
        let (now, wanted) = (&self.config.settings.control.group, &config.settings.control.group);
        if now == wanted { Ok(None) } else { find_group(wanted).await.map(Some) }
    }

    fn counts_otherwise(&self, config: &Config) -> bool {
        !config.settings.counts_like(&self.config.settings) || rows(config) != self.attachment.by
    }

    /// The new one counts already: what the old one has still counted is looked at, and the new one begins after that.
    async fn attach_anew(&mut self, config: &Config, signatures: Option<&Signatures>) -> Result<Attachment, Failure> {
        let mut fresh = attach(config, signatures, self.source.args.verbose).await?;
        self.observe().await?;
        fresh.live.tick().await?;
        Ok(fresh)
    }
}
