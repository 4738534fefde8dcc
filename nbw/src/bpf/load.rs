//! Loads the object into the kernel, and says in one sentence why that fails where it does.

use std::{
    borrow::Cow,
    fs, io,
    os::fd::AsFd,
    path::{Path, PathBuf},
};

use aya::{
    Ebpf, EbpfError, EbpfLoader,
    maps::{Map, MapData},
    programs::{CgroupSkb, CgroupSock, ProgramError, ProgramType, SchedClassifier},
    sys::{BpfHelper, is_helper_supported},
};
use nbw_common::abi::{
    DETECT_ROWS, ENDS_TOLD_APART, GROUP_SLOTS, HEALTH_STRIDE, JOURNAL_PER_SLOT, LINK_SLOTS, MOST_WATCHED, ROW_CELLS,
    knobs, maps, programs,
};

use super::{attach::Hook, detect::DetectOptions, shared::Words, sockets};
use crate::failure::{Failure, os_error, with_causes};

/// The object that the build made.
static EMBEDDED: &[u8] = aya::include_bytes_aligned!(env!("NBW_BPF_OBJECT"));

/// How to load the kernel side.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Slots for (cgroup, interface, network namespace), the overflow slot included.
    pub group_slots: u32,
    /// Slots for connections, the overflow slot included; none: connections and processes are not counted.
    pub connection_slots: Option<u32>,
    /// Remote ends of one unconnected socket that are told apart, where connections are counted.
    pub ends_told_apart: u32,
    /// Look for packets of interest to detection; none: do not.
    pub detect: Option<DetectOptions>,
    /// Log from the slow paths.
    pub verbose: bool,
    /// The hook for interfaces; none: TCX where the kernel has it, else clsact.
    pub hook: Option<Hook>,
    /// Whether the packet hooks may ask for the network namespace; none: where the kernel lets them.
    pub netns_helper: Option<bool>,
    /// An object to load instead of the one that is built in.
    pub object: Option<PathBuf>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            group_slots: GROUP_SLOTS,
            connection_slots: None,
            ends_told_apart: ENDS_TOLD_APART,
            detect: None,
            verbose: false,
            hook: None,
            netns_helper: None,
            object: None,
        }
    }
}

/// This host's CPUs, each of which has all slots of groups.
///
/// # Errors
/// [`Failure::Usage`] when there are too many slots for so many CPUs.
pub fn cpus_for(group_slots: u32) -> Result<u32, Failure> {
    let cpus = aya::util::nr_cpus()
        .map_err(|(file, error)| Failure::Running(format!("cannot read the CPUs from {file}: {error}")))?
        as u32;
    if group_slots.checked_mul(cpus).is_none() {
        let most = u32::MAX / cpus;
        return Err(Failure::Usage(format!("--slots (kernel.slots) {group_slots}: with {cpus} CPUs at most {most}")));
    }
    Ok(cpus)
}

/// The object in the kernel: maps made, programs verified.
pub struct Object {
    pub(super) ebpf: Ebpf,
    pub(super) cpus: u32,
    pub(super) group_slots: u32,
    pub(super) netns_helper: bool,
    pub(super) connection_slots: Option<u32>,
    /// Rows of paces, where attacks are looked for; else one that nobody uses.
    pub(super) detect_rows: u32,
    detects: bool,
}

impl Object {
    /// Makes the maps and has the verifier look at the programs.
    ///
    /// # Errors
    /// See [`super::Kernel::load`].
    pub fn load(options: &LoadOptions) -> Result<Self, Failure> {
        let cpus = cpus_for(options.group_slots)?;
        let netns_helper = options.netns_helper.unwrap_or_else(packet_hooks_know_netns);
        let bytes = object_bytes(options.object.as_deref())?;
        let detect_rows = options.detect.map_or(1, |_| rows_for(interfaces()));
        let sizes = Sizes { cpus, detect_rows };
        let ebpf = into_kernel(&bytes, options, sizes, netns_helper).map_err(|error| not_loaded(&error, options))?;
        let mut object = Self {
            ebpf,
            cpus,
            group_slots: options.group_slots,
            netns_helper,
            connection_slots: options.connection_slots,
            detect_rows,
            detects: options.detect.is_some(),
        };
        object.verify()?;
        Ok(object)
    }

    fn verify(&mut self) -> Result<(), Failure> {
        for name in self.link_hooks() {
            self.program::<SchedClassifier>(name)?.load().map_err(refused(name))?;
        }
        for name in self.packet_hooks() {
            self.program::<CgroupSkb>(name)?.load().map_err(refused(name))?;
        }
        if self.watches_creation() {
            self.program::<CgroupSock>(programs::SOCK_CREATE)?.load().map_err(refused(programs::SOCK_CREATE))?;
        }
        if self.connection_slots.is_some() {
            sockets::verify(self)?;
        }
        Ok(())
    }

