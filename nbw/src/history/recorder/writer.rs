//! The thread that writes.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tracing::{info, warn};

use super::{Shared, batch::Batch, pending::Pending};
use crate::{
    failure::with_causes,
    history::{Database, FILE, HistoryError, Tiers},
};

/// Nothing expires before the clock has gone on steadily for so long: one that is wrong for a moment would take years along.
const STEADY: Duration = Duration::from_secs(600);
/// How often the size is counted.
const COUNT_EVERY: Duration = Duration::from_secs(300);
/// How often subjects are looked for of which nothing is left.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
/// How often all of the file is looked through for damage.
const CHECK_EVERY: Duration = Duration::from_secs(86_400);
/// So many databases are set aside: a disk that damages each of them is not filled up with them.
const MOST_SET_ASIDE: usize = 10;
/// So many steps of expiry are taken after each writing.
const STEPS: usize = 8;
/// How long it is tried at the end to write where another process has the database; `Recorder::finish` waits for longer.
const INSIST: Duration = Duration::from_secs(3);
/// Time between two such attempts, which wait themselves.
const BETWEEN: Duration = Duration::from_millis(50);
/// It looks after the database so often, also where nothing comes, and tries so often what failed where it can stay open.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A database that has to be opened anew is looked through as a whole: after this time, twice that, and so on ...
const REOPEN_AFTER: Duration = Duration::from_secs(5);
/// ... so many times.
const DOUBLINGS: u32 = 4;

/// The writer.
pub(super) struct Writer {
    dir: PathBuf,
    tiers: Tiers,
    shared: Arc<Shared>,
    database: Option<Database>,
    /// What is being written, until it is.
    batch: Option<Batch>,
    /// How often in a row it went wrong so that the database has to be opened anew.
    misses: u32,
    /// Whether the last attempt was in vain: then there is a while until the next.
    failed: bool,
    counted: Option<Instant>,
    forgotten: Instant,
    checked: Instant,
}

impl Writer {
    pub(super) fn new(dir: &Path, tiers: &Tiers, shared: Arc<Shared>) -> Self {
        let (dir, tiers) = (dir.to_owned(), tiers.clone());
        Self {
            dir,
            tiers,
            shared,
            database: None,
            batch: None,
            misses: 0,
            failed: false,
            counted: None,
            forgotten: Instant::now(),
            checked: Instant::now(),
        }
    }

    /// Writes whenever something is due, until the end.
    pub(super) fn run(mut self) {
        self.attempt();
        while !self.wait() {
            self.attempt();
            self.look_after();
            if !self.failed {
                self.misses = 0;
            }
        }
        self.attempt();
        self.insist();
    }

    /// At the end there is no next time: another process's lock may well be over before nbw has to be.
    fn insist(&mut self) {
        let begin = Instant::now();
        let mut events = self.write_events();
        while (self.failed || events.is_err()) && self.database.is_some() && begin.elapsed() < INSIST {
            thread::sleep(BETWEEN);
            self.attempt();
            events = self.write_events();
        }
        if let Err(error) = events {
            self.fails(&error);
        }
    }

    /// Waits for what is due; whether that is the last. What could not be written is tried again after a while.
    fn wait(&self) -> bool {
        let in_vain = |pending: &mut Pending| !pending.finishing && (self.failed || !pending.has_due());
        let pause = pause(if self.database.is_some() { 0 } else { self.misses });
        let waited = self.shared.due.wait_timeout_while(self.shared.pending(), pause, in_vain);
        waited.unwrap_or_else(PoisonError::into_inner).0.finishing
    }

    /// Writes all that is due, one batch after the other, or what it can.
    pub(super) fn attempt(&mut self) {
        loop {
            if self.batch.is_none() {
                let due = self.shared.pending().due();
                self.batch = Batch::of(&due);
            }
            let is_last = self.batch.is_none();
            self.attempt_once();
            if is_last || self.failed {
                return;
            }
        }
    }

    /// Writes the batch, or nothing of it: then it stays in hand.
    fn attempt_once(&mut self) {
        let mut written = self.write();
        if written.as_ref().is_err_and(HistoryError::is_damage) {
            written = self.begin_anew().and_then(|()| self.write());
        }
        self.failed = written.is_err();
        match written {
            Ok(()) => self.went_well(),
            Err(error) => self.fails(&error),
        }
    }

