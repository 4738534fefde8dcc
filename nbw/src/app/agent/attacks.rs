//! The agent looks for attacks beside its ticks: what is found is told to actions, remembered, and counted.

use std::{collections::HashSet, sync::Arc};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use nbw_detect::{Event, Signatures};
use tokio::time::Interval;

use super::{
    run::Agent,
    untold::Untold,
    usual::{self, Usual},
};
use crate::{
    alert::Notice,
    app::ticks,
    config::{Config, suggestion},
    control::Attacks as Told,
    detection::{self, Concerns, Current, Deliver, Feed, POLL, leaving},
    failure::Failure,
    history::Reader,
    resolve::runtimes::Runtimes,
    snapshot::Snapshot,
    text,
};

/// So many ids of today are remembered: more are not counted.
const MOST_OF_A_DAY: usize = 100_000;
/// How the kernel side calls what it had no room to show.
const LOST: &str = "ring_full";

/// What is known of attacks.
pub(super) struct Attacks {
    signatures: Option<Signatures>,
    concerns: Option<Concerns>,
    looks: Interval,
    deliver: Deliver,
    current: Current,
    untold: Untold,
    today: Today,
    usual: Usual,
}

/// The signatures of a configuration; none where it looks for no attacks.
pub(super) fn signatures(config: &Config) -> Result<Option<Signatures>, Failure> {
    let detect = &config.settings.detect;
    if !detect.enabled {
        return Ok(None);
    }
    let mut all = detection::signatures(&detect.signatures)?;
    match detect.disable.iter().find(|name| !all.remove(name)) {
        None => Ok(Some(all)),
        Some(unknown) => Err(not_there(unknown, &all)),
    }
}

fn not_there(name: &str, all: &Signatures) -> Failure {
    let known: Vec<&str> = all.iter().map(|signature| signature.name.as_str()).collect();
    let meant = suggestion(name, &known);
    Failure::Usage(format!("detect.disable: there is no signature `{}`{meant}", text::clean(name)))
}

impl Attacks {
    /// # Errors
    /// When there can be no thread that says whom an attack concerns.
    pub(super) fn start(
        config: &Config,
        signatures: Option<Signatures>,
        runtimes: Arc<Runtimes>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            concerns: signatures.is_some().then(|| Concerns::start(runtimes)).transpose()?,
            signatures,
            looks: ticks(POLL, false),
            deliver: Deliver::new(config.attacks.clone()),
            current: Current::default(),
            untold: Untold::default(),
            today: Today::remembered(config, Timestamp::now()),
            usual: Usual::of(config),
        })
    }

    /// Waits until it is time to look; for ever where nobody does. Nothing is lost if this is dropped while it waits.
    pub(super) async fn due(&mut self) {
        if self.signatures.is_none() {
            std::future::pending::<()>().await;
        }
        self.looks.tick().await;
    }

    /// Whether these are others than those that are gone by.
    pub(super) fn are_others(&self, signatures: Option<&Signatures>) -> bool {
        match (&self.signatures, signatures) {
            (Some(now), Some(then)) => !now.iter().eq(then.iter()),
            (now, then) => now.is_some() != then.is_some(),
        }
    }

    /// Whether what is still looked up is to be heard before these are gone by: it was found by others, or others are told.
    fn are_looked_for_otherwise(&self, signatures: &Signatures, config: &Config) -> bool {
        self.concerns.is_none() || self.are_others(Some(signatures)) || *self.deliver.wish() != config.attacks
    }

    /// All that was told and goes on.
    pub(super) fn firing(&self) -> Vec<Notice> {
        self.deliver.firing()
    }
}

impl Agent {
    /// Looks at what the kernel side has seen.
    pub(super) fn look(&mut self) {
        let Some(feed) = &mut self.attachment.feed else { return };
        let events = feed.poll(self.attachment.live.kernel_mut());
        self.find(events);
    }

    /// Shows what has left the host, where its connections are counted and it is known what is usual. Until then nobody keeps
    /// every connection for it.
    pub(super) fn weigh(&mut self, snapshot: &Snapshot) {
        let Some(feed) = &mut self.attachment.feed else { return };
        let Some(usual) = self.attacks.usual.at(snapshot.time) else { return };
        let monitor = self.attachment.live.monitor_mut();
        if let Some(sent) = monitor.sent() {
            feed.sent(&leaving(sent, snapshot.time, usual::in_time(usual, snapshot.elapsed)));
        } else {
            monitor.notice_senders();
        }
    }

    /// Says of events whom they concern, and hears those for which that is known.
    fn find(&mut self, events: Vec<Event>) {
        let events = match &mut self.attacks.concerns {
            Some(concerns) => concerns.add(events),
            None => events,
        };
        self.hear_of(&events);
    }

