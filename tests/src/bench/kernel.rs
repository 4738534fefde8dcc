//! The cost of each program, by `BPF_PROG_TEST_RUN` with many repeats, net of an empty program of the same type.
//!
//! Programs take turns for several rounds and the least of each is kept: a shared machine only ever adds time.

use std::{collections::HashMap, env, path::PathBuf, time::Instant};

use anyhow::{Context, Result, ensure};
use aya::{
    Ebpf, EbpfLoader,
    programs::{CgroupSkb, Program, SchedClassifier, TestRun, TestRunOptions},
};
use clap::Args;
use nbw::bpf::{LoadOptions, Object};
use nbw_common::abi::{CONNECTION_SLOTS, programs};

use self::detection::Reader;
use super::{peer::Peer, table::Table};

mod detection;
mod frames;

/// What to measure, and how long.
#[derive(Debug, Args)]
pub struct Options {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Measure a program of someone else's BPF object too (repeatable); KNOB=VALUE sets constants of it
    #[arg(long, value_name = "OBJECT.o:PROGRAM[,KNOB=VALUE...]")]
    peer: Vec<Peer>,
    /// Runs of each program in each round
    #[arg(long, default_value_t = 100_000)]
    repeat: u32,
    /// Rounds, of which each program's best counts
    #[arg(long, default_value_t = 100)]
    rounds: u32,
}

/// A row, if it is to be one, by a program on frames.
type Row<'a> = (Option<&'a str>, &'a str, Vec<Vec<u8>>);

/// A program to run on packets.
struct Subject {
    /// Its row; none for the empty programs, which are what the others are net of.
    row: Option<String>,
    object: usize,
    program: String,
    /// In turn, each for its share of a round's runs.
    frames: Vec<Vec<u8>>,
    best: f64,
}

/// Rounds at first that do not count: sampling goes by the era before.
const WARM_UP: u32 = 2;

/// What nbw promises of established TCP while attacks are looked for and nobody is watched, in ns (issue 6).
const QUIET: f64 = 15.0;
const QUIET_ROWS: [&str; 3] = ["tc-detect", "tc-detect-ingress", "tc-detect-ipv6"];

/// All loaded objects, and what to measure in them.
#[derive(Default)]
struct Field {
    objects: Vec<Ebpf>,
    /// Who reads the digests that an object makes, by its number.
    readers: HashMap<usize, Reader>,
    subjects: Vec<Subject>,
}

/// Measures, and prints the table.
///
/// # Errors
/// When an object cannot be loaded or a program cannot be run, or established TCP takes longer than is promised.
pub fn run(options: &Options) -> Result<()> {
    let mut field = Field::default();
    field.add_alternatives()?;
    field.add_ours()?;
    field.add_ours_by_connection()?;
    detection::add(&mut field, options.repeat)?;
    for peer in &options.peer {
        let object = peer.load().with_context(|| peer.name())?;
        field.add(object, &[(Some(&peer.name()), &peer.program)])?;
    }
    pin_to_one_cpu()?;
    field.measure(options)?;
    let table = field.table();
    table.print(options.json)?;
    for row in QUIET_ROWS {
        let took = table.value(row).with_context(|| format!("there is no row {row}"))?;
        ensure!(took <= QUIET, "{row} takes {took:.1} ns, where {QUIET} ns are promised");
    }
    Ok(())
}

impl Field {
    fn add_alternatives(&mut self) -> Result<()> {
        let object = env::var_os("NBW_BENCH_OBJECT").map_or_else(|| PathBuf::from("target/bpf/bench.o"), PathBuf::from);
        let ebpf = EbpfLoader::new().btf(None).load_file(&object);
        let ebpf = ebpf.with_context(|| format!("{}: run it by `cargo xtask bench kernel`", object.display()))?;
        let rows = [
            (None, EMPTY_TC),
            (None, EMPTY_CGROUP),
            (Some("percpu-hash"), "percpu_hash"),
            (Some("lru-percpu-hash"), "lru_percpu_hash"),
            (Some("lru-5tuple-hash"), "lru_5tuple_hash"),
        ];
        self.add(ebpf, &rows)?;
        // What test runs take besides is more where there are many frames.
        let object = self.objects.len() - 1;
        self.subjects.push(Subject::new(None, object, EMPTY_TC, frames::many(&frames::SYN)));
        Ok(())
    }

    fn add_ours(&mut self) -> Result<()> {
        let object = Object::load(&LoadOptions::default())?;
        let rows = [
            (Some("tc"), programs::TC_EGRESS),
            (Some("tc-ingress"), programs::TC_INGRESS),
            (Some("cgroup"), programs::CGROUP_EGRESS),
            (Some("cgroup-ingress"), programs::CGROUP_INGRESS),
        ];
        self.add(object.into_ebpf(), &rows)
    }

