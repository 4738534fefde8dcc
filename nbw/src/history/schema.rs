//! The database file: how it is opened, and what is in it.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::{HistoryError, error};
use crate::data_dir;

/// The database's name in its directory.
pub const FILE: &str = "history.db";

/// Each step makes of the layout before (`PRAGMA user_version`) the next one. What is here is never changed.
const MIGRATIONS: [&str; 2] = [include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// The first layout that has attacks.
pub(super) const WITH_EVENTS: i32 = 2;

/// No nbw will ever have a layout beyond this: a greater number is a damaged one.
const NEWEST: i32 = 1_000;

/// How long a writer waits for another one. Ticks do not wait with it.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often another process's short lock is waited for when reading.
const READING_PATIENCE: Duration = Duration::from_secs(5);

/// Opens the database of a directory for writing; makes what is missing, brings an old layout up to date.
pub(super) fn open_for_writing(dir: &Path) -> Result<Connection, HistoryError> {
    let path = dir.join(FILE);
    data_dir::make(dir).map_err(|source| HistoryError::File { path: dir.into(), source })?;
    // What SQLite puts beside it is for the same users. Where it cannot be made, SQLite says why.
    let _ = data_dir::make_file(&path);
    let open = || {
        let connection = Connection::open(&path)?;
        connection.busy_timeout(PATIENCE)?;
        prepare(&connection)?;
        Ok(connection)
    };
    let mut connection = match open() {
        Ok(connection) => connection,
        Err(source) => {
            check_header(&path)?;
            return Err(opening(&path, source));
        }
    };
    migrate(&mut connection, &path)?;
    Ok(connection)
}

/// What is wrong with a database that is being opened.
pub(super) fn opening(path: &Path, source: rusqlite::Error) -> HistoryError {
    if error::is_damage_when_opened(&source) {
        return HistoryError::Damaged { path: path.into(), what: source.to_string() };
    }
    HistoryError::Sqlite { path: path.into(), source }
}

/// SQLite takes a database whose header has other versions for one that may only be read, or is of a newer SQLite. Ours have 2
/// (WAL), or 1 for a moment. Only looked at where opening failed: closing a file that SQLite has open takes its locks away.
fn check_header(path: &Path) -> Result<(), HistoryError> {
    let mut header = [0; 20];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut header));
    if read.is_ok() && header[18..].iter().any(|version| !(1..=2).contains(version)) {
        return Err(HistoryError::Damaged { path: path.into(), what: "its header is".into() });
    }
    Ok(())
}

/// Opens the database of a directory for reading, beside who writes it.
pub(super) fn open_for_reading(dir: &Path) -> Result<Connection, HistoryError> {
    let path = dir.join(FILE);
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(HistoryError::NotThere(dir.into())),
        Err(source) => return Err(HistoryError::File { path, source }),
        Ok(_) => {}
    }
    if let Err(errno) = nix::unistd::eaccess(&path, nix::unistd::AccessFlags::R_OK) {
        return Err(HistoryError::File { path, source: errno.into() });
    }
    let sqlite = |source| HistoryError::of_reading(&path, source);
    let connection = open_to_read(&path).map_err(sqlite)?;
    let found = version(&connection).map_err(sqlite)?;
    match found {
        // An agent has just begun it.
        0 => Err(HistoryError::NotThere(dir.into())),
        // What an older one has written lacks nothing but what it did not know of.
        1.. if found <= MIGRATIONS.len() as i32 => Ok(connection),
        _ => Err(HistoryError::Newer { path, found, known: MIGRATIONS.len() as i32 }),
    }
}

/// In a directory in which the reader may write nothing, and nobody else does, the file is read as it is.
fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(READING_PATIENCE)?;
    match version(&connection) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => return Err(error),
        Err(_) if !path.with_extension("db-wal").exists() => {}
        _ => return settle(connection),
    }
    let mut uri = String::from("file:");
    uri.extend(
        form_urlencoded::byte_serialize(path.as_os_str().as_encoded_bytes()).map(|part| part.replace('+', "%20")),
    );
    uri.push_str("?immutable=1");
    settle(Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?)
}

