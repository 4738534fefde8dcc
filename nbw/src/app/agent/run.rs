//! The agent's loop.

use std::{
    future::{self, Future},
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::timeout,
};

use super::{
    Source, attacks::Attacks, keeper::Keeper, manager::Manager, memory::Memory, pace::Pace, questions::Question,
    troubles::Troubles,
};
use crate::{
    action::Dispatcher,
    alert::{Alert, Change, Complaint, Engine, Notice, State},
    app::{live::Live, lookout::lookout},
    config::Config,
    control::{ConfigStatus, Lock, Server},
    detection::Feed,
    failure::Failure,
    snapshot::{By, Health, Snapshot},
};

/// Actions have this long for what they have still to tell when the agent ends.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The last reading has this long.
const LAST_READING: Duration = Duration::from_secs(1);

/// The agent.
pub(super) struct Agent {
    pub(super) source: Source,
    pub(super) config: Config,
    pub(super) loaded: ConfigStatus,
    pub(super) started: Timestamp,
    pub(super) attachment: Attachment,
    pub(super) engine: Engine,
    pub(super) dispatcher: Dispatcher,
    pub(super) keeper: Keeper,
    pub(super) memory: Memory,
    pub(super) attacks: Attacks,
    pub(super) server: Server,
    pub(super) pace: Pace,
    pub(super) manager: Manager,
    /// Measurements that somebody waits for.
    pub(super) averaging: Vec<Question>,
    /// As of the last tick.
    pub(super) health: Health,
    /// What was told of it.
    pub(super) troubles: Troubles,
    /// Those that were told.
    pub(super) complaints: Vec<Complaint>,
    pub(super) _locks: Vec<Lock>,
}

/// What is attached to the kernel.
pub(super) struct Attachment {
    pub(super) live: Live,
    /// What recognises attacks in it, where that is asked for.
    pub(super) feed: Option<Feed>,
    /// What rows its snapshots have.
    pub(super) by: Vec<By>,
    pub(super) since: Timestamp,
}

impl Agent {
    /// Runs until it is asked to end.
    pub(super) async fn run(&mut self, signals: &mut Signals) -> Result<(), Failure> {
        loop {
            tokio::select! {
                late = self.pace.next() => self.tick(late).await?,
                asked = self.server.next() => self.answer(asked),
                () = self.attacks.due() => self.look(),
                due = self.attachment.live.due() => self.attachment.live.serve(due).await?,
                asked = signals.next() => match asked {
                    Asks::Reload => self.reload().await,
                    Asks::End => return Ok(()),
                },
            }
        }
    }

    async fn tick(&mut self, late: Duration) -> Result<(), Failure> {
        let begun = Instant::now();
        self.observe().await?;
        if self.keeper.is_due().await {
            self.keeper.save(self.engine.save());
        }
        self.pace.done(late, begun.elapsed(), Timestamp::now());
        self.manager.ticked();
        Ok(())
    }

    /// A reading, and what follows of it.
    pub(super) async fn observe(&mut self) -> Result<(), Failure> {
        let snapshot = self.attachment.live.tick().await?;
        let notices = self.engine.observe(&snapshot);
        self.dispatcher.tell(&notices);
        self.memory.take(&snapshot);
        self.weigh(&snapshot);
        self.hear_complaints();
        self.proceed(&snapshot);
        self.health = snapshot.health;
        self.troubles.news(&self.health, Instant::now()).iter().for_each(|line| tracing::warn!("{line}"));
        if !notices.is_empty() {
            self.keeper.told();
            self.manager.status(&self.line());
        }
        Ok(())
    }

    /// After a start or a change of rules or actions: looks for what rules may be silent about, and tells those actions that
    /// have to know all that fires.
    pub(super) fn remind(&mut self) {
        let filtered = self.config.settings.live().filter.has_groups();
        self.engine.look_around(lookout(self.config.alerts.iter().map(|spec| &spec.rule), filtered));
        let alerts = self.engine.alerts();
        let firing = alerts.into_iter().filter(|alert| alert.state == State::Firing);
        let notice = |alert: Alert| {
            let spec = self.config.alerts.iter().find(|spec| spec.rule.text == alert.rule)?;
            let (actions, labels) = (spec.actions.clone(), spec.labels.clone());
            Some(Notice { change: Change::Repeated, alert, actions, labels })
        };
        let notices: Vec<Notice> = firing.filter_map(notice).chain(self.attacks.firing()).collect();
        self.dispatcher.keep_alive(&notices);
    }

