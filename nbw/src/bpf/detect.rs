//! What the kernel side shows of packets that may be part of an attack.

use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher,
    net::SocketAddr,
};

use aya::maps::{HashMap as BpfHashMap, MapData, MapError};
use nbw_common::abi::{
    BUDGET, CONTROL_ERA, CONTROL_PORTS, CONTROL_RATES, CONTROL_SEED, CONTROL_WATCHED, CONTROLS, Digest, Endpoint,
    MOST_WATCHED, RING_BYTES, maps, port_bit,
};

use super::{Object, ring::Ring, shared::Words};
use crate::failure::{Failure, os_error, with_causes};

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectOptions {
    /// Size of the ring of digests, a power of two and at least 64 KiB.
    pub ring_bytes: u32,
    /// Packets of one interface and pace (those of a kind, both directions together) of which each is looked at between two
    /// readings of the ring, on all CPUs together; beyond, they are sampled.
    pub budget: u32,
}

impl Default for DetectOptions {
    fn default() -> Self {
        Self { ring_bytes: RING_BYTES, budget: BUDGET }
    }
}

impl DetectOptions {
    /// The least that a CPU looks at before it samples, however many CPUs there are.
    const LEAST: u32 = 16;

    /// One CPU's share of the budget, as a power of two.
    pub(super) fn budget_of_cpu(self, cpus: u32) -> u32 {
        (self.budget / cpus).max(Self::LEAST).ilog2()
    }
}

/// The ring of digests, and what governs it.
pub struct Digests {
    ring: Ring,
    control: Words,
    watched: BpfHashMap<MapData, Endpoint, u32>,
    known: HashSet<SocketAddr>,
}

/// What was read of the ring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Read {
    /// How many digests.
    pub digests: usize,
    /// Whether these are all of packets that were seen before this reading began: none was left in the ring, or unfinished.
    pub complete: bool,
}

impl Digests {
    /// Takes them from an object that was loaded with detection.
    ///
    /// # Errors
    /// When the object lacks them, or they cannot be mapped.
    pub fn open(object: &mut Object) -> Result<Self, Failure> {
        let control = object.map_words(maps::DETECT_CONTROL, CONTROLS, size_of::<u64>())?;
        control.store(CONTROL_SEED as usize, seed());
        let ring = Ring::open(object.take_map(maps::DIGESTS)?)
            .map_err(|error| Failure::Running(format!("cannot map the ring of digests into memory: {error}")))?;
        Ok(Self { control, ring, watched: object.take_map(maps::WATCHED)?, known: HashSet::new() })
    }

    /// Reads what is in the ring, in the order in which it was put there, and begins the next era of sampling. What comes while
    /// this reads is read too, but not without end: a flood does not keep it here.
    pub fn read(&mut self, each: impl FnMut(&Digest)) -> Read {
        const MOST: usize = RING_BYTES as usize / size_of::<Digest>();
        self.read_at_most(MOST, each)
    }

    /// As [`Self::read`], of so many.
    pub fn read_at_most(&mut self, most: usize, mut each: impl FnMut(&Digest)) -> Read {
        // What was seen before this moment has its place already.
        let taken = self.ring.taken();
        let mut digests = 0;
        while digests < most
            && let Some(entry) = self.ring.next()
        {
            digest(&entry).iter().for_each(&mut each);
            digests += 1;
        }
        let era = self.control.load(CONTROL_ERA as usize);
        self.control.store(CONTROL_ERA as usize, era.wrapping_add(1));
        Read { digests, complete: self.ring.is_read_to(taken) }
    }

    /// Has the kernel side show established TCP packets of these endpoints too, and of no others; of too many, those that come
    /// first.
    ///
    /// # Errors
    /// When the kernel refuses one; then it shows what it has taken so far.
    pub fn watch(&mut self, endpoints: impl IntoIterator<Item = SocketAddr>) -> Result<(), Failure> {
        let wanted: HashSet<SocketAddr> = endpoints.into_iter().take(MOST_WATCHED as usize).collect();
        let changed = self.change(&wanted);
        self.tell_ports();
        self.control.store(CONTROL_WATCHED as usize, self.known.len() as u64);
        changed.map_err(|error| {
            let why = with_causes(&error);
            Failure::Running(format!("the kernel does not take the endpoints to be watched into its table: {why}"))
        })
    }

    /// What is known stays what the kernel has, whatever it refuses.
    fn change(&mut self, wanted: &HashSet<SocketAddr>) -> Result<(), MapError> {
        let old: Vec<SocketAddr> = self.known.difference(wanted).copied().collect();
        for old in old {
            match self.watched.remove(&endpoint(old)) {
                Ok(()) | Err(MapError::KeyNotFound) => self.known.remove(&old),
                Err(error) if os_error(&error) == Some(libc::ENOENT) => self.known.remove(&old),
                Err(error) => return Err(error),
            };
        }
        let new: Vec<SocketAddr> = wanted.difference(&self.known).copied().collect();
        for new in new {
            self.watched.insert(endpoint(new), 0, 0)?;
            self.known.insert(new);
        }
        Ok(())
    }

    /// The rates behind these words are the kernel side's.
    fn tell_ports(&self) {
        let mut words = [0; CONTROL_RATES as usize];
        for endpoint in &self.known {
            let (word, bit) = port_bit(endpoint.port());
            words[word as usize] |= 1 << bit;
        }
        for (at, word) in words.into_iter().enumerate().skip(CONTROL_PORTS as usize) {
            self.control.store(at, word);
        }
    }
}

/// Whether the kernel side knows how to read packets with a link-layer header of this length: Ethernet's, or none.
pub(super) fn can_read(link_header: u32) -> bool {
    matches!(link_header, 0 | 14)
}

/// A number that nobody else knows: the standard library's hash maps get their keys from the operating system's source of
/// chance.
fn seed() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// The digest in an entry of the ring; the kernel side puts nothing else there.
fn digest(entry: &[u8]) -> Option<Digest> {
    // SAFETY: long enough, and a digest is made of integers: any bytes are one.
    (entry.len() == size_of::<Digest>()).then(|| unsafe { entry.as_ptr().cast::<Digest>().read_unaligned() })
}

fn endpoint(address: SocketAddr) -> Endpoint {
    let bytes = match address.ip() {
        std::net::IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        std::net::IpAddr::V6(ip) => ip.octets(),
    };
    let (words, _) = bytes.as_chunks::<4>();
    Endpoint { address: std::array::from_fn(|word| u32::from_ne_bytes(words[word])), port: address.port().into() }
}