fn settle(connection: Connection) -> rusqlite::Result<Connection> {
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "mmap_size", 1_i64 << 30)?;
    connection.pragma_update(None, "query_only", false)?;
    Ok(connection)
}

/// What has to be set before the first table is made, and for each connection. A commit is on the disk when it is done: a
/// power loss costs what was not committed, and no more.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -8_192)?;
    connection.pragma_update(None, "journal_size_limit", 16_i64 << 20)
}

pub(super) fn version(connection: &Connection) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), HistoryError> {
    let sqlite = |source| opening(path, source);
    let (found, known) = (version(connection).map_err(sqlite)?, MIGRATIONS.len() as i32);
    if !(0..=NEWEST).contains(&found) {
        return Err(HistoryError::Damaged { path: path.into(), what: format!("its layout is {found}") });
    }
    if found > known {
        return Err(HistoryError::Newer { path: path.into(), found, known });
    }
    for (number, step) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
        // Another process may have done it meanwhile: a table that is there already would be taken for damage.
        if version(&transaction).map_err(sqlite)? > number as i32 {
            continue;
        }
        transaction.execute_batch(step).map_err(sqlite)?;
        transaction.pragma_update(None, "user_version", number as i32 + 1).map_err(sqlite)?;
        transaction.commit().map_err(sqlite)?;
    }
    Ok(())
}

/// Looks through the whole file for what is out of order.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), HistoryError> {
    let told: rusqlite::Result<String> = connection.pragma_query_value(None, "quick_check", |row| row.get(0));
    match told {
        Ok(told) if told == "ok" => Ok(()),
        Ok(what) => Err(HistoryError::Damaged { path: path.into(), what }),
        Err(source) => Err(opening(path, source)),
    }
}

/// Moves the database aside, with all that SQLite keeps beside it; tells its new path.
pub(super) fn set_aside(dir: &Path) -> Result<PathBuf, HistoryError> {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let aside = (0..)
        .map(|number| if number == 0 { now.clone() } else { format!("{now}-{number}") })
        .map(|date| format!("{FILE}.corrupt-{date}"))
        .find(|name| !dir.join(name).exists())
        .unwrap_or_else(|| format!("{FILE}.corrupt"));
    for suffix in ["-wal", "-shm", ""] {
        let (from, to) = (dir.join(format!("{FILE}{suffix}")), dir.join(format!("{aside}{suffix}")));
        match fs::rename(&from, to) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(HistoryError::File { path: from, source });
            }
            _ => {}
        }
    }
    Ok(dir.join(aside))
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, sync::Barrier, thread};

    use super::*;

    #[test]
    fn others_see_nothing_of_it() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("var/nbw");
        let connection = open_for_writing(&dir).unwrap();
        connection.execute("INSERT INTO zone VALUES (0, 'UTC')", []).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir) & !0o750, 0);
        for name in [FILE.to_owned(), format!("{FILE}-wal"), format!("{FILE}-shm")] {
            assert_eq!(mode(&dir.join(&name)) & !0o640, 0, "{name}");
        }
    }

    #[test]
    fn two_that_begin_it_at_once_have_one_database() {
        for _ in 0..10 {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join(FILE);
            // Both have found nothing before either makes it.
            let both = [(); 2].map(|()| {
                let connection = Connection::open(&path).unwrap();
                connection.busy_timeout(READING_PATIENCE).unwrap();
                prepare(&connection).unwrap();
                connection
            });
            let barrier = Barrier::new(2);
            thread::scope(|scope| {
                for mut connection in both {
                    let (barrier, path) = (&barrier, &path);
                    scope.spawn(move || {
                        barrier.wait();
                        migrate(&mut connection, path).unwrap();
                    });
                }
            });
            assert!(open_for_reading(dir.path()).is_ok());
        }
    }
}
