//! Actions: who is told of alerts, and how. One thread does it all, so that nothing here can hold up a tick.
//!
//! Each action is a task of that thread with a bounded queue of its own (`MOST_NOTICES`, 10,000): one that hangs or fails
//! delays no other. When the queue is full the oldest notice is dropped and counted; word of an alert's end is sent
//! also where that of its beginning was dropped, as receivers take an end that they do not know for nothing.

mod alertmanager;
mod board;
mod deliver;
mod email;
mod exec;
mod http;
mod inbox;
mod log;
mod payload;
mod retry;
mod settings;
mod status;
mod syslog;
#[cfg(test)]
mod tests;
mod webhook;
mod work;
mod worker;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

pub use settings::{Alertmanager, Email, Exec, Log, Settings, SmtpTls, Syslog, Webhook};
pub use status::{ActionStatus, LastError};

use tokio_util::sync::CancellationToken;

use self::{
    deliver::{Deliver, deliver},
    retry::Pace,
    work::Action,
    worker::{Task, Worker},
};
use crate::{alert::Notice, failure::Failure};

/// Tells actions of alerts.
#[derive(Debug)]
pub struct Dispatcher {
    common: Common,
    actions: BTreeMap<Arc<str>, Arc<Action>>,
    worker: Worker,
}

/// What is the same for all actions.
#[derive(Debug, Clone)]
struct Common {
    host: Arc<str>,
    pace: Pace,
    /// Cancelled when what hangs is to end at once.
    hurry: CancellationToken,
}

/// What makes an action's task, once it is known that all settings are right.
type Maker = Box<dyn FnOnce(Arc<Action>) -> Task>;

/// Actions whose settings are right, and that take nothing that could fail to be started: for [`Dispatcher::commit`].
pub struct Prepared {
    names: BTreeSet<Arc<str>>,
    makers: Vec<(Arc<str>, Settings, Maker)>,
}

impl Dispatcher {
    /// Starts the thread and these actions. `host` is what receivers know this host by.
    ///
    /// # Errors
    /// [`Failure::Usage`] names the action and the setting that is wrong; otherwise when there can be no thread.
    pub fn start(actions: &BTreeMap<Arc<str>, Settings>, host: &str) -> Result<Self, Failure> {
        Self::start_at(Pace::default(), actions, host)
    }

    fn start_at(pace: Pace, actions: &BTreeMap<Arc<str>, Settings>, host: &str) -> Result<Self, Failure> {
        let worker = Worker::start()?;
        let common = Common { host: host.into(), pace, hurry: worker.hurry() };
        let mut dispatcher = Self { common, actions: BTreeMap::new(), worker };
        let prepared = dispatcher.prepare(actions)?;
        dispatcher.commit(prepared);
        Ok(dispatcher)
    }

    /// Tells each notice to the actions that it names, or to all where it names none. Never waits.
    pub fn tell(&self, notices: &[Notice]) {
        for notice in notices {
            let shared = Arc::new(notice.clone());
            for action in self.wanted(notice) {
                action.put(&shared, &self.common.host);
            }
        }
    }

    /// Says all that fires now, as notices ([`crate::alert::Change::Repeated`]): actions that have to know it (those of type
    /// `alertmanager`) take up what they have not heard of, and end what is not for them any more. To be called after a
    /// start or [`Self::commit`]; it may be called with each tick. Never waits.
    pub fn keep_alive(&self, firing: &[Notice]) {
        let firing: Vec<Arc<Notice>> = firing.iter().cloned().map(Arc::new).collect();
        for (name, action) in &self.actions {
            action.reconcile(firing.iter().filter(|notice| is_for(notice, name)), &self.common.host);
        }
    }

    /// How each action is doing, by name.
    pub fn status(&self) -> Vec<ActionStatus> {
        self.actions.values().map(|action| action.status()).collect()
    }