    /// The programs that count what interfaces receive, and what they send.
    pub(super) fn link_hooks(&self) -> [&'static str; 2] {
        match self.detects {
            false => [programs::TC_INGRESS, programs::TC_EGRESS],
            true => [programs::DETECT_INGRESS, programs::DETECT_EGRESS],
        }
    }

    /// The programs that count what sockets receive, and what they send.
    pub(super) fn packet_hooks(&self) -> [&'static str; 2] {
        match self.connection_slots {
            None => [programs::CGROUP_INGRESS, programs::CGROUP_EGRESS],
            Some(_) => [programs::SOCKET_INGRESS, programs::SOCKET_EGRESS],
        }
    }

    /// Whether the program at `sock_create` has something to do.
    pub(super) fn watches_creation(&self) -> bool {
        !self.netns_helper || self.connection_slots.is_some()
    }

    /// The program of that name and type.
    ///
    /// # Errors
    /// When the object has none.
    pub fn program<'a, P>(&'a mut self, name: &str) -> Result<&'a mut P, Failure>
    where
        &'a mut P: TryFrom<&'a mut aya::programs::Program, Error = ProgramError>,
    {
        let program = self.ebpf.program_mut(name).ok_or_else(|| misses("program", name))?;
        program.try_into().map_err(|_| misses("program", name))
    }

    /// The names of the programs that the kernel has taken.
    pub(super) fn loaded(&self) -> Vec<String> {
        let loaded = self.ebpf.programs().filter(|(_, program)| program.fd().is_ok());
        let mut names: Vec<String> = loaded.map(|(name, _)| name.to_owned()).collect();
        names.sort_unstable();
        names
    }

    /// aya's view of the object, for benches and tests that run the programs themselves.
    pub fn ebpf_mut(&mut self) -> &mut Ebpf {
        &mut self.ebpf
    }

    /// As [`Self::ebpf_mut`], for good.
    pub fn into_ebpf(self) -> Ebpf {
        self.ebpf
    }

    /// Takes the map of that name, as aya's own type for it.
    pub(super) fn take_map<M: TryFrom<Map>>(&mut self, name: &str) -> Result<M, Failure> {
        self.ebpf.take_map(name).and_then(|map| map.try_into().ok()).ok_or_else(|| misses("map", name))
    }

    /// Maps the array of that name into memory.
    pub(super) fn map_words(&self, name: &str, entries: u32, value_size: usize) -> Result<Words, Failure> {
        let map = array(self.ebpf.map(name)).ok_or_else(|| misses("array", name))?;
        Words::map(map.fd().as_fd(), entries, value_size)
            .map_err(|error| Failure::Running(format!("cannot map the BPF array {name} into memory: {error}")))
    }
}

/// The bytes of an object: of the file, or of the one built in.
///
/// # Errors
/// When the file cannot be read.
pub fn object_bytes(file: Option<&Path>) -> Result<Cow<'static, [u8]>, Failure> {
    let Some(file) = file else { return Ok(Cow::Borrowed(EMBEDDED)) };
    let bytes = fs::read(file)
        .map_err(|error| Failure::Usage(format!("cannot read the BPF object {}: {error}", file.display())))?;
    Ok(Cow::Owned(bytes))
}

fn array(map: Option<&Map>) -> Option<&MapData> {
    match map {
        Some(Map::Array(data)) => Some(data),
        _ => None,
    }
}

fn packet_hooks_know_netns() -> bool {
    // A kernel that cannot even be asked is an old one: the other way works there.
    is_helper_supported(ProgramType::CgroupSkb, BpfHelper::BPF_FUNC_get_netns_cookie).unwrap_or(false)
}

fn into_kernel(bytes: &[u8], options: &LoadOptions, sizes: Sizes, netns_helper: bool) -> Result<Ebpf, EbpfError> {
    let Sizes { cpus, detect_rows } = sizes;
    let (helper, verbose) = (u32::from(netns_helper), u32::from(options.verbose));
    let connections = u32::from(options.connection_slots.is_some());
    // Maps cannot be empty.
    let connection_slots = options.connection_slots.unwrap_or(1);
    let (ring, budget) = options.detect.map_or((MIN_RING, 0), |detect| (detect.ring_bytes, detect.budget_of_cpu(cpus)));
    let (cells, watched) = match options.detect {
        Some(_) => (detect_rows * ROW_CELLS * cpus, MOST_WATCHED),
        None => (1, 1),
    };
    EbpfLoader::new()
        // The programs need no relocation against the kernel's types, and parsing those takes longer than all the rest.
        .btf(None)
        .override_global(knobs::GROUP_SLOTS, &options.group_slots, true)
        .override_global(knobs::NETNS_HELPER, &helper, true)
        .override_global(knobs::VERBOSE, &verbose, true)
        .override_global(knobs::CONNECTIONS, &connections, true)
        .override_global(knobs::CONNECTION_SLOTS, &connection_slots, true)
        .override_global(knobs::ENDS_TOLD_APART, &options.ends_told_apart, true)
        .override_global(knobs::DETECT_BUDGET, &budget, true)
        .override_global(knobs::DETECT_ROWS, &detect_rows, true)
        .map_max_entries(maps::PACE_CELLS, cells)
        .map_max_entries(maps::WATCHED, watched)
        .map_max_entries(maps::DIGESTS, ring)
        .map_max_entries(maps::LINK_STRIPES, LINK_SLOTS * cpus)
        .map_max_entries(maps::GROUP_STRIPES, options.group_slots * cpus)
        .map_max_entries(maps::GROUP_SPILLS, options.group_slots)
        .map_max_entries(maps::GROUP_IDENTS, options.group_slots)
        .map_max_entries(maps::GROUP_INDEX, options.group_slots)
        .map_max_entries(maps::GROUP_FREE, options.group_slots)
        .map_max_entries(maps::CONNECTION_STRIPES, connection_slots)
        .map_max_entries(maps::CONNECTION_SPILLS, connection_slots)
        .map_max_entries(maps::CONNECTION_IDENTS, connection_slots)
        .map_max_entries(maps::CONNECTION_FREE, connection_slots)
        .map_max_entries(maps::JOURNAL, connection_slots * JOURNAL_PER_SLOT)
        .map_max_entries(maps::END_INDEX, connection_slots)
        .map_max_entries(maps::HEALTH, HEALTH_STRIDE * cpus)
        .load(bytes)
}

