//! The history as its readers have it: questions and answers.

mod chosen;
mod counters;
mod coverage;
mod events;
mod gather;
mod layout;
mod parts;
mod peaks;
mod percentile;
mod samples;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

pub use self::counters::Increases;
use self::{chosen::Chosen, coverage::Coverage, layout::Layout, parts::Parts, samples::Percentiles};
pub use percentile::p95;

use super::{
    HistoryError, Kind, days,
    query::{Answer, Part, Query, Series, Whole},
    schema,
};

/// More parts than these are not answered with: nobody looks at them, and each subject has as many.
const MOST_PARTS: usize = 20_000;

/// Nor are more subjects times parts: hundreds of bytes each, before they are rows of JSON.
const MOST_POINTS: usize = 5_000_000;

/// Why there is no answer.
enum Refusal {
    Sqlite(rusqlite::Error),
    /// So many subjects are too many for the parts.
    TooMany(usize),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// The database, open for reading beside who writes it. It is no file of the past: each question is about what is written by then.
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

impl Reader {
    /// Opens the history of a directory.
    ///
    /// # Errors
    /// When there is none, it is of a newer nbw, or it cannot be read.
    pub fn open(dir: &Path) -> Result<Self, HistoryError> {
        Ok(Self { connection: schema::open_for_reading(dir)?, path: dir.join(schema::FILE) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The first and the last moment of which anything is known, imports included. What was recorded while the clock could not
    /// be right does not count: half a century would have a day each.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let span = self.connection.query_row(
            r#"SELECT min(max(start, first)), max("end") FROM
               (SELECT start, "end", iif(source = 0, ?1, ?2) * 1000 AS first FROM coverage
                UNION ALL SELECT start * 1000, "end" * 1000, ?2 * 1000 FROM span) WHERE "end" > first"#,
            [days::FIRST, days::FIRST_IMPORTED],
            |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?)),
        );
        let (first, last) = span.ok()?;
        let time = |milliseconds: Option<i64>| Timestamp::from_millisecond(milliseconds?).ok();
        time(first).zip(time(last))
    }

    /// Answers a question. Each part of the time is answered from the coarsest tier whose parts fit into it, which has the same
    /// sums and peaks as the finer ones; where a boundary cuts a part of the finest tier that is left, its traffic is taken to
    /// be spread evenly over it. (The parts of the answer's first and last end are cut to the time asked about.)
    ///
    /// # Errors
    /// When the database cannot be read, or the parts are too many, alone or with the subjects.
    pub fn ask(&self, query: &Query) -> Result<Answer, HistoryError> {
        let parts = Parts::of(query);
        if parts.len() > MOST_PARTS {
            return Err(HistoryError::TooFine { parts: parts.len(), most: MOST_PARTS });
        }
        self.answer(query, &parts).map_err(|refusal| match refusal {
            Refusal::Sqlite(source) => self.because(source),
            Refusal::TooMany(subjects) => HistoryError::TooMany { subjects, parts: parts.len(), most: MOST_POINTS },
        })
    }

    fn answer(&self, query: &Query, parts: &Parts) -> Result<Answer, Refusal> {
        // One picture of the database for all that is read.
        let transaction = self.connection.unchecked_transaction()?;
        let layout = Layout::load(&transaction)?;
        let coverage = Coverage::load(&transaction, query.kind == Kind::Interface)?;
        let (chosen, gathered) = Chosen::gathered(&transaction, &layout, query, parts)?;
        let percentiles = Percentiles::load(&transaction, &layout, &coverage, &chosen, parts)?;
        let whole = (0..chosen.len()).map(|at| {
            let whole = percentiles.whole(&gathered, at);
            peaks::dated(&transaction, &layout, gathered.peaks(at), whole)
        });
        let whole = whole.collect::<rusqlite::Result<Vec<Whole>>>()?;
        let points = (0..chosen.len()).map(|at| percentiles.points(&gathered, at, parts));
        let series: Vec<Series> =
            chosen.subjects().zip(points).map(|(subject, points)| Series { subject, points }).collect();
        let parts = parts.iter().zip(percentiles.lengths()).map(|((start, end), &sample_seconds)| Part {
            start: second(start),
            end: second(end),
            recorded_seconds: coverage.seconds(start, end),
            sample_seconds,
        });
        Ok(Answer { parts: parts.collect(), series, whole, sample_seconds: percentiles.sample_seconds() })
    }

    fn because(&self, source: rusqlite::Error) -> HistoryError {
        HistoryError::of_reading(&self.path, source)
    }
}

/// A moment by its Unix time.
fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
