//! What reading a capture costs, on one core: files of large and of small packets, with tshark and capinfos beside nbw.

mod made;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use nbw_detect::capture::Reader;
use nix::sys::resource::{UsageWho, getrusage};

use super::{clock, table::Table};

/// What to measure.
#[derive(Debug, Args)]
pub struct Options {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Size of each file
    #[arg(long, value_name = "MB", default_value_t = 300)]
    megabytes: u64,
    /// Runs, of which the best counts
    #[arg(long, default_value_t = 5)]
    rounds: u32,
}

/// Does something with all packets of a capture, and says how many there were.
type Work = fn(&mut Reader) -> Result<u64>;

/// What is measured of nbw, by name: what is built upon the reader is added here.
const WORK: [(&str, Work); 2] = [("records", records), ("facts", facts)];

/// Reads only.
fn records(reader: &mut Reader) -> Result<u64> {
    while let Some(packet) = reader.next_packet()? {
        std::hint::black_box(packet.record());
    }
    Ok(reader.packets())
}

/// Reads and decodes.
fn facts(reader: &mut Reader) -> Result<u64> {
    while let Some(packet) = reader.next_packet()? {
        std::hint::black_box(packet.facts());
    }
    Ok(reader.packets())
}

/// Others on the same file.
const OTHERS: [(&str, &[&str]); 2] = [("tshark", &["-n", "-q", "-z", "conv,ip", "-r"]), ("capinfos", &[])];

/// Measures, and prints the table. Time is that of the processor: on a machine with other work it is the same.
///
/// # Errors
/// When no file can be made or read.
pub fn run(options: &Options) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut table = Table::new("capture");
    for file in made::FILES {
        let path = directory.path().join(file.name);
        let packets = file.write(&path, options.megabytes * 1_000_000)?;
        let measured = Measured { name: file.name, path: &path, bytes: path.metadata()?.len(), packets };
        measured.own(options.rounds, &mut table)?;
        if file.beside {
            measured.others(&mut table)?;
        }
        std::fs::remove_file(&path)?;
    }
    table.print(options.json)
}

struct Measured<'a> {
    name: &'a str,
    path: &'a Path,
    bytes: u64,
    packets: u64,
}

impl Measured<'_> {
    fn own(&self, rounds: u32, table: &mut Table) -> Result<()> {
        for (work, done) in WORK {
            let mut best = Duration::MAX;
            for _ in 0..rounds {
                let before = clock::thread()?;
                let packets = done(&mut Reader::open(self.path)?)?;
                best = best.min(clock::thread()?.saturating_sub(before));
                ensure!(packets == self.packets, "{packets} of {} packets were read", self.packets);
            }
            self.add(work, best, table);
        }
        Ok(())
    }

    fn others(&self, table: &mut Table) -> Result<()> {
        for (program, arguments) in OTHERS {
            if Command::new(program).arg("--version").output().is_err() {
                eprintln!("{program} is not installed (apt-get install tshark): no figures of it");
                continue;
            }
            let before = children()?;
            let status = Command::new(program).args(arguments).arg(self.path).stdout(Stdio::null()).status();
            ensure!(status.context(program)?.success(), "{program} could not read the capture");
            self.add(program, children()?.saturating_sub(before), table);
        }
        Ok(())
    }

    fn add(&self, work: &str, time: Duration, table: &mut Table) {
        let seconds = time.as_secs_f64();
        table.add(format!("{}-{work}", self.name), self.bytes as f64 / seconds / 1e6, "MB/s");
        table.add(format!("{}-{work}-packets", self.name), self.packets as f64 / seconds / 1e3, "thousand/s");
    }
}

/// Processor time of all children that have ended.
fn children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64;
    Ok(Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time())))
}