    /// Tells, remembers and counts.
    fn hear_of(&mut self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        self.attacks.current.hear(events.to_vec());
        self.attacks.current.forget_ended();
        self.attacks.today.take(events, &self.config.zone, Timestamp::now());
        self.memory.take_events(events);
        let notices = self.attacks.deliver.take(events);
        self.dispatcher.tell(&notices);
        if !notices.is_empty() {
            self.manager.status(&self.line());
        }
        let untold = self.attacks.untold.news(events, self.config.attacks.least);
        untold.into_iter().for_each(|event| tracing::info!("{}", detection::sentence(event)));
    }

    /// The feed's last words: what goes on is over for it.
    pub(super) fn end_feed(&mut self) {
        if let Some(feed) = self.attachment.feed.take() {
            let events = feed.finish(self.attachment.live.kernel_mut());
            self.find(events);
        }
    }

    /// Goes by these signatures, and tells whom the configuration says. The feed of the attachment goes by them already. What
    /// was found so far is told to those who were told of its beginning. Where nothing of it has changed, nobody is waited for; `anew`
    /// is whether what counts is another one, with other names of containers.
    pub(super) async fn look_for(&mut self, signatures: Option<Signatures>, config: &Config, anew: bool) {
        match &signatures {
            None => self.end_attacks().await,
            Some(signatures) if anew || self.attacks.are_looked_for_otherwise(signatures, config) => {
                self.hear_the_rest().await;
                match Concerns::start(self.attachment.live.monitor().runtimes()) {
                    Ok(concerns) => self.attacks.concerns = Some(concerns),
                    Err(failure) => tracing::warn!("whom attacks concern is not said: {failure}"),
                }
            }
            Some(_) => {}
        }
        self.attacks.signatures = signatures;
        self.attacks.usual.follow(config);
        let notices = self.attacks.deliver.replace(config.attacks.clone());
        self.dispatcher.tell(&notices);
    }

    /// Nothing is looked for any more: all that goes on has ended, and whoever was told of it is told so.
    pub(super) async fn end_attacks(&mut self) {
        self.end_feed();
        self.hear_the_rest().await;
        let unheard = self.attacks.current.end();
        self.hear_of(&unheard);
        self.dispatcher.tell(&self.attacks.deliver.end());
    }

    /// Hears what is still looked up.
    async fn hear_the_rest(&mut self) {
        if let Some(concerns) = self.attacks.concerns.take() {
            let last = tokio::task::spawn_blocking(move || concerns.finish()).await.unwrap_or_default();
            self.hear_of(&last);
        }
    }

    /// How many go on; none where nobody looks.
    pub(super) fn going_on(&self) -> Option<usize> {
        self.attacks.signatures.as_ref().map(|_| self.attacks.current.all().count())
    }

    /// For `nbw status`; none where nobody looks.
    pub(super) fn attacks(&self) -> Option<Told> {
        let lost = self.health.0.iter().find(|(name, _)| *name == LOST).map_or(0, |&(_, count)| count);
        let attacks = &self.attacks;
        let signatures = attacks.signatures.as_ref()?.iter().len();
        let today = attacks.today.count(&self.config.zone, Timestamp::now());
        let now = attacks.current.all().cloned().collect();
        let not_watched = self.attachment.feed.as_ref().map_or(0, Feed::not_watched);
        Some(Told { signatures, now, today, digests_lost: lost, not_watched })
    }
}

/// What an agent that was killed has left going on, told as over: nobody else will tell its end. To be asked before the history is
/// written to.
pub(super) fn left_over(config: &Config) -> Vec<Notice> {
    if !config.settings.history.enabled {
        return Vec::new();
    }
    // There may be no history yet, or a damaged one, of which its writer speaks.
    let reader = Reader::open(&config.settings.data_dir);
    let events = reader.and_then(|reader| reader.ongoing_events()).unwrap_or_default();
    Deliver::new(config.attacks.clone()).left(&events)
}

/// How many attacks were seen since midnight.
#[derive(Debug, Default)]
struct Today {
    date: Option<Date>,
    ids: HashSet<String>,
}

impl Today {
    /// With those that an agent before has seen.
    fn remembered(config: &Config, now: Timestamp) -> Self {
        let mut today = Self::default();
        let midnight = now.to_zoned(config.zone.clone()).start_of_day().map(|day| day.timestamp());
        let Ok(midnight) = midnight.map_err(|error| tracing::debug!("no midnight: {error}")) else { return today };
        if config.settings.detect.enabled && config.settings.history.enabled {
            // There may be no history yet, or a damaged one, of which its writer speaks.
            let reader = Reader::open(&config.settings.data_dir);
            let events = reader.and_then(|reader| reader.events(midnight, now)).unwrap_or_default();
            today.take(&events, &config.zone, now);
        }
        today
    }

