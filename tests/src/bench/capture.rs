//! What reading a capture costs, on one core: files of large and of small packets, and of a flood, through nbw's reader and its
//! engine, with `nbw detect --read`, tshark and capinfos beside it on the same file.

mod made;

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use nbw_detect::{Engine, Limits, Signatures, capture::Reader};

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
    /// Fail where `nbw detect --read` is slower than 1 GB/s of large packets
    #[arg(long)]
    check: bool,
}

/// Does something with all packets of a capture, and says how many there were.
type Work = fn(&mut Reader) -> Result<u64>;

/// What is measured of nbw, by name: each is built upon the one before.
const WORK: [(&str, Work); 3] = [("records", records), ("facts", facts), ("engine", engine)];

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

/// Reads, decodes, and looks for attacks.
fn engine(reader: &mut Reader) -> Result<u64> {
    let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
    while let Some(packet) = reader.next_packet()? {
        engine.observe(&packet.facts());
    }
    std::hint::black_box(engine.finish());
    Ok(reader.packets())
}

/// A program, and what it is called with before the file.
type Program = (&'static str, &'static [&'static str]);

/// The first is the one of `NBW_BIN`.
const PROGRAMS: [Program; 3] = [
    ("nbw", &["detect", "--format", "json", "--read"]),
    ("tshark", &["-n", "-q", "-z", "conv,ip", "-r"]),
    ("capinfos", &[]),
];

/// Bytes a second of large packets that `--check` wants.
const WANTED: f64 = 1_000.0;

/// Measures, and prints the table. Time is that of the processor, of all threads: on a machine with other work it is the same, and
/// work that several threads share is not less of it.
///
/// # Errors
/// When no file can be made or read, or it is slower than was asked for.
pub fn run(options: &Options) -> Result<()> {
    let nbw = PathBuf::from(env::var_os("NBW_BIN").context("NBW_BIN is not set: run `cargo xtask bench capture`")?);
    let directory = tempfile::tempdir()?;
    let mut table = Table::new("capture");
    for file in made::FILES {
        let path = directory.path().join(file.name);
        let packets = file.write(&path, options.megabytes * 1_000_000)?;
        let measured = Measured { name: file.name, path: &path, bytes: path.metadata()?.len(), packets };
        measured.work(options.rounds, &mut table)?;
        measured.programs(&nbw, if file.beside { &PROGRAMS } else { &PROGRAMS[..1] }, options.rounds, &mut table)?;
        std::fs::remove_file(&path)?;
    }
    table.print(options.json)?;
    let speed = table.value("large-nbw").context("nothing was measured of large packets")?;
    ensure!(!options.check || speed >= WANTED, "{speed:.0} MB/s of large packets are less than {WANTED:.0}");
    Ok(())
}

struct Measured<'a> {
    name: &'a str,
    path: &'a Path,
    bytes: u64,
    packets: u64,
}

impl Measured<'_> {
    fn work(&self, rounds: u32, table: &mut Table) -> Result<()> {
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

    fn programs(&self, nbw: &Path, programs: &[Program], rounds: u32, table: &mut Table) -> Result<()> {
        for &(name, arguments) in programs {
            let program = if name == "nbw" { nbw } else { Path::new(name) };
            if Command::new(program).arg("--version").output().is_err() {
                eprintln!("{name} is not installed (apt-get install tshark): no figures of it");
                continue;
            }
            // The others take minutes.
            let rounds = if name == "nbw" { rounds } else { 1 };
            let mut best = Duration::MAX;
            for _ in 0..rounds {
                best = best.min(self.child(program, arguments)?);
            }
            self.add(name, best, table);
        }
        Ok(())
    }

    fn child(&self, program: &Path, arguments: &[&str]) -> Result<Duration> {
        let before = clock::children()?;
        let status = Command::new(program).args(arguments).arg(self.path).stdout(Stdio::null()).status();
        let name = program.display();
        ensure!(status.with_context(|| name.to_string())?.success(), "{name} could not read the capture");
        Ok(clock::children()?.saturating_sub(before))
    }

    fn add(&self, work: &str, time: Duration, table: &mut Table) {
        let seconds = time.as_secs_f64();
        table.add(format!("{}-{work}", self.name), self.bytes as f64 / seconds / 1e6, "MB/s");
        table.add(format!("{}-{work}-packets", self.name), self.packets as f64 / seconds / 1e3, "thousand/s");
    }
}
