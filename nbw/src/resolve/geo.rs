//! Which country and which network an address belongs to, from MMDB files that the user names.
//!
//! Understood are the layouts of GeoLite2 and GeoIP2 (Country, City, ASN, ISP), of DB-IP (the same), and of ipinfo.
//! Files are read into memory, not mapped: a mapped file that somebody truncates (`cp` over it instead of a rename) would
//! end nbw with SIGBUS. They cost their size: some 10 MB for a country or ASN file, 60 MB and more for a city file.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Once},
};

use maxminddb::{MaxMindDbError, Reader};
use record::Record;

use crate::{failure::Failure, files};

mod record;
#[cfg(test)]
mod tests;

/// No database is longer, in bytes: its own pointers have 32 bits.
const MOST_BYTES: u64 = 4 << 30;

/// Where an address is, as far as the databases know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// ISO 3166-1 code of the country, two capital letters.
    pub country: Option<Arc<str>>,
    /// The country's English name.
    pub country_name: Option<Arc<str>>,
    /// The autonomous system's number and its organisation: `AS64500 Example Net`.
    pub network: Option<Arc<str>>,
}

impl Place {
    /// Takes what is missing from `other`. A country's code and its name come from the same database.
    fn fill(&mut self, other: Self) {
        if self.country.is_none() && self.country_name.is_none() {
            (self.country, self.country_name) = (other.country, other.country_name);
        }
        self.network = self.network.take().or(other.network);
    }
}

/// The databases, in the order in which they are asked.
#[derive(Debug)]
pub struct Geo {
    databases: Vec<Database>,
}

impl Geo {
    /// Reads the databases at `paths` into memory. Blocks as long as that takes: a large one on a slow disk takes seconds.
    ///
    /// # Errors
    /// [`Failure::Usage`] names the first file that is not there, cannot be read, or is no MMDB database.
    pub fn open(paths: &[PathBuf]) -> Result<Self, Failure> {
        let databases = paths.iter().map(|path| Database::open(path)).collect::<Result<_, _>>()?;
        Ok(Self { databases })
    }

    /// Where the address is. Of several databases that know its country or its network the first is believed.
    ///
    /// Takes microseconds, and reserves memory for what it returns: keep the answer, which never changes. A damaged
    /// database knows nothing of what it has lost; that is logged once.
    pub fn look_up(&self, ip: IpAddr) -> Option<Place> {
        let ip = ip.to_canonical();
        let mut place = Place::default();
        for found in self.databases.iter().filter_map(|database| database.look_up(ip)) {
            place.fill(found);
        }
        (place != Place::default()).then_some(place)
    }
}

#[derive(Debug)]
struct Database {
    path: PathBuf,
    reader: Reader<Vec<u8>>,
    complained: Once,
}

impl Database {
    fn open(path: &Path) -> Result<Self, Failure> {
        let refuse =
            |why: &dyn std::fmt::Display| Failure::Usage(format!("--mmdb (names.mmdb) {}: {why}", path.display()));
        let bytes = files::read(path, None, MOST_BYTES).map_err(|error| refuse(&error))?;
        let reader = Reader::from_source(bytes).map_err(|error| refuse(&format!("not an MMDB database: {error}")))?;
        Ok(Self { path: path.to_owned(), reader, complained: Once::new() })
    }

    fn look_up(&self, ip: IpAddr) -> Option<Place> {
        if ip.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return None;
        }
        let record = self.record(ip).unwrap_or_else(|error| {
            self.complained.call_once(|| tracing::warn!("{} is damaged: {error}", self.path.display()));
            None
        })?;
        Some(record.into_place())
    }

    fn record(&self, ip: IpAddr) -> Result<Option<Record>, MaxMindDbError> {
        self.reader.lookup(ip)?.decode()
    }
}
