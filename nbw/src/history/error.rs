//! What can go wrong with the history, as sentences.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;
use thiserror::Error;

use crate::failure::Failure;

/// Why the history cannot be opened, written or read.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// There is no database: no agent has written here.
    #[error("there is no history in {}: start `nbw agent`, or name its directory with --data-dir", .0.display())]
    NotThere(PathBuf),
    /// The database was written by a newer nbw.
    #[error("{} was written by a newer nbw (layout {found}, this one knows {known}): use that one", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its layout.
        found: i32,
        /// The newest layout that this nbw knows.
        known: i32,
    },
    /// The database file is damaged.
    #[error("{} is damaged ({what}): start the agent again: it takes out what is damaged, or begins a new one", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The tiers of the configuration make no sense.
    #[error("{0}")]
    Tiers(String),
    /// So many parts are not answered with.
    #[error("{parts} parts are too many, {most} at most: ask for longer parts (--every) or less time")]
    TooFine {
        /// How many there would be.
        parts: usize,
        /// How many there may be.
        most: usize,
    },
    /// Nor with so many subjects in so many parts.
    #[error(
        "{subjects} of them in {parts} parts are too many, {most} figures at most: name the busiest only (--top), or ask for \
         longer parts (--every) or less time"
    )]
    TooMany {
        /// How many subjects there would be by name.
        subjects: usize,
        /// In how many parts each.
        parts: usize,
        /// How many subjects times parts there may be.
        most: usize,
    },
    /// The directory or a file in it.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process holds it.
    #[error("another process has locked {}: try again when it is done", .0.display())]
    Locked(PathBuf),
    /// SQLite says no.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

impl HistoryError {
    /// What SQLite says while a database is read.
    pub(super) fn of_reading(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            _ if is_damage(&source) => Self::Damaged { path, what: in_short(&source) },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(path),
            _ => Self::Sqlite { path, source },
        }
    }

    /// Whether the file itself is damaged, so that trying again is of no use.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Sqlite { source, .. } => is_damage(source),
            _ => false,
        }
    }

    /// Whether it is the question that is wrong: another one would be answered.
    pub fn is_of_question(&self) -> bool {
        matches!(self, Self::TooFine { .. } | Self::TooMany { .. })
    }

    /// Whether the same database may be written to later: another process has it, or the disk is full.
    pub(super) fn is_passing(&self) -> bool {
        let passing = [ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked, ErrorCode::DiskFull];
        let Self::Sqlite { source, .. } = self else { return false };
        source.sqlite_error_code().is_some_and(|code| passing.contains(&code))
    }
}

/// SQLite's own sentence, without its number and what that stands for.
fn in_short(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(sentence)) => sentence.clone(),
        other => other.to_string(),
    }
}

impl From<HistoryError> for Failure {
    fn from(error: HistoryError) -> Self {
        match &error {
            HistoryError::File { path, source } if source.kind() == io::ErrorKind::PermissionDenied => {
                Self::Lacking(format!("{}: permission denied: run this as root (sudo)", path.display()))
            }
            HistoryError::Tiers(sentence) => Self::Usage(sentence.clone()),
            error if error.is_of_question() => Self::Usage(error.to_string()),
            error => Self::running(error),
        }
    }
}

/// Whether SQLite found the file to be no database, or a damaged one. No statement of ours violates a constraint or stumbles
/// over a type where tables and indices are what they should be. A number that became too great for its column is none: a row
/// that has one on the disk is found when the database is opened again.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    if extended == Some(rusqlite::ffi::SQLITE_CONSTRAINT_DATATYPE) {
        return false;
    }
    use ErrorCode::{ConstraintViolation, DatabaseCorrupt, NotADatabase, TypeMismatch};
    let damage = [ConstraintViolation, DatabaseCorrupt, NotADatabase, TypeMismatch];
    let wrong_type =
        matches!(error, rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::FromSqlConversionFailure(..));
    wrong_type || error.sqlite_error_code().is_some_and(|code| damage.contains(&code))
}

/// Whether it is damage where it is met while a database is opened: then nothing but our own layout is asked for, and where
/// that is not there (`SQLITE_ERROR`), it was changed.
pub(super) fn is_damage_when_opened(error: &rusqlite::Error) -> bool {
    is_damage(error) || error.sqlite_error_code() == Some(ErrorCode::Unknown)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::history::{Reader, schema};

    fn said(dir: &Path) -> String {
        Reader::open(dir).map(|_| ()).map_err(Failure::from).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_read_is_told_with_what_helps() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(schema::FILE);
        fs::write(&path, "this is no database, whatever its name says".repeat(30)).unwrap();
        let expected = format!("{} is damaged (file is not a database): start the agent again", path.display());
        assert!(said(dir.path()).starts_with(&expected), "{}", said(dir.path()));
        let locked =
            HistoryError::of_reading(&path, rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(5), None));
        assert_eq!(
            locked.to_string(),
            format!("another process has locked {}: try again when it is done", path.display())
        );
        let denied = HistoryError::File { path: path.clone(), source: io::ErrorKind::PermissionDenied.into() };
        let Failure::Lacking(sentence) = Failure::from(denied) else { unreachable!("it is a privilege") };
        assert_eq!(sentence, format!("{}: permission denied: run this as root (sudo)", path.display()));
    }

    #[test]
    fn a_number_that_is_too_great_is_no_damage() {
        let database = rusqlite::Connection::open_in_memory().unwrap();
        database
            .execute_batch("CREATE TABLE t (n INTEGER NOT NULL) STRICT; INSERT INTO t VALUES (9223372036854775807)")
            .unwrap();
        let overflow = database.execute("UPDATE t SET n = n + 1", []).unwrap_err();
        assert_eq!(overflow.sqlite_error_code(), Some(ErrorCode::ConstraintViolation));
        assert!(!is_damage(&overflow), "{overflow}");
        let missing = database.execute("UPDATE t SET n = NULL", []).unwrap_err();
        assert!(is_damage(&missing), "{missing}");
    }
}