    /// The cgroup programs with processes and connections counted.
    fn add_ours_by_connection(&mut self) -> Result<()> {
        let options = LoadOptions { connection_slots: Some(CONNECTION_SLOTS), ..LoadOptions::default() };
        let object = Object::load(&options)?;
        let rows = [
            (Some("cgroup-process"), programs::SOCKET_EGRESS),
            (Some("cgroup-process-ingress"), programs::SOCKET_INGRESS),
        ];
        self.add(object.into_ebpf(), &rows)
    }

    fn add(&mut self, ebpf: Ebpf, rows: &[(Option<&str>, &str)]) -> Result<()> {
        let rows = rows.iter().map(|&(row, program)| (row, program, vec![frames::UDP.to_vec()])).collect();
        self.add_with_frames(ebpf, rows)
    }

    fn add_with_frames(&mut self, mut ebpf: Ebpf, rows: Vec<Row<'_>>) -> Result<()> {
        for (row, program, frames) in rows {
            load(&mut ebpf, program).with_context(|| program.to_owned())?;
            self.subjects.push(Subject::new(row, self.objects.len(), program, frames));
        }
        self.objects.push(ebpf);
        Ok(())
    }

    fn measure(&mut self, options: &Options) -> Result<()> {
        for round in 0..WARM_UP + options.rounds {
            for subject in &mut self.subjects {
                let took = subject.run(&mut self.objects[subject.object], options.repeat)?;
                let counts = round >= WARM_UP;
                if counts {
                    subject.best = subject.best.min(took);
                }
                if let Some(reader) = self.readers.get_mut(&subject.object) {
                    reader.read(counts).with_context(|| subject.program.clone())?;
                }
            }
        }
        Ok(())
    }

    fn table(&self) -> Table {
        let mut table = Table::new("kernel");
        for subject in &self.subjects {
            let Some(row) = &subject.row else { continue };
            table.add(row, (subject.best - self.empty_like(subject)).max(0.0), "ns");
        }
        table
    }

    /// What the empty program of the same type takes on as many frames.
    fn empty_like(&self, subject: &Subject) -> f64 {
        let classifier =
            matches!(self.objects[subject.object].program(&subject.program), Some(Program::SchedClassifier(_)));
        let empty = if classifier { EMPTY_TC } else { EMPTY_CGROUP };
        let alike = |other: &&Subject| other.program == empty && other.frames.len() == subject.frames.len();
        self.subjects.iter().find(alike).map_or(0.0, |other| other.best)
    }
}

impl Subject {
    fn new(row: Option<&str>, object: usize, program: &str, frames: Vec<Vec<u8>>) -> Self {
        Self { row: row.map(str::to_owned), object, program: program.to_owned(), frames, best: f64::INFINITY }
    }

    /// The time of one run in nanoseconds, averaged over all repeats.
    fn run(&self, ebpf: &mut Ebpf, repeat: u32) -> Result<f64> {
        let each = (repeat / self.frames.len() as u32).max(1);
        // The kernel tells whole nanoseconds; our own clock around millions of runs tells fractions.
        let before = Instant::now();
        for frame in &self.frames {
            run_program(ebpf, &self.program, frame, each)?;
        }
        Ok(before.elapsed().as_secs_f64() * 1e9 / (f64::from(each) * self.frames.len() as f64))
    }
}

const EMPTY_TC: &str = "empty_tc";
const EMPTY_CGROUP: &str = "empty_cgroup";

fn load(ebpf: &mut Ebpf, program: &str) -> Result<()> {
    match ebpf.program_mut(program).context("there is no such program")? {
        Program::SchedClassifier(program) if program.fd().is_err() => program.load()?,
        Program::CgroupSkb(program) if program.fd().is_err() => program.load()?,
        Program::SchedClassifier(_) | Program::CgroupSkb(_) => {}
        other => anyhow::bail!("programs of type {:?} cannot be measured", other.prog_type()),
    }
    Ok(())
}

fn run_program(ebpf: &mut Ebpf, program: &str, frame: &[u8], repeat: u32) -> Result<()> {
    let options = TestRunOptions { data_in: Some(frame), repeat, ..TestRunOptions::new() };
    match ebpf.program_mut(program).context("there is no such program")? {
        Program::SchedClassifier(program) => (&*program as &SchedClassifier).test_run(options)?,
        Program::CgroupSkb(program) => (&*program as &CgroupSkb).test_run(options)?,
        other => anyhow::bail!("programs of type {:?} cannot be measured", other.prog_type()),
    };
    Ok(())
}

/// Keeps the scheduler from moving the measurement about.
fn pin_to_one_cpu() -> Result<()> {
    let mut set = nix::sched::CpuSet::new();
    set.set(nix::sched::CpuSet::count().min(1))?;
    // A host with one CPU has no CPU 1; then there is nothing to pin.
    let _ = nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set);
    Ok(())
}
