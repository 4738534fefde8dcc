//! `resolv.conf` and `hosts`: what they say, and whether they have changed.

use std::{
    collections::HashMap,
    fs, io,
    net::IpAddr,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{files, text};

/// No file is read further than this.
const MOST_BYTES: u64 = 16 << 20;

/// Names in a hosts file are kept of so many addresses.
const MOST_HOSTS: usize = 65_536;

/// The system's own names for addresses.
///
/// hickory-resolver reads hosts files too, but does not keep which of an address's names is the first (the canonical one:
/// hosts(5)), and goes through all of them for each question.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    names: HashMap<IpAddr, Arc<str>>,
}

impl Hosts {
    pub(super) fn name(&self, ip: IpAddr) -> Option<Arc<str>> {
        self.names.get(&ip).cloned()
    }

    /// Lines of an address and its names, the canonical one first; `#` begins a comment.
    fn of(text: &str) -> Self {
        let mut names = HashMap::new();
        for (ip, name) in text.lines().filter_map(host).take(MOST_HOSTS) {
            names.entry(ip).or_insert_with(|| text::clean(name).into());
        }
        Self { names }
    }
}

/// The address and the canonical name in a line, if it is of use. Lists of blocked names have thousands of `0.0.0.0` and
/// `127.0.0.1`, which are nobody's address.
fn host(line: &str) -> Option<(IpAddr, &str)> {
    let mut words = line.split('#').next()?.split_whitespace();
    let ip = words.next()?.parse::<IpAddr>().ok()?.to_canonical();
    let name = words.next()?;
    (!ip.is_loopback() && !ip.is_unspecified()).then_some((ip, name))
}

/// What both files say.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) hosts: Arc<Hosts>,
    pub(super) resolv_conf: io::Result<Vec<u8>>,
    read: [Stamp; 2],
}

/// What changes when a file does.
type Stamp = Option<(u64, u64, i64, i64, u64)>;

impl Files {
    /// Reads both; blocks. A hosts file that is missing or cannot be read has no names in it.
    pub(super) fn read(paths: &Paths) -> Self {
        // Before reading, so that a change meanwhile is seen later.
        let read = paths.stamps();
        let hosts = contents(&paths.hosts).unwrap_or_default();
        let hosts = Arc::new(Hosts::of(&String::from_utf8_lossy(&hosts)));
        Self { hosts, resolv_conf: contents(&paths.resolv_conf), read }
    }

    /// For when they could not even be tried to be read.
    pub(super) fn none() -> Self {
        Self { hosts: Arc::default(), resolv_conf: Err(io::Error::other("not read")), read: [None; 2] }
    }

    /// Whether one of the files is another than what was read. Two system calls.
    pub(super) fn are_outdated(&self, paths: &Paths) -> bool {
        self.read != paths.stamps()
    }
}

/// Where the files are.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    pub(super) resolv_conf: PathBuf,
    pub(super) hosts: PathBuf,
}

impl Paths {
    fn stamps(&self) -> [Stamp; 2] {
        [&self.resolv_conf, &self.hosts].map(|path| stamp(path))
    }
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino(), file.mtime(), file.mtime_nsec(), file.size()))
}

fn contents(path: &Path) -> io::Result<Vec<u8>> {
    files::read(path, None, MOST_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_of_the_first_line_counts() {
        let hosts = Hosts::of(
            "# comment\n192.0.2.1 gate.example gate # not this\n192.0.2.1 other\n\t2001:db8::1\tsix\n\
             ::ffff:192.0.2.2 mapped\n192.0.2.3\nnonsense line\n192.0.2.4 # nothing\n127.0.0.1 blocked\n0.0.0.0 blocked\n",
        );
        let name = |ip: &str| hosts.name(ip.parse().unwrap());
        assert_eq!(name("192.0.2.1").as_deref(), Some("gate.example"));
        assert_eq!(name("2001:db8::1").as_deref(), Some("six"));
        assert_eq!(name("192.0.2.2").as_deref(), Some("mapped"));
        assert_eq!(hosts.names.len(), 3);
    }

    #[test]
    fn a_hostile_file_is_bounded_and_cleaned() {
        let lines: String =
            (0..100_000_u32).map(|n| format!("{} \x1b[2J{n}\n", std::net::Ipv4Addr::from(n + (1 << 24)))).collect();
        let hosts = Hosts::of(&lines);
        assert_eq!(hosts.names.len(), MOST_HOSTS);
        assert_eq!(hosts.name([1, 0, 0, 0].into()).as_deref(), Some("\u{FFFD}[2J0"));
    }

    #[test]
    fn a_change_is_seen_and_an_absent_file_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let paths = Paths { resolv_conf: directory.path().join("resolv.conf"), hosts: directory.path().join("hosts") };
        let files = Files::read(&paths);
        assert!(files.resolv_conf.is_err() && files.hosts.names.is_empty() && !files.are_outdated(&paths));
        fs::write(&paths.hosts, "192.0.2.1 gate\n").unwrap();
        assert!(files.are_outdated(&paths));
        let files = Files::read(&paths);
        assert_eq!(files.hosts.names.len(), 1);
        assert!(!files.are_outdated(&paths));
        // As tools do it: a new file takes the old one's place.
        fs::write(directory.path().join("new"), "192.0.2.1 goat\n").unwrap();
        fs::rename(directory.path().join("new"), &paths.hosts).unwrap();
        assert!(files.are_outdated(&paths));
    }
}
