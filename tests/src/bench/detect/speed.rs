//! How fast captures are read: of small packets, of large ones, and of a flood from forged addresses, made here.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::bench::table::Table;

/// Packets of a capture of small ones, and bytes of one of large ones: seconds of work, and no more disk than needed.
const SMALL: u32 = 6_000_000;
const LARGE: u32 = 500_000;
const ROUNDS: u32 = 3;

/// Adds rows: packets or bytes of capture a second, the best of some rounds.
///
/// # Errors
/// When there is no room for the captures, or nbw does not read them.
pub(super) fn measure(nbw: &Path, table: &mut Table) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("capture.pcap");
    for (name, packets, frame) in
        [("64-byte UDP, 256 flows", SMALL, udp as fn(u32) -> Vec<u8>), ("SYN flood, forged sources", SMALL / 3, syn)]
    {
        write(&file, packets, frame)?;
        table.add(name, f64::from(packets) / 1e6 / best(nbw, &file)?.as_secs_f64(), "million packets/s");
    }
    write(&file, LARGE, large)?;
    let bytes = file.metadata()?.len() as f64;
    table.add("1,514-byte TCP", bytes / 1e9 / best(nbw, &file)?.as_secs_f64(), "GB/s");
    Ok(())
}

fn best(nbw: &Path, file: &Path) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let status = Command::new(nbw)
            .args(["detect", "--format", "json", "--read"])
            .arg(file)
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "nbw cannot read what the bench has written");
        best = best.min(start.elapsed());
    }
    Ok(best)
}

/// A pcap file with a packet each microsecond.
fn write(file: &Path, packets: u32, frame: fn(u32) -> Vec<u8>) -> Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.write_all(&word.to_le_bytes())?;
    }
    for number in 0..packets {
        let bytes = frame(number);
        let length = bytes.len() as u32;
        for word in [1_700_000_000 + number / 1_000_000, number % 1_000_000, length, length] {
            out.write_all(&word.to_le_bytes())?;
        }
        out.write_all(&bytes)?;
    }
    out.flush()?;
    Ok(())
}

fn ethernet_ip(protocol: u8, source: u32, length: u16) -> Vec<u8> {
    let mut frame = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0\x45\0".to_vec();
    frame.extend(length.to_be_bytes());
    frame.extend([0, 1, 0x40, 0, 64, protocol, 0, 0]);
    frame.extend(source.to_be_bytes());
    frame.extend([10, 0, 0, 2]);
    frame
}

/// Both ways in turn, as calls and games have it.
fn udp(number: u32) -> Vec<u8> {
    let port = 40_000 + (number / 2 % 256) as u16;
    let mut frame = ethernet_ip(17, 0x0a00_0001, 50);
    let mut ports = [port, 5_000];
    if number % 2 == 1 {
        frame[26..34].rotate_left(4);
        ports.reverse();
    }
    frame.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    frame.extend([0, 30, 0, 0]);
    frame.resize(64, 0);
    frame
}

fn syn(number: u32) -> Vec<u8> {
    // A full cycle of addresses, none of them near the one before.
    let source = number.wrapping_mul(2_654_435_761);
    let mut frame = ethernet_ip(6, source, 40);
    frame.extend([(number >> 3) as u8, 7, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0]);
    frame
}

fn large(number: u32) -> Vec<u8> {
    let mut frame = ethernet_ip(6, 0x0a00_0001, 1_500);
    frame.extend([0x9c, number as u8, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 4, 0, 0, 0, 0, 0]);
    frame.resize(1_514, 0x61);
    frame
}
