//! How the recording goes.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pending::Amount;
use crate::history::{FILE, Size};

/// How the recording goes, for `nbw status`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    /// The database.
    pub database: PathBuf,
    /// How much there is in it, counted from time to time; none before it was opened.
    pub size: Option<Size>,
    /// Until when all is written.
    pub last_written: Option<Timestamp>,
    /// What is not written yet.
    pub pending: Left,
    /// Why nothing can be written; none where it can.
    pub fault: Option<Fault>,
    /// Where damaged databases were moved to since the start.
    pub set_aside: Vec<PathBuf>,
}

/// What is not written yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Left {
    /// Parts of time.
    pub parts: usize,
    /// Figures of a subject in a part of time.
    pub cells: usize,
    /// Begin of the oldest part.
    pub since: Option<Timestamp>,
    /// Bytes that were given up, over all kinds, because there was no room to keep them.
    pub lost_bytes: u64,
}

/// Why nothing can be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The sentence.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
}

/// What the writer tells.
pub(super) struct Told {
    database: PathBuf,
    pub(super) size: Option<Size>,
    pub(super) last_written: Option<Timestamp>,
    pub(super) fault: Option<Fault>,
    pub(super) set_aside: Vec<PathBuf>,
}

impl Told {
    pub(super) fn new(dir: &Path) -> Self {
        Self { database: dir.join(FILE), size: None, last_written: None, fault: None, set_aside: Vec::new() }
    }

    /// Notes why it goes wrong; whether that is news.
    pub(super) fn fails(&mut self, message: String) -> bool {
        let news = self.fault.as_ref().is_none_or(|fault| fault.message != message);
        let since = self.fault.as_ref().map_or_else(Timestamp::now, |fault| fault.since);
        self.fault = Some(Fault { message, since });
        news
    }

    pub(super) fn status(&self, left: Amount, lost_bytes: u64) -> Status {
        let Amount { parts, cells, since } = left;
        let since = since.and_then(|since| Timestamp::from_second(since).ok());
        Status {
            database: self.database.clone(),
            size: self.size,
            last_written: self.last_written,
            pending: Left { parts, cells, since, lost_bytes },
            fault: self.fault.clone(),
            set_aside: self.set_aside.clone(),
        }
    }
}