    fn write(&mut self) -> Result<(), HistoryError> {
        if self.database.as_ref().is_some_and(|database| !database.is_in_place()) {
            self.database = None;
        }
        let database = match self.database.take() {
            Some(database) => database,
            None => Database::open(&self.dir, &self.tiers)?,
        };
        let database = self.database.insert(database);
        self.batch.as_mut().map_or(Ok(()), |batch| batch.write(database))
    }

    fn begin_anew(&mut self) -> Result<(), HistoryError> {
        self.database = None;
        if self.shared.told().set_aside.len() >= MOST_SET_ASIDE {
            let what = format!("{MOST_SET_ASIDE} others were since the start, so the disk seems to be");
            return Err(HistoryError::Damaged { path: self.dir.join(FILE), what });
        }
        let (database, aside) = Database::begin_anew(&self.dir, &self.tiers)?;
        warn!("the history was damaged: it is {} now, and a new one was begun", aside.display());
        self.database = Some(database);
        self.shared.told().set_aside.push(aside);
        Ok(())
    }

    fn went_well(&mut self) {
        let mut told = self.shared.told();
        if told.fault.take().is_some() {
            info!("the history is written again");
        }
        let until = self.batch.take().and_then(|batch| batch.until());
        let until = until.and_then(|until| Timestamp::from_millisecond(until).ok());
        told.last_written = until.or(told.last_written);
        drop(told);
        self.shared.pending().written();
    }

    fn fails(&mut self, error: &HistoryError) {
        let message = with_causes(error);
        if self.shared.told().fails(message.clone()) {
            warn!("the history is not written, and kept in memory until it can be: {message}");
        }
        if !error.is_passing() {
            // Opened again before the next attempt: the directory may be another one then.
            self.database = None;
            self.misses = self.misses.saturating_add(1);
        }
    }

    /// Packs, expires and counts, a little at a time.
    fn look_after(&mut self) {
        let steady = self.shared.pending().steady_since.elapsed() >= STEADY;
        let tidied = self.tidy(steady);
        // Upkeep first: what is wrong with one does not keep the other from being done.
        let events = self.write_events();
        if let Err(error) = tidied.and(events) {
            if error.is_damage() {
                match self.begin_anew() {
                    Ok(()) => return,
                    Err(error) => self.fails(&error),
                }
            }
            self.fails(&error);
            self.failed = true;
        }
    }

    /// Attacks are few: they are written as they come, and stay waiting where they cannot be.
    fn write_events(&mut self) -> Result<(), HistoryError> {
        let Some(database) = &mut self.database else { return Ok(()) };
        let (begun, due) = self.shared.events().due();
        if !begun {
            database.end_events()?;
            self.shared.events().begun = true;
        }
        if !due.is_empty() {
            database.write_events(&due)?;
            self.shared.events().written(&due);
        }
        Ok(())
    }

    fn tidy(&mut self, steady: bool) -> Result<(), HistoryError> {
        let Some(database) = &mut self.database else { return Ok(()) };
        let now = Timestamp::now().as_second();
        database.pack_one(now)?;
        if steady {
            database.move_on(now)?;
        }
        for _ in 0..STEPS {
            if !database.expire_some()? {
                break;
            }
        }
        if self.forgotten.elapsed() >= FORGET_EVERY {
            self.forgotten = Instant::now();
            database.forget_subjects()?;
            if steady {
                database.forget_events(now)?;
            }
        }
        if self.checked.elapsed() >= CHECK_EVERY {
            self.checked = Instant::now();
            database.check()?;
            database.mend()?;
        }
        if self.counted.is_none_or(|counted| counted.elapsed() >= COUNT_EVERY) {
            self.counted = Some(Instant::now());
            let size = database.size()?;
            self.shared.told().size = Some(size);
        }
        Ok(())
    }
}

/// How long after failing it is tried again; where the database stays open (another process has it, the disk is full), that
/// costs little.
fn pause(misses: u32) -> Duration {
    match misses.checked_sub(1) {
        None => LOOK_EVERY,
        Some(before) => REOPEN_AFTER * 2_u32.pow(before.min(DOUBLINGS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_cannot_be_opened_is_looked_through_less_and_less() {
        let seconds = [0, 1, 2, 3, 4, 5, 6, u32::MAX].map(|misses| pause(misses).as_secs());
        assert_eq!(seconds, [10, 5, 10, 20, 40, 80, 80, 80]);
    }
}