    /// Gets these actions ready to be put in the place of those there are. Nothing changes yet.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn prepare(&self, actions: &BTreeMap<Arc<str>, Settings>) -> Result<Prepared, Failure> {
        let is_new = |name: &str, settings: &Settings| self.settings(name) != Some(settings) || settings.reads_files();
        let changed = actions.iter().filter(|(name, settings)| is_new(name, settings));
        let made = |(name, settings): (&Arc<str>, &Settings)| {
            Ok((Arc::clone(name), settings.clone(), prepare(name, settings, &self.common)?))
        };
        let makers = changed.map(made).collect::<Result<_, Failure>>()?;
        Ok(Prepared { names: actions.keys().cloned().collect(), makers })
    }

    /// These actions instead of those there are. An action that has the same name and type keeps its queue and counts; it
    /// tells anew what it was about to tell, if its settings have changed or it reads a file (a password, certificates). One that is gone has 10 s for what it has still to
    /// tell; an Alertmanager that is gone hears no more, and ends by itself what fires.
    pub fn commit(&mut self, prepared: Prepared) {
        self.remove(|name| !prepared.names.contains(name));
        for (name, settings, maker) in prepared.makers {
            self.put(&name, &settings, maker);
        }
    }

    /// Tells what it can within `patience`, ends what still runs, and the thread. What was not told is counted as queued.
    pub async fn finish(self, patience: Duration) -> Vec<ActionStatus> {
        self.actions.values().for_each(|action| action.inbox.close());
        self.worker.finish(patience).await;
        let left: Vec<ActionStatus> = self.actions.values().map(|action| action.status()).collect();
        for action in left.iter().filter(|action| action.queued > 0) {
            tracing::warn!("action {}: {} notices were not told before the end", action.name, action.queued);
        }
        left
    }

    /// The actions that a notice is for.
    fn wanted(&self, notice: &Notice) -> impl Iterator<Item = &Arc<Action>> {
        self.actions.iter().filter(|(name, _)| is_for(notice, name)).map(|(_, action)| action)
    }

    fn settings(&self, name: &str) -> Option<&Settings> {
        self.actions.get(name).map(|action| &action.settings)
    }

    fn remove(&mut self, gone: impl Fn(&Arc<str>) -> bool) {
        let names: Vec<Arc<str>> = self.actions.keys().filter(|name| gone(name)).cloned().collect();
        for name in names {
            if let Some(action) = self.actions.remove(&name) {
                action.inbox.close();
                self.worker.retire(&name);
            }
        }
    }

    fn put(&mut self, name: &Arc<str>, settings: &Settings, maker: Maker) {
        if self.settings(name).is_some_and(|former| former.word() != settings.word()) {
            self.remove(|other| other == name);
        }
        let action = Arc::new(match self.actions.get(name) {
            Some(former) => Action { settings: settings.clone(), ..Action::clone(former) },
            None => Action::new(name, settings),
        });
        self.actions.insert(Arc::clone(name), Arc::clone(&action));
        self.worker.run(name, maker(action));
    }
}

fn is_for(notice: &Notice, action: &Arc<str>) -> bool {
    notice.actions.is_empty() || notice.actions.contains(action)
}

/// Whether these settings can be used, as far as this can be known before there is anything to tell.
///
/// # Errors
/// [`Failure::Usage`] names the action and the setting that is wrong.
pub fn check(actions: &BTreeMap<Arc<str>, Settings>) -> Result<(), Failure> {
    let common = Common { host: Arc::default(), pace: Pace::default(), hurry: CancellationToken::new() };
    actions.iter().try_for_each(|(name, settings)| prepare(name, settings, &common).map(drop))
}

fn prepare(name: &Arc<str>, settings: &Settings, common: &Common) -> Result<Maker, Failure> {
    let Common { host, pace, hurry } = common.clone();
    Ok(match settings {
        Settings::Log(_) => delivering(log::ToLog::new(name), pace),
        Settings::Exec(settings) => {
            let program = exec::Program::new(name, settings, hurry)?;
            Box::new(move |action| Box::pin(exec::run(program, action)))
        }
        Settings::Webhook(settings) => delivering(webhook::ToWebhook::new(name, settings, &host)?, pace),
        Settings::Alertmanager(settings) => {
            let way = alertmanager::ToAlertmanager::new(name, settings)?;
            Box::new(move |action| Box::pin(alertmanager::run(way, action, pace)))
        }
        Settings::Syslog(settings) => delivering(syslog::ToSyslog::new(name, settings, &host)?, pace),
        Settings::Email(settings) => delivering(email::ToEmail::new(name, settings, &host)?, pace),
    })
}

fn delivering(way: impl Deliver + 'static, pace: Pace) -> Maker {
    Box::new(move |action| {
        Box::pin(async move {
            action.inbox.put_back();
            deliver(way, action, pace).await;
        })
    })
}

/// A setting that cannot be used: which one of which action, and why.
fn wrong(action: &str, key: &str, why: impl std::fmt::Display) -> Failure {
    Failure::Usage(format!("action {action}: {key} {why}"))
}
