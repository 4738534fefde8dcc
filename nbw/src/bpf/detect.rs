//! What the kernel side shows of packets that may be part of an attack.

use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher,
    net::SocketAddr,
};

use aya::maps::{HashMap as BpfHashMap, MapData, MapError, RingBuf};
use nbw_common::{
    abi::{
        BUDGET, CONTROL_ERA, CONTROL_PORTS, CONTROL_SEED, CONTROL_WATCHED, CONTROLS, ClassCell, DETECT_ROWS, Digest,
        Endpoint, MOST_WATCHED, RING_BYTES, ROW_CELLS, cell, maps, port_bit,
    },
    class::Class,
};

use super::{Object, shared::Words};
use crate::failure::{Failure, os_error, with_causes};

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectOptions {
    /// Size of the ring of digests, a power of two and at least 64 KiB.
    pub ring_bytes: u32,
    /// Packets of one class, interface and direction of which each is looked at between two readings of the ring, on all
    /// CPUs together; beyond, they are sampled.
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

/// Packets of each class, received and sent, since the interface's row of counters was first used: each as the kernel has it,
/// one of several segments counts once. Of established TCP only what is watched counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Classes {
    /// Received, by [`Class`].
    pub received: [u64; Class::ALL.len()],
    /// Sent, by [`Class`].
    pub sent: [u64; Class::ALL.len()],
}

/// The ring of digests, and what governs it.
pub struct Digests {
    ring: RingBuf<MapData>,
    cells: Words,
    control: Words,
    watched: BpfHashMap<MapData, Endpoint, u32>,
    known: HashSet<SocketAddr>,
    cpus: u32,
}

/// Words of a cell.
const CELL_WORDS: u32 = (size_of::<ClassCell>() / size_of::<u64>()) as u32;

impl Digests {
    /// Takes them from an object that was loaded with detection.
    ///
    /// # Errors
    /// When the object lacks them.
    pub fn open(object: &mut Object) -> Result<Self, Failure> {
        let cells = DETECT_ROWS * ROW_CELLS * object.cpus;
        let control = object.map_words(maps::DETECT_CONTROL, CONTROLS, size_of::<u64>())?;
        control.store(CONTROL_SEED as usize, seed());
        Ok(Self {
            cells: object.map_words(maps::CLASS_CELLS, cells, size_of::<ClassCell>())?,
            control,
            ring: object.take_map(maps::DIGESTS)?,
            watched: object.take_map(maps::WATCHED)?,
            known: HashSet::new(),
            cpus: object.cpus,
        })
    }

    /// Reads what is in the ring, in the order in which it was put there, and begins the next era of sampling. What comes while
    /// this reads is read too, but not without end: a flood does not keep it here. Returns how many there were.
    pub fn read(&mut self, mut each: impl FnMut(&Digest)) -> usize {
        const MOST: usize = RING_BYTES as usize / size_of::<Digest>();
        let mut read = 0;
        while read < MOST
            && let Some(entry) = self.ring.next()
        {
            each(&digest(&entry));
            read += 1;
        }
        let era = self.control.load(CONTROL_ERA as usize);
        self.control.store(CONTROL_ERA as usize, era.wrapping_add(1));
        read
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

    fn tell_ports(&self) {
        let mut words = [0; CONTROLS as usize];
        for endpoint in &self.known {
            let (word, bit) = port_bit(endpoint.port());
            words[word as usize] |= 1 << bit;
        }
        for (at, word) in words.into_iter().enumerate().skip(CONTROL_PORTS as usize) {
            self.control.store(at, word);
        }
    }

    /// The counts of a row.
    pub(super) fn classes(&self, row: u32) -> Classes {
        let count = |outgoing, class: Class| {
            (0..self.cpus)
                .map(|cpu| self.cells.load((cell(cpu, row, outgoing, class as u32) * CELL_WORDS) as usize))
                .sum()
        };
        Classes {
            received: Class::ALL.map(|class| count(false, class)),
            sent: Class::ALL.map(|class| count(true, class)),
        }
    }
}

/// A number that nobody else knows: the standard library's hash maps get their keys from the operating system's source of
/// chance.
fn seed() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// The digest in an entry of the ring.
fn digest(entry: &[u8]) -> Digest {
    assert_eq!(entry.len(), size_of::<Digest>(), "the kernel side puts digests into the ring and nothing else");
    // SAFETY: long enough, and a digest is made of integers: any bytes are one.
    unsafe { entry.as_ptr().cast::<Digest>().read_unaligned() }
}

fn endpoint(address: SocketAddr) -> Endpoint {
    let bytes = match address.ip() {
        std::net::IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        std::net::IpAddr::V6(ip) => ip.octets(),
    };
    let (words, _) = bytes.as_chunks::<4>();
    Endpoint { address: std::array::from_fn(|word| u32::from_ne_bytes(words[word])), port: address.port().into() }
}
