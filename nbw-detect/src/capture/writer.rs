//! Writes a capture, for Wireshark.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use pcap_parser::{LegacyPcapBlock, Linktype, PcapHeader, ToVec};
use tempfile::{Builder, NamedTempFile};

use super::LinkType;
use crate::Time;

/// The magic number of nanoseconds.
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const SECOND: u64 = 1_000_000_000;
/// The longest packet that libpcap reads (MAXIMUM_SNAPLEN).
const SNAPLEN: u32 = 262_144;

/// Writes packets of one link type into a pcap file with times in nanoseconds. A file is written whole or not at all: until
/// [`Writer::finish`] there is what was there before. How much is written is the caller's to bound.
#[derive(Debug)]
pub struct Writer {
    out: Out,
}

#[derive(Debug)]
enum Out {
    /// Beside the file that it will be.
    Whole { file: BufWriter<NamedTempFile>, path: PathBuf },
    /// What is no ordinary file (a pipe, a device) and is not replaced by one.
    Special(BufWriter<File>),
}

impl Writer {
    /// Begins a file, of packets that begin as `link_type` says.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn create(path: &Path, link_type: LinkType) -> io::Result<Self> {
        let mut writer = Self { out: open(path)? };
        let network = Linktype(i32::from(link_type.0));
        let header = PcapHeader { magic_number: NANOSECONDS, snaplen: SNAPLEN, network, ..PcapHeader::new() };
        writer.put(header.to_vec_raw())?;
        Ok(writer)
    }

    /// Writes a packet that had `original_length` bytes on the wire. A time after February 2106 is written as the last that pcap has.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, time: Time, original_length: u32, bytes: &[u8]) -> io::Result<()> {
        let data = &bytes[..bytes.len().min(SNAPLEN as usize)];
        let block = LegacyPcapBlock {
            ts_sec: u32::try_from(time.0 / SECOND).unwrap_or(u32::MAX),
            ts_usec: (time.0 % SECOND) as u32,
            caplen: data.len() as u32,
            origlen: original_length,
            data,
        };
        self.put(block.to_vec_raw())
    }

    fn put(&mut self, bytes: Result<Vec<u8>, impl std::fmt::Debug>) -> io::Result<()> {
        let bytes = bytes.map_err(|error| io::Error::other(format!("{error:?}")))?;
        match &mut self.out {
            Out::Whole { file, .. } => file.write_all(&bytes),
            Out::Special(file) => file.write_all(&bytes),
        }
    }

    /// Ends the file: now it is there, on the disk.
    ///
    /// # Errors
    /// When it cannot be written; then the file is what it was before.
    pub fn finish(self) -> io::Result<()> {
        match self.out {
            Out::Whole { file, path } => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                // On the disk before it has the name: whole also after a power loss.
                file.as_file().sync_all()?;
                file.persist(path).map(drop).map_err(|error| error.error)
            }
            Out::Special(mut file) => file.flush(),
        }
    }
}

fn open(path: &Path) -> io::Result<Out> {
    // What a link leads to is replaced, and not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let there = fs::metadata(&path);
    match &there {
        Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(there) if !there.is_file() => {
            return Ok(Out::Special(BufWriter::new(OpenOptions::new().write(true).open(&path)?)));
        }
        _ => {}
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any new file: what the umask leaves.
    let file =
        Builder::new().prefix(".nbw-capture-").permissions(Permissions::from_mode(0o666)).tempfile_in(directory)?;
    // Who may read the one that is replaced may read the new one, and nobody else.
    if let Ok(there) = there {
        file.as_file().set_permissions(Permissions::from_mode(there.permissions().mode() & 0o777))?;
    }
    Ok(Out::Whole { file: BufWriter::new(file), path })
}
