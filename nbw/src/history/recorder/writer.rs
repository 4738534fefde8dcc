//! The thread that writes.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tracing::{info, warn};

use super::{
    Shared,
    pending::{Gathered, Pending},
};
use crate::{
    failure::with_causes,
    history::{Bucket, Database, FILE, HistoryError, Tiers},
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
/// It looks after the database so often, also where nothing comes.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The writer.
pub(super) struct Writer {
    dir: PathBuf,
    tiers: Tiers,
    shared: Arc<Shared>,
    database: Option<Database>,
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
            failed: false,
            counted: None,
            forgotten: Instant::now(),
            checked: Instant::now(),
        }
    }

    /// Writes whenever something is complete, until the end.
    pub(super) fn run(mut self) {
        self.attempt(Gathered::new());
        loop {
            let (due, finishing) = self.wait();
            self.attempt(due);
            if finishing {
                return self.insist();
            }
            self.look_after();
        }
    }

    /// At the end there is no next time: another process's lock may well be over before nbw has to be.
    fn insist(&mut self) {
        let begin = Instant::now();
        if let Err(error) = self.write_events() {
            self.fails(&error);
        }
        while self.failed && self.database.is_some() && begin.elapsed() < INSIST {
            thread::sleep(BETWEEN);
            let due = self.shared.pending().due();
            self.attempt(due);
        }
    }

    /// Waits for what is due. What could not be written is tried again after a while.
    fn wait(&self) -> (Gathered, bool) {
        let in_vain = |pending: &mut Pending| !pending.finishing && (self.failed || !pending.has_complete());
        let waited = self.shared.due.wait_timeout_while(self.shared.pending(), LOOK_EVERY, in_vain);
        let mut pending = waited.unwrap_or_else(PoisonError::into_inner).0;
        (pending.due(), pending.finishing)
    }

    /// Writes all of it or nothing; what is not written stays pending.
    fn attempt(&mut self, due: Gathered) {
        let buckets: Vec<Bucket> = due.iter().map(|(part, gathering)| gathering.bucket(*part)).collect();
        let mut written = self.write(&buckets);
        if written.as_ref().is_err_and(HistoryError::is_damage) {
            written = self.begin_anew().and_then(|()| self.write(&buckets));
        }
        self.failed = written.is_err();
        match written {
            Ok(()) => self.went_well(&buckets),
            Err(error) => {
                self.fails(&error);
                self.shared.pending().put_back(due);
                if !error.is_passing() {
                    // Opened again before the next attempt: the directory may be another one then.
                    self.database = None;
                }
            }
        }
    }

    fn write(&mut self, buckets: &[Bucket]) -> Result<(), HistoryError> {
        if self.database.as_ref().is_some_and(|database| !database.is_in_place()) {
            self.database = None;
        }
        let database = match self.database.take() {
            Some(database) => database,
            None => Database::open(&self.dir, &self.tiers)?,
        };
        let database = self.database.insert(database);
        if buckets.is_empty() { Ok(()) } else { database.write(buckets) }
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

    fn went_well(&mut self, buckets: &[Bucket]) {
        let mut told = self.shared.told();
        if told.fault.take().is_some() {
            info!("the history is written again");
        }
        let until = buckets.iter().flat_map(|bucket| &bucket.covered).map(|(_, to)| *to).max();
        let until = until.and_then(|until| Timestamp::from_millisecond(until).ok());
        told.last_written = until.or(told.last_written);
    }

    fn fails(&self, error: &HistoryError) {
        let message = with_causes(error);
        if self.shared.told().fails(message.clone()) {
            warn!("the history is not written, and kept in memory until it can be: {message}");
        }
    }

    /// Packs, expires and counts, a little at a time.
    fn look_after(&mut self) {
        let steady = self.shared.pending().steady_since.elapsed() >= STEADY;
        if let Err(error) = self.tidy(steady) {
            if error.is_damage() {
                match self.begin_anew() {
                    Ok(()) => return,
                    Err(error) => self.fails(&error),
                }
            }
            self.fails(&error);
            self.failed = true;
            if !error.is_passing() {
                self.database = None;
            }
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
        self.write_events()?;
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
