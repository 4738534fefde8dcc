//! One agent at a time: a lock that the kernel releases however its holder ends.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
};
use serde::{Deserialize, Serialize};

use crate::{failure::Failure, text};

/// A holder's description is shorter.
const MOST_BYTES: u64 = 64 << 10;

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub pid: u32,
    /// Since when.
    pub since: jiff::Timestamp,
    /// Its configuration; none where it has only defaults.
    pub config: Option<PathBuf>,
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: Flock<File>,
}

/// Why there is no lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Somebody has it.
    #[error("{0}")]
    Held(String),
    /// It cannot be made.
    #[error("{0}")]
    Cannot(String),
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        Self::Running(error.to_string())
    }
}

impl Lock {
    /// Takes the lock in this file, which is made where there is none; it stays when the lock is released, as removing it
    /// would be a race with whoever takes it next.
    ///
    /// # Errors
    /// [`LockError`] names who holds it, or says that it cannot be made.
    pub fn take(path: &Path, holder: &Holder) -> Result<Self, LockError> {
        let file = open(path).map_err(|error| cannot(path, &error))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(mut file) => {
                write(&mut file, holder).map_err(|error| cannot(path, &error))?;
                Ok(Self { _file: file })
            }
            Err((file, Errno::EWOULDBLOCK)) => Err(LockError::Held(held(read(file).as_ref(), path))),
            Err((_, errno)) => Err(cannot(path, &errno.into())),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o640).custom_flags(libc::O_NOFOLLOW).open(path)
}

fn write(file: &mut File, holder: &Holder) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&serde_json::to_vec(holder)?)
}

/// None where it has not yet written who it is.
fn read(mut file: File) -> Option<Holder> {
    let mut bytes = Vec::new();
    file.rewind().ok()?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn held(holder: Option<&Holder>, path: &Path) -> String {
    let Some(Holder { pid, since, config }) = holder else {
        return format!("another nbw agent runs here already (it holds {})", path.display());
    };
    let config = config.as_ref().map_or_else(
        || "without a configuration file".to_owned(),
        |config| format!("with {}", text::clean(&config.to_string_lossy())),
    );
    format!(
        "another nbw agent runs here already: process {pid}, since {since:.0}, {config}; see `nbw status`, or give this one \
         another --socket and --data-dir"
    )
}

fn cannot(path: &Path, error: &io::Error) -> LockError {
    LockError::Cannot(format!("cannot make the lock {}: {error}", path.display()))
}
