//! Where what was asked for goes: to standard output, or to a file, whole or not at all.

mod capture;

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, IsTerminal, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tempfile::{Builder, NamedTempFile, TempPath};

pub use self::capture::CaptureFile;
use crate::{
    failure::{Failure, os_error},
    text,
};

/// Opened before the work starts, so that nobody works for nothing.
#[derive(Debug)]
pub struct Output {
    name: Name,
    to: To,
}

/// What it is called; none is standard output.
#[derive(Debug, Clone)]
struct Name(Option<PathBuf>);

#[derive(Debug)]
enum To {
    Stdout,
    /// A file that is renamed when it is whole. Until then, and where nbw is stopped, there is what was there before.
    Whole {
        file: File,
        temporary: Temporary,
        /// What it will be: where links lead to.
        path: PathBuf,
    },
    /// What is no ordinary file (a pipe, a device) and is not replaced by one.
    Special(File),
}

/// The name of a file that is not whole, while it is not. Whoever takes it has to say what becomes of the file.
type Temporary = Arc<Mutex<Option<TempPath>>>;

/// Removes what is not whole, wherever the [`Output`] is, and whatever it waits for.
#[derive(Debug)]
pub struct GiveUp(Option<Temporary>);

impl Drop for GiveUp {
    fn drop(&mut self) {
        drop(self.0.as_ref().and_then(take));
    }
}

impl Output {
    /// Opens the file, if one is given; `-` is standard output. A pipe with a name is open when somebody reads it.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            return Ok(Self { name: Name(None), to: To::Stdout });
        };
        let name = Name(Some(path.to_owned()));
        match To::open(path) {
            Ok(to) => Ok(Self { name, to }),
            Err(error) => Err(name.cannot(&error)),
        }
    }

    /// Whether somebody looks at it on a terminal.
    pub fn is_terminal(&self) -> bool {
        matches!(self.to, To::Stdout) && io::stdout().is_terminal()
    }

    /// Whether it may take what is written, or not, as long as it likes.
    pub fn can_hang(&self) -> bool {
        !matches!(self.to, To::Whole { .. })
    }

    /// What has to be dropped where nobody waits for the end of the work.
    pub fn give_up(&self) -> GiveUp {
        match &self.to {
            To::Whole { temporary, .. } => GiveUp(Some(temporary.clone())),
            _ => GiveUp(None),
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// When it cannot be written; then the file is what it was before.
    pub fn write(mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.to.write_all(bytes).map_err(|error| self.name.cannot(&error))?;
        self.finish()
    }

    /// Ends it: a file is there now, on the disk.
    fn finish(self) -> Result<(), Failure> {
        self.to.finish().map_err(|error| self.name.cannot(&error))
    }
}

impl To {
    fn open(path: &Path) -> io::Result<Self> {
        let there = fs::metadata(path);
        match &there {
            Ok(there) if there.is_dir() => return Err(io::Error::from_raw_os_error(nix::libc::EISDIR)),
            Ok(there) if !there.is_file() => return Ok(Self::Special(OpenOptions::new().write(true).open(path)?)),
            _ => {}
        }
        // What a link leads to is replaced, and not the link.
        let path = led_to(path)?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Says more of what is wrong with it than the making of a file in it.
        fs::metadata(directory)?;
        let file = temporary(directory)?;
        // Who may read the one that is replaced may read the new one, and nobody else.
        if let Ok(there) = there {
            file.as_file().set_permissions(Permissions::from_mode(there.permissions().mode() & 0o777))?;
        }
        let (file, temporary) = file.into_parts();
        Ok(Self::Whole { file, temporary: Arc::new(Mutex::new(Some(temporary))), path })
    }

    fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        let Self::Whole { file, temporary, path } = self else { return Ok(()) };
        // On the disk before it has the name: whole also after a power loss.
        file.sync_all()?;
        let temporary = take(&temporary).ok_or(io::ErrorKind::Interrupted)?;
        temporary.persist(path).map_err(|error| error.error)
    }
}

impl Write for To {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout => io::stdout().write(bytes),
            Self::Whole { file, .. } | Self::Special(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().flush(),
            Self::Whole { file, .. } | Self::Special(file) => file.flush(),
        }
    }
}