    fn take(&mut self, events: &[Event], zone: &TimeZone, now: Timestamp) {
        self.turn(zone, now);
        for event in events.iter().take(MOST_OF_A_DAY.saturating_sub(self.ids.len())) {
            self.ids.insert(event.id.clone());
        }
    }

    fn count(&self, zone: &TimeZone, now: Timestamp) -> usize {
        if self.date == Some(now.to_zoned(zone.clone()).date()) { self.ids.len() } else { 0 }
    }

    fn turn(&mut self, zone: &TimeZone, now: Timestamp) {
        let date = now.to_zoned(zone.clone()).date();
        if self.date.replace(date) != Some(date) {
            self.ids.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        alert::Change,
        detection::fixture::{flood, leak, over, scan},
    };

    #[test]
    fn a_day_s_attacks_are_counted_once_each_and_until_midnight() {
        let mut today = Today::default();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        today.take(&[flood(), scan(), over(scan())], &zone, at("2026-11-22T10:00:00Z"));
        today.take(&[over(flood())], &zone, at("2026-11-22T10:01:00Z"));
        assert_eq!(today.count(&zone, at("2026-11-22T22:59:59Z")), 2);
        assert_eq!(today.count(&zone, at("2026-11-22T23:00:00Z")), 0, "midnight in the zone");
    }

    #[test]
    fn what_an_agent_before_has_seen_today_counts() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::parse("time_zone = \"UTC\"\n[detect]\nenabled = true").unwrap();
        config.settings.data_dir = directory.path().into();
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        assert_eq!(Today::remembered(&config, now).ids.len(), 0, "there is no history yet");
        let mut database = crate::history::Database::open(directory.path(), &Default::default()).unwrap();
        database.write_events(&[over(flood()), over(scan())]).unwrap();
        assert_eq!(Today::remembered(&config, now).ids.len(), 2);
        assert_eq!(Today::remembered(&config, "2026-11-23T12:00:00Z".parse().unwrap()).ids.len(), 0);
    }

    #[test]
    fn what_a_killed_agent_has_left_going_on_is_told_as_over() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::parse("[detect]\nenabled = true").unwrap();
        config.settings.data_dir = directory.path().into();
        assert!(left_over(&config).is_empty(), "there is no history yet");
        let mut database = crate::history::Database::open(directory.path(), &Default::default()).unwrap();
        database.write_events(&[flood(), over(scan()), leak()]).unwrap();
        let notices = left_over(&config);
        let [notice] = &notices[..] else { panic!("{notices:?}") };
        assert_eq!(
            (notice.change, &*notice.alert.id),
            (Change::Resolved, &*flood().id),
            "neither what is over nor what is not bad"
        );
        database.end_events().unwrap();
        assert!(left_over(&config).is_empty());
    }

    #[tokio::test]
    async fn a_reload_that_changes_nothing_waits_for_nobody() {
        let config = |text: &str| Config::parse(&format!("[detect]\nenabled = true\n{text}")).unwrap();
        let all = |config: &Config| signatures(config).unwrap().unwrap();
        let (now, named) = (config(""), config("actions = [\"log\"]"));
        let runtimes = Arc::new(Runtimes::start().unwrap());
        let attacks = Attacks::start(&now, Some(all(&now)), runtimes).unwrap();
        assert!(!attacks.are_looked_for_otherwise(&all(&now), &now));
        assert!(attacks.are_looked_for_otherwise(&all(&now), &named), "others are told");
        let fewer = config("disable = [\"beacon\"]");
        assert!(attacks.are_looked_for_otherwise(&all(&fewer), &fewer));
    }

    #[test]
    fn signatures_are_read_where_attacks_are_looked_for() {
        let of = |text: &str| signatures(&Config::parse(text).unwrap());
        assert!(of("[detect]\nsignatures = [\"/nowhere.toml\"]").unwrap().is_none());
        assert!(of("[detect]\nenabled = true\nsignatures = [\"/nowhere.toml\"]").is_err());
        let all = of("[detect]\nenabled = true").unwrap().unwrap();
        let first = all.iter().next().unwrap().name.clone();
        let some = of(&format!("[detect]\nenabled = true\ndisable = [\"{first}\"]")).unwrap().unwrap();
        assert_eq!(some.iter().len() + 1, all.iter().len());
    }
}
