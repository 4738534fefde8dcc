//! A history of ten days of five containers, one of them with a name that is out for trouble.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use nbw::history::{Database, Kind, Tiers, synthetic::Synthetic};
use nbw_tests::lab::Ended;

/// Ends a script element, sets an image that runs a script, ends an attribute, and breaks a line where JSON may and scripts
/// may not.
pub(crate) const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\u{2028}\"'&";
pub(crate) const NAMES: [&str; 5] = ["web", "db", HOSTILE, "backup", "größe"];
const DAYS: i64 = 10;

/// Where it is, and what is in it.
pub(crate) struct Past {
    directory: PathBuf,
    pub(crate) made: Synthetic,
    /// A whole hour.
    pub(crate) begin: Timestamp,
}

static PAST: LazyLock<Past> = LazyLock::new(Past::make);

impl Past {
    /// The one that all tests read.
    pub(crate) fn known() -> &'static Self {
        &PAST
    }

    fn make() -> Self {
        // What is static is never dropped: the next run begins by clearing up.
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-past");
        let _ = fs::remove_dir_all(&directory);
        let made = Synthetic::named(Kind::Container, &NAMES);
        let now = Timestamp::now().as_second();
        let end = Timestamp::from_second(now - now % 10).expect("a time");
        let begin = Timestamp::from_second(now - now % 3_600 - DAYS * 86_400).expect("a time");
        let tiers = Tiers::default().in_zone(TimeZone::UTC);
        let mut database = Database::open(&directory, &tiers).expect("a database");
        made.write(&mut database, begin, end).expect("a written history");
        Self { directory, made, begin }
    }

    /// The whole hour so many hours after the begin.
    pub(crate) fn hour(&self, count: i64) -> Timestamp {
        self.begin + SignedDuration::from_hours(count)
    }

    /// Runs `nbw report OPTIONS` on it, in UTC; `$OUT` is a directory.
    pub(crate) fn report(&self, options: &str) -> Ended {
        self.shell(&format!("TZ=UTC $NBW report --data-dir $DATA {options}"))
    }

    /// Runs a line of bash in which `$NBW` is the binary and `$DATA` the history.
    pub(crate) fn shell(&self, line: &str) -> Ended {
        let data = self.directory.to_str().expect("a path in UTF-8");
        Ended::shell("", &format!("DATA={data}; {line}"))
    }
}