/// The least that a ring can have on any machine that is a power of two of its pages (64 KiB at most).
const MIN_RING: u32 = 1 << 16;

/// What this host decides of how large maps are.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    cpus: u32,
    detect_rows: u32,
}

/// Rows of paces for so many interfaces, and for some that come later: 8 to 64 KiB for each CPU that the host may have.
fn rows_for(interfaces: usize) -> u32 {
    const LATER: usize = 16;
    u32::try_from((interfaces + LATER).next_power_of_two()).map_or(DETECT_ROWS, |rows| rows.min(DETECT_ROWS))
}

/// How many interfaces this network namespace has; none that are known of where the kernel does not tell.
fn interfaces() -> usize {
    nix::net::if_::if_nameindex().map_or(0, |all| all.into_iter().count())
}

fn misses(what: &str, name: &str) -> Failure {
    Failure::Running(format!("the BPF object has no {what} {name}: it was built for another version of nbw"))
}

fn not_loaded(error: &EbpfError, options: &LoadOptions) -> Failure {
    let text = with_causes(error);
    match os_error(error) {
        Some(libc::EPERM | libc::EACCES) => not_permitted(&text),
        Some(libc::ENOMEM) => Failure::Running(format!("the kernel has no memory left for nbw's BPF maps: {text}")),
        _ => {
            let file = options.object.as_ref().map(|file| format!(" {}", file.display())).unwrap_or_default();
            Failure::Running(format!("the BPF object{file} cannot be loaded: {text}"))
        }
    }
}

fn not_permitted(text: &str) -> Failure {
    Failure::Lacking(format!(
        "the kernel does not permit BPF here ({text}): run nbw as root, outside of containers that drop capabilities"
    ))
}

/// Turns a program's error into a sentence; the verifier's own words go to a file.
pub(super) fn refused(program: &'static str) -> impl Fn(ProgramError) -> Failure {
    move |error| match &error {
        ProgramError::LoadError { io_error, verifier_log } => {
            let log = verifier_log.to_string();
            if io_error.raw_os_error() == Some(libc::EPERM) {
                return not_permitted(&with_causes(&error));
            }
            if log.trim().is_empty() && io_error.raw_os_error() == Some(libc::EINVAL) {
                return Failure::Lacking(format!(
                    "this kernel does not know the type of the BPF program {program}: nbw is tested on Linux 6.1 and newer, \
                     with CONFIG_NET_CLS_ACT, CONFIG_NET_CLS_BPF and CONFIG_CGROUP_BPF"
                ));
            }
            refused_by_verifier(program, io_error, &log)
        }
        _ => Failure::Running(format!("the BPF program {program} cannot be loaded: {}", with_causes(&error))),
    }
}

fn refused_by_verifier(program: &str, error: &io::Error, log: &str) -> Failure {
    let saved = match save_log(program, log) {
        Ok(path) => format!("its log is in {}", path.display()),
        Err(problem) => format!("its log could not be saved ({problem})"),
    };
    Failure::Lacking(format!(
        "the kernel's verifier refused the BPF program {program} ({error}): {saved}; please report it with the kernel's \
         version (`uname -r`); nbw is tested on Linux 6.1, 6.12 and 6.18"
    ))
}

/// Saves the log under a name that nobody can have prepared.
fn save_log(program: &str, log: &str) -> io::Result<PathBuf> {
    let mut file = tempfile::Builder::new().prefix(&format!("nbw-verifier-{program}-")).suffix(".log").tempfile()?;
    io::Write::write_all(&mut file, log.as_bytes())?;
    let (_, path) = file.keep().map_err(|error| error.error)?;
    Ok(path)
}