impl Name {
    /// Without the name of the file that it was to be until it is whole: nobody knows that one. A reader who has gone away is no
    /// failure, whatever he has read from.
    fn cannot(&self, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::ClosedPipe;
        }
        let why = os_error(error)
            .map_or_else(|| error.kind().to_string(), |code| io::Error::from_raw_os_error(code).to_string());
        let name = self.0.as_deref().map(text::clean_path);
        Failure::Running(format!("cannot write {}: {why}", name.as_deref().unwrap_or("to standard output")))
    }
}

/// As any new file: what the umask leaves. What is wrong is told as the operating system does.
fn temporary(directory: &Path) -> io::Result<NamedTempFile> {
    let mut code = None;
    let open = |path: &Path| {
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o666).open(path);
        opened.inspect_err(|error| code = error.raw_os_error())
    };
    let made = Builder::new().prefix(".nbw-").make_in(directory, open);
    made.map_err(|error| code.map_or(error, io::Error::from_raw_os_error))
}

/// Refuses to replace what is read.
///
/// # Errors
/// [`Failure::Usage`] when they are one file, by whatever names.
pub fn not_onto(output: &Path, input: &Path) -> Result<(), Failure> {
    let file = |path: &Path| fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|file| (file.dev(), file.ino()));
    if file(output).is_none_or(|written| file(input) != Some(written)) {
        return Ok(());
    }
    let name = text::clean_path(output);
    Err(Failure::Usage(format!("what is written would replace {name}, which is read: give another file to write")))
}

fn take(temporary: &Temporary) -> Option<TempPath> {
    temporary.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// As many links as Linux follows (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Where a name leads, also one that leads to nothing yet: itself, or what a link is to.
fn led_to(path: &Path) -> io::Result<PathBuf> {
    if let Ok(path) = fs::canonicalize(path) {
        return Ok(path);
    }
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    Err(io::Error::from_raw_os_error(nix::libc::ELOOP))
}

#[cfg(test)]
mod tests {
    use std::os::{fd::AsRawFd, unix::fs::symlink};

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
    fn what_still_waits_somewhere_leaves_nothing_behind_either() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.csv");
        fs::write(&path, "before").unwrap();
        let output = Output::open(Some(&path)).unwrap();
        drop(output.give_up());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        output.write(b"too late").unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        let whole = Output::open(Some(&path)).unwrap();
        let give_up = whole.give_up();
        whole.write(b"after").unwrap();
        drop(give_up);
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
    }

    #[test]
    fn what_is_read_is_not_replaced_by_any_of_its_names() {
        let directory = tempfile::tempdir().unwrap();
        let [file, link, hard, other] = ["file", "link", "hard", "other"].map(|name| directory.path().join(name));
        fs::write(&file, "read").unwrap();
        fs::write(&other, "other").unwrap();
        symlink("file", &link).unwrap();
        fs::hard_link(&file, &hard).unwrap();
        for output in [&file, &link, &hard, &directory.path().join("../").join(&file)] {
            let told = not_onto(output, &file).unwrap_err();
            assert!(matches!(&told, Failure::Usage(why) if why.contains("would replace")), "{told}");
        }
        for output in [other.as_path(), Path::new("/dev/null"), Path::new("none"), directory.path()] {
            not_onto(output, &file).unwrap();
        }
        not_onto(Path::new("/dev/null"), Path::new("/dev/null")).unwrap();
    }

    #[test]
    fn a_reader_who_went_away_is_no_failure() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let pipe = format!("/proc/self/fd/{}", writer.as_raw_fd());
        let told = Output::open(Some(Path::new(&pipe))).map(|output| output.write(b"x").unwrap_err());
        assert!(matches!(told, Ok(Failure::ClosedPipe)), "{told:?}");
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
        Output::open(Some(Path::new("/dev/null"))).unwrap().write(b"after").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
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
        let cannot = |path: &Path, why: &str| {
            assert_eq!(Output::open(Some(path)).unwrap_err().to_string(), format!("cannot write {why}"));
        };
        cannot(
            Path::new("/no/such/directory/report.html"),
            "/no/such/directory/report.html: No such file or directory (os error 2)",
        );
        cannot(Path::new("/"), "/: Is a directory (os error 21)");
        cannot(Path::new("/proc/report.html"), "/proc/report.html: No such file or directory (os error 2)");
        cannot(&in_file, &format!("{}: Not a directory (os error 20)", in_file.display()));
        cannot(Path::new("/no\u{1b}[2J/x"), "/no\u{fffd}[2J/x: No such file or directory (os error 2)");
    }
}
