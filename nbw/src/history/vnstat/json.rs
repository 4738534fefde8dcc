//! The layout of `vnstat --json`.

use serde::Deserialize;
use thiserror::Error;

use crate::text;

/// No interface's name is longer; vnStat's sums of several (`eth0+eth1`) are.
const LONGEST_NAME: usize = 64;
/// Greater amounts are nobody's, from five minutes to years: 16 PiB a day is 1.6 Tbit/s. The hours of a day, of 16 interfaces,
/// have a sum that is a number still.
const MOST: [u64; 5] = [1 << 54, 1 << 54, 1 << 54, 1 << 60, 1 << 60];

/// Why something is no output of vnStat's that nbw understands.
#[derive(Debug, Error)]
pub enum DumpError {
    /// It is something else.
    #[error("this is no output of `vnstat --json`: {0}")]
    Other(#[from] serde_json::Error),
    /// It is of vnStat 1, which counted in KiB, or of one that is not known yet.
    #[error("the output of `vnstat --json` has version {0:?}, and nbw knows version 2 (of vnStat 2)")]
    Version(String),
}

/// All of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Dump {
    jsonversion: String,
    pub(super) interfaces: Vec<Interface>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Interface {
    pub(super) name: String,
    pub(super) updated: Moment,
    pub(super) traffic: Traffic,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Traffic {
    pub(super) fiveminute: Vec<Entry>,
    pub(super) hour: Vec<Entry>,
    pub(super) day: Vec<Entry>,
    pub(super) month: Vec<Entry>,
    pub(super) year: Vec<Entry>,
}

/// One entry, of whatever length.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Entry {
    #[serde(flatten)]
    pub(super) begin: Moment,
    pub(super) rx: u64,
    pub(super) tx: u64,
}

/// A time as vnStat writes it: on the clock of its host, and, by newer ones, as Unix time.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Moment {
    pub(super) date: Day,
    #[serde(default)]
    pub(super) time: Clock,
    pub(super) timestamp: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Day {
    pub(super) year: i16,
    #[serde(default = "first")]
    pub(super) month: i8,
    #[serde(default = "first")]
    pub(super) day: i8,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Clock {
    pub(super) hour: i8,
    #[serde(default)]
    pub(super) minute: i8,
}

fn first() -> i8 {
    1
}

impl Dump {
    /// Reads it.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &[u8]) -> Result<Self, DumpError> {
        let mut dump: Self = serde_json::from_slice(text)?;
        if dump.jsonversion != "2" {
            return Err(DumpError::Version(text::clean_to(&dump.jsonversion, 16).into_owned()));
        }
        for interface in &mut dump.interfaces {
            interface.name = text::clean_to(&interface.name, LONGEST_NAME).into_owned();
            for (entries, most) in interface.traffic.levels_mut().into_iter().zip(MOST) {
                entries.iter_mut().for_each(|entry| (entry.rx, entry.tx) = (entry.rx.min(most), entry.tx.min(most)));
            }
        }
        Ok(dump)
    }
}

impl Traffic {
    /// From fine to coarse.
    pub(super) fn levels(&self) -> [&[Entry]; 5] {
        [&self.fiveminute, &self.hour, &self.day, &self.month, &self.year]
    }

    fn levels_mut(&mut self) -> [&mut Vec<Entry>; 5] {
        [&mut self.fiveminute, &mut self.hour, &mut self.day, &mut self.month, &mut self.year]
    }
}
