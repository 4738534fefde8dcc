//! A capture's file: opened, unpacked where it is packed, and counted.

use std::{
    fs::File,
    io::{self, BufReader, Chain, Cursor, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// A zstd file may begin with something that is to be skipped: 16 numbers, of which this is the last three bytes (RFC 8878, 3.1.2).
const ZSTD_SKIPPED: [u8; 3] = [0x2a, 0x4d, 0x18];
/// Packed bytes that are read at once.
const ROOM: usize = 128 << 10;

/// A file of captures, unpacked.
pub(super) struct Unpacked {
    pub(super) input: Box<dyn Read + Send>,
    pub(super) packed: bool,
}

/// Counts what is read of a file.
pub(super) struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R) -> (Self, Arc<AtomicU64>) {
        let count = Arc::<AtomicU64>::default();
        (Self { inner, count: count.clone() }, count)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Opens a file, and says how many bytes it has, if that is known before.
pub(super) fn open(path: &Path) -> io::Result<(File, Option<u64>)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok((file, metadata.is_file().then_some(metadata.len())))
}

/// Unpacks what is packed, by its first bytes.
pub(super) fn unpack(mut input: impl Read + Send + 'static) -> io::Result<Unpacked> {
    let begin = beginning(&mut input)?;
    let is_zstd = begin.starts_with(&ZSTD) || begin.len() == 4 && begin[1..] == ZSTD_SKIPPED && begin[0] >> 4 == 5;
    let is_gzip = begin.starts_with(&GZIP);
    let whole: Chain<_, _> = Cursor::new(begin).chain(input);
    let input: Box<dyn Read + Send> = if is_gzip {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(ROOM, whole)))
    } else if is_zstd {
        Box::new(ZstdDecoder::with_buffer(BufReader::with_capacity(ROOM, whole))?)
    } else {
        Box::new(whole)
    };
    Ok(Unpacked { input, packed: is_gzip || is_zstd })
}

/// The first four bytes, or as many as there are.
fn beginning(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut begin = Vec::new();
    input.take(4).read_to_end(&mut begin)?;
    Ok(begin)
}