    /// What keeps a rule from its work is logged when it comes up, and not again while it lasts.
    fn hear_complaints(&mut self) {
        let news = Complaint::news(&mut self.complaints, self.engine.complaints());
        news.iter().for_each(|sentence| tracing::warn!("{sentence}"));
    }

    /// Ends in order: state first, what takes long last.
    pub(super) async fn end(mut self) {
        self.manager.stopping();
        self.keeper.save_now(self.engine.save()).await;
        self.end_attacks().await;
        finish(&mut self.memory, self.attachment.live.tick()).await;
        drop(self.attachment);
        self.dispatcher.finish(LAST_WORDS).await;
        tracing::info!("ended");
    }
}

/// What was moved since the last tick is remembered too; rules are not asked about so short a time.
async fn finish(memory: &mut Memory, reading: impl Future<Output = Result<Snapshot, Failure>>) {
    match timeout(LAST_READING, reading).await {
        Ok(Ok(snapshot)) => memory.take(&snapshot),
        Ok(Err(error)) => tracing::warn!("what was moved since the last reading is not remembered: {error}"),
        Err(_) => {
            tracing::warn!("what was moved since the last reading is not remembered: the last one takes too long")
        }
    }
    memory.finish().await;
}

/// What signals ask for.
pub(super) enum Asks {
    Reload,
    End,
}

/// The signals that the agent hears.
pub(super) struct Signals {
    reload: Signal,
    end: [Signal; 2],
}

impl Signals {
    pub(super) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(Failure::from);
        Ok(Self {
            reload: listen(SignalKind::hangup())?,
            end: [listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?],
        })
    }

    /// Waits for any of them.
    pub(super) async fn next(&mut self) -> Asks {
        let Self { reload, end } = self;
        tokio::select! {
            () = any(end) => Asks::End,
            _ = reload.recv() => Asks::Reload,
        }
    }

    /// Waits until the agent is asked to end.
    pub(super) async fn end(&mut self) {
        any(&mut self.end).await;
    }
}

async fn any(signals: &mut [Signal; 2]) {
    let [one, other] = signals;
    let (mut one, mut other) = (pin!(one.recv()), pin!(other.recv()));
    future::poll_fn(|context| {
        let asked = one.as_mut().poll(context).is_ready() || other.as_mut().poll(context).is_ready();
        if asked { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::{
        history::{
            Kind, Reader,
            query::{Every, Query},
        },
        snapshot::{Flow, Interface, Rows, SCHEMA},
    };

    fn reading(time: &str) -> Snapshot {
        let flow = Flow { bytes: 5_000, packets: 5, ..Flow::default() };
        let interface = Interface {
            name: "eth0".into(),
            index: 2,
            link_bits_per_second: None,
            up: true,
            master: None,
            parent: None,
            edge: true,
            rx: flow,
            tx: Flow::default(),
        };
        Snapshot {
            schema: SCHEMA,
            time: time.parse().unwrap(),
            elapsed: Duration::from_secs(4),
            interfaces: vec![interface],
            groups: Vec::new(),
            rows: Rows::default(),
            alerts: None,
            events: None,
            health: Health::default(),
        }
    }

    #[tokio::test]
    async fn the_last_reading_is_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::parse("").unwrap();
        config.settings.data_dir = dir.path().to_path_buf();
        let mut memory = Memory::start(&config).unwrap();
        memory.take(&reading("2026-11-25T12:00:04Z"));
        finish(&mut memory, future::ready(Ok(reading("2026-11-25T12:00:08Z")))).await;
        let [from, to] = ["2026-11-25T12:00:00Z", "2026-11-25T13:00:00Z"].map(|time| time.parse().unwrap());
        let (only, zone) = (Vec::new(), TimeZone::UTC);
        let query = Query { kind: Kind::Host, only, from, to, every: Every::Day, top: None, zone, month_begins: 1 };
        let answer = Reader::open(dir.path()).unwrap().ask(&query).unwrap();
        assert_eq!(answer.whole[0].rx.bytes, 10_000);
    }

    #[tokio::test]
    async fn a_reading_that_fails_or_hangs_does_not_keep_what_was_read_from_being_written() {
        for hangs in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let mut config = Config::parse("").unwrap();
            config.settings.data_dir = dir.path().to_path_buf();
            let mut memory = Memory::start(&config).unwrap();
            memory.take(&reading("2026-11-25T12:00:04Z"));
            let failed = future::ready(Err(Failure::Running("no".into())));
            if hangs {
                finish(&mut memory, future::pending()).await
            } else {
                finish(&mut memory, failed).await
            }
            assert!(Reader::open(dir.path()).unwrap().span().is_some());
        }
    }
}
