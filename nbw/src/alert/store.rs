//! Keeping [`Saved`] on disk: written whole or not at all, and never in the way of watching.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::Deserialize;
use tempfile::NamedTempFile;

use super::saved::{Saved, VERSION};
use crate::data_dir;

/// The file's name in the state directory.
const NAME: &str = "alerts.json";
/// A greater file is not ours; so none is written.
const GREATEST: u64 = 256 << 20;

/// The file in a directory of nbw's own, such as `/var/lib/nbw`.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
    /// Bytes.
    greatest: u64,
}

/// What a [`Store`] had.
#[derive(Debug, Default)]
pub struct Restored {
    /// What was saved, if anything was that can be read.
    pub saved: Option<Saved>,
    /// A sentence for the user where something was and cannot.
    pub warning: Option<String>,
}

/// The state could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep the state of alerts in {path}: {reason}; after a restart they may be told again", path = path.display())]
pub struct StoreError {
    path: PathBuf,
    reason: io::Error,
}

/// As much as every layout has.
#[derive(Deserialize)]
struct Layout {
    version: u32,
}

impl Store {
    /// In this directory, which is made when something is first written.
    pub fn new(directory: &Path) -> Self {
        Self { path: directory.join(NAME), greatest: GREATEST }
    }

    /// One that refuses files greater than this.
    #[cfg(test)]
    pub(super) fn with_greatest(self, greatest: u64) -> Self {
        Self { greatest, ..self }
    }

    /// Reads what was saved. A file that cannot be understood is set aside under a name with the date `now`, so that it
    /// can be looked at and the next one does not overwrite it; the warning names it.
    pub fn read(&self, now: Timestamp) -> Restored {
        match self.text() {
            Ok(text) => match parse(&text) {
                Ok(saved) => Restored { saved: Some(saved), warning: None },
                Err(reason) => Restored { saved: None, warning: Some(self.set_aside(&reason, now)) },
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Restored::default(),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Restored { saved: None, warning: Some(self.set_aside(&error.to_string(), now)) }
            }
            Err(error) => Restored { saved: None, warning: Some(self.unread(&error)) },
        }
    }

    /// Writes it: to a file beside, which takes the place of the old one once it is on disk.
    ///
    /// # Errors
    /// Where the directory cannot be made or written to, or the disk is full. The old file is untouched then.
    pub fn write(&self, saved: &Saved) -> Result<(), StoreError> {
        self.replace(saved).map_err(|reason| StoreError { path: self.path.clone(), reason })
    }

    fn replace(&self, saved: &Saved) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        data_dir::make(directory)?;
        let text = serde_json::to_vec(saved)?;
        if text.len() as u64 > self.greatest {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, self.too_large(text.len())));
        }
        let mut file = NamedTempFile::with_prefix_in(".alerts-", directory)?;
        file.write_all(&text)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        File::open(directory)?.sync_all()
    }

    fn too_large(&self, length: usize) -> String {
        let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
        let (length, greatest) = (mebibytes(length as u64), mebibytes(self.greatest));
        format!(
            "it takes {length} MiB, and no more than {greatest} MiB are read again: narrow the patterns of the rules"
        )
    }

    fn text(&self) -> io::Result<String> {
        let kind = fs::metadata(&self.path)?;
        if !kind.is_file() || kind.len() > self.greatest {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file of nbw's"));
        }
        fs::read_to_string(&self.path)
    }

    fn set_aside(&self, reason: &str, now: Timestamp) -> String {
        let aside = self.path.with_file_name(format!("{NAME}.{}", now.strftime("%Y-%m-%dT%H%M%SZ")));
        let what = format!("the state of alerts in {} cannot be read ({reason})", self.path.display());
        match fs::rename(&self.path, &aside) {
            Ok(()) => format!("{what}: it is {} now, and alerts begin anew", aside.display()),
            Err(error) => format!("{what}, nor set aside ({error}): alerts begin anew"),
        }
    }

    fn unread(&self, error: &io::Error) -> String {
        format!("the state of alerts in {} cannot be read ({error}): alerts begin anew", self.path.display())
    }
}

fn parse(text: &str) -> Result<Saved, String> {
    let broken = |error: serde_json::Error| error.to_string();
    let layout: Layout = serde_json::from_str(text).map_err(broken)?;
    if layout.version != VERSION {
        return Err(format!("it is of version {}, and this nbw knows version {VERSION}", layout.version));
    }
    serde_json::from_str(text).map_err(broken)
}
