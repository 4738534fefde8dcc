//! Where a report goes: to standard output, or to a file, whole or not at all.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, IsTerminal, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::{Builder, NamedTempFile};

use crate::failure::{Failure, os_error};

/// Opened before the work starts, so that nobody works for nothing.
#[derive(Debug)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// A file that is renamed when it is whole. Until then, and where nbw is stopped, there is what was there before.
    Whole {
        /// Beside the file that it will be.
        file: NamedTempFile,
        /// What it will be called.
        path: PathBuf,
    },
    /// What is no ordinary file (a pipe, a device) and is not replaced by one.
    Special {
        /// Open.
        file: File,
        /// What it is called.
        path: PathBuf,
    },
}

impl Output {
    /// Opens the file, if one is given.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Stdout) };
        Self::open_file(path).map_err(|error| cannot(path, &error))
    }

    fn open_file(path: &Path) -> io::Result<Self> {
        // What a link leads to is replaced, and not the link.
        let path = fs::canonicalize(path).or_else(|_| led_to(path))?;
        let there = fs::metadata(&path);
        match &there {
            Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(there) if !there.is_file() => {
                return Ok(Self::Special { file: OpenOptions::new().write(true).open(&path)?, path });
            }
            _ => {}
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Says more of what is wrong with it than the making of a file in it.
        fs::metadata(directory)?;
        // As any new file: what the umask leaves.
        let file =
            Builder::new().prefix(".nbw-report-").permissions(Permissions::from_mode(0o666)).tempfile_in(directory)?;
        // Who may read the one that is replaced may read the new one, and nobody else.
        if let Ok(there) = there {
            file.as_file().set_permissions(Permissions::from_mode(there.permissions().mode() & 0o777))?;
        }
        Ok(Self::Whole { file, path })
    }

    /// Whether somebody looks at it on a terminal.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Stdout) && io::stdout().is_terminal()
    }

    /// Whether it may take what is written, or not, as long as it likes.
    pub fn can_hang(&self) -> bool {
        !matches!(self, Self::Whole { .. })
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// When it cannot be written; then the file is what it was before.
    pub fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush()).map_err(Failure::output)
            }
            Self::Special { mut file, path } => file.write_all(bytes).map_err(|error| cannot(&path, &error)),
            Self::Whole { file, path } => replace(file, &path, bytes).map_err(|error| cannot(&path, &error)),
        }
    }
}

/// As many links as Linux follows (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Where a name leads that leads to nothing yet: itself, or what a link is to.
fn led_to(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    Err(io::Error::from_raw_os_error(nix::libc::ELOOP))
}

fn replace(mut file: NamedTempFile, path: &Path, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    // On the disk before it has the name: whole also after a power loss.
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Without the name of the file that it was to be until it is whole: nobody knows that one.
fn cannot(path: &Path, error: &io::Error) -> Failure {
    let why =
        os_error(error).map_or_else(|| error.kind().to_string(), |code| io::Error::from_raw_os_error(code).to_string());
    Failure::Running(format!("cannot write {}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_there_when_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.html");
        fs::write(&path, "before").unwrap();
        let output = Output::open(Some(&path)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        output.write(b"after").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_private_stays_so() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.html");
        fs::write(&path, "before").unwrap();
        for mode in [0o600, 0o640, 0o664] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            Output::open(Some(&path)).unwrap().write(b"after").unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, mode);
        }
    }

    #[test]
    fn what_is_given_up_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.csv");
        drop(Output::open(Some(&path)).unwrap());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_link_stays_a_link_and_a_device_a_device() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, "before").unwrap();
        symlink(&file, &link).unwrap();
        Output::open(Some(&link)).unwrap().write(b"after").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
        assert!(matches!(Output::open(Some(Path::new("/dev/null"))).unwrap(), Output::Special { .. }));
    }

    #[test]
    fn a_link_to_what_is_not_there_yet_stays_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let (link, other, round) = ["link", "other", "round"].map(|name| directory.path().join(name)).into();
        symlink("other", &link).unwrap();
        symlink("file", &other).unwrap();
        Output::open(Some(&link)).unwrap().write(b"new").unwrap();
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("other"));
        assert_eq!(fs::read_to_string(directory.path().join("file")).unwrap(), "new");
        symlink("round", &round).unwrap();
        let error = Output::open(Some(&round)).unwrap_err().to_string();
        assert!(error.contains("symbolic links"), "{error}");
    }

    #[test]
    fn where_nothing_can_be_written_is_told_before_the_work() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let in_file = file.path().join("report.html");
        for (path, why) in [
            (Path::new("/no/such/directory/report.html"), "No such file or directory (os error 2)"),
            (Path::new("/"), "is a directory"),
            (&in_file, "not a directory"),
        ] {
            let error = Output::open(Some(path)).unwrap_err().to_string();
            assert!(error.to_lowercase().contains(&why.to_lowercase()), "{error}");
            assert!(error.starts_with("cannot write /") && !error.contains(".nbw-report-"), "{error}");
        }
    }
}
