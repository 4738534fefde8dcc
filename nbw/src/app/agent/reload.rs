//! Another configuration, while the agent runs.

use jiff::Timestamp;

use super::{
    run::Agent,
    start::{attach, calendar, loaded, rows},
};
use crate::{config::Config, control::Refused, failure::Failure};

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

    /// All or nothing: what can fail comes first.
    async fn take_over(&mut self) -> Result<(), Failure> {
        let config = self.with_what_stays(self.source.read()?);
        let fresh =
            if self.counts_otherwise(&config) { Some(attach(&config, self.source.args.verbose).await?) } else { None };
        self.server.set_group(&config.settings.control.group)?;
        self.dispatcher.replace(&config.actions)?;
        if let Some(fresh) = fresh {
            self.change_over(fresh).await?;
        }
        let notices = self.engine.replace(config.alerts.clone(), calendar(&config));
        self.dispatcher.tell(&notices);
        self.config = config.clone();
        self.remind();
        self.pace.change(config.settings.interval);
        self.manager.expect(config.settings.interval);
        Ok(())
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
        if config.settings.history.enabled != now.history.enabled {
            tracing::warn!("another history.enabled takes a restart: `systemctl restart nbw`");
            config.settings.history.enabled = now.history.enabled;
        }
        config
    }

    fn counts_otherwise(&self, config: &Config) -> bool {
        !config.settings.counts_like(&self.config.settings) || rows(config) != self.attachment.by
    }

    /// The new one counts already: what the old one has still counted is looked at, and the new one begins after that.
    async fn change_over(&mut self, mut fresh: super::run::Attachment) -> Result<(), Failure> {
        self.observe().await?;
        fresh.live.tick().await?;
        self.attachment = fresh;
        tracing::info!("counting was started anew for the changed settings");
        Ok(())
    }
}
