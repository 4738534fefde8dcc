//! Files that others choose, named by the user or found in other users' homes: read without waiting, and not without end.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::{
        fd::AsRawFd,
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::Path,
};

/// The first `most` bytes of a regular file; with `owner`, only of that user's.
///
/// # Errors
/// The operating system's; `InvalidInput` where it is no regular file, or somebody else's.
pub fn read(path: &Path, owner: Option<u32>, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path, owner)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Nothing but a regular file is even opened, as opening can do things (a FIFO waits, a watchdog starts).
fn open(path: &Path, owner: Option<u32>) -> io::Result<File> {
    let refuse = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    let found = OpenOptions::new().read(true).custom_flags(libc::O_PATH).open(path)?;
    let metadata = found.metadata()?;
    if !metadata.is_file() {
        return refuse("not a regular file");
    }
    if owner.is_some_and(|owner| owner != metadata.uid()) {
        return refuse("somebody else's file");
    }
    let same = format!("/proc/self/fd/{}", found.as_raw_fd());
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(same)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use nix::{sys::stat::Mode, unistd};

    use super::*;

    #[test]
    fn only_regular_files_of_the_owner_are_read_and_not_without_end() {
        let root = tempfile::tempdir().unwrap();
        let (fifo, file) = (root.path().join("fifo"), root.path().join("file"));
        unistd::mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        fs::write(&file, "1234").unwrap();
        for other in [&fifo, root.path(), Path::new("/dev/zero")] {
            assert_eq!(read(other, None, 3).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{other:?}");
        }
        assert_eq!(read(&root.path().join("none"), None, 3).unwrap_err().kind(), io::ErrorKind::NotFound);
        let uid = unistd::getuid().as_raw();
        assert_eq!(read(&file, Some(uid), 3).unwrap(), b"123");
        assert_eq!(read(&file, None, 9).unwrap(), b"1234");
        assert!(read(&file, Some(uid + 1), 3).is_err());
    }
}
