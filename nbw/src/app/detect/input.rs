//! Captures that are read: from files, and from pipes that may wait for ever.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::fd::AsFd as _,
    path::Path,
};

use nbw_detect::capture::{ReadError, Reader};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::{app::work::Stop, failure::Failure, text};

const STDIN: &str = "-";

/// Opens a capture. Reading a pipe, or standard input, ends with an error when it is told to, also while nothing comes.
pub(super) fn open(file: &Path, stop: &Stop) -> Result<Reader, ReadError> {
    match pipe(file) {
        Some(input) => Reader::from_read(Stoppable { input, stop: stop.clone() }, &name(file)),
        None => Reader::open(file),
    }
}

/// Refuses what can be read only once.
///
/// # Errors
/// [`Failure::Usage`] where it is a pipe, a device, or standard input.
pub(super) fn check_rereadable(file: &Path, option: &str) -> Result<(), Failure> {
    if !is_read_once(file) {
        return Ok(());
    }
    let name = name(file);
    Err(Failure::Usage(format!(
        "{option} reads a capture more than once, which {name} cannot be: write it to a file first"
    )))
}

/// What is not there, and what cannot be read, is told by whoever opens it.
fn is_read_once(file: &Path) -> bool {
    file.as_os_str() == STDIN || fs::metadata(file).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

fn name(file: &Path) -> String {
    if file.as_os_str() == STDIN { "standard input".to_owned() } else { text::clean_path(file) }
}

/// What may wait; none where it is a file, or cannot be opened.
fn pipe(file: &Path) -> Option<File> {
    if file.as_os_str() == STDIN {
        // Without the buffer of Rust's own: what is in there, nobody can wait for.
        return io::stdin().as_fd().try_clone_to_owned().ok().map(File::from);
    }
    is_read_once(file).then(|| File::open(file).ok()).flatten()
}

struct Stoppable {
    input: File,
    stop: Stop,
}

impl Read for Stoppable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let waited_for = [self.input.as_fd(), self.stop.as_fd()];
        poll(&mut waited_for.map(|fd| PollFd::new(fd, PollFlags::POLLIN)), PollTimeout::NONE)?;
        if self.stop.is_told() {
            return Err(io::Error::other("stopped"));
        }
        self.input.read(buffer)
    }
}
