//! Processes: their names, command lines and users.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::MetadataExt,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use nbw_common::abi::Owner;
use procfs::process::Process as ProcFs;
use tokio::task::JoinHandle;

use crate::text;

/// How long what is known of a process holds: then it may have ended, and its pid be another's.
const FRESH: Duration = Duration::from_secs(1);

/// Command lines that wait to be read.
const MOST_UNREAD: usize = 4_096;

/// How often an empty command line is read again. A process that is just executing a program has its new name before the
/// kernel has laid out its arguments (`begin_new_exec`, then `create_elf_tables`); one that ended, or a kernel thread, has none.
const RETRIES: u8 = 5;

/// Number of a process, unlike any other's while nbw runs.
pub type ProcessId = u64;

/// Who has the sockets that no process has: the kernel, or one that is not known.
pub const NOBODY: ProcessId = 0;

/// A process that has, or had, a socket.
#[derive(Debug, Clone)]
pub struct Process {
    /// Its pid; 0 for [`NOBODY`].
    pub pid: u32,
    /// Its name.
    pub name: Arc<str>,
    /// Its command line; empty until it is known.
    pub command: Arc<str>,
    /// Its user; none for [`NOBODY`].
    pub uid: Option<u32>,
    /// Whether it has ended.
    pub ended: bool,
    /// When it began, in ticks since boot: what tells it from another with its pid.
    start: u64,
    /// Its name as the kernel side last told it.
    comm: [u64; 2],
    looked: Instant,
}

/// The processes found so far.
#[derive(Debug)]
pub struct Processes {
    by_pid: HashMap<u32, ProcessId>,
    all: HashMap<ProcessId, Process>,
    next: ProcessId,
    /// Those whose command lines are to be read: that can block while the process maps memory.
    unread: Vec<Unread>,
    /// Whether nbw has a pid namespace of its own: then `/proc` has other processes under the pids that the kernel tells.
    elsewhere: bool,
    reading: Option<JoinHandle<Vec<(Unread, String)>>>,
}

/// A process whose command line is to be read.
#[derive(Debug, Clone, Copy)]
struct Unread {
    id: ProcessId,
    pid: u32,
    /// How often it is read again if it turns out empty.
    retries: u8,
}

impl Default for Processes {
    fn default() -> Self {
        let nobody = Process {
            pid: 0,
            name: "no process".into(),
            command: "".into(),
            uid: None,
            ended: false,
            start: 0,
            comm: [0; 2],
            looked: Instant::now(),
        };
        Self {
            by_pid: HashMap::new(),
            all: HashMap::from([(NOBODY, nobody)]),
            next: NOBODY + 1,
            unread: Vec::new(),
            elsewhere: !in_initial_namespace(),
            reading: None,
        }
    }
}

impl Processes {
    /// The process that owns a socket.
    pub fn of(&mut self, owner: &Owner) -> ProcessId {
        if owner.tgid == 0 {
            return NOBODY;
        }
        match self.by_pid.get(&owner.tgid).copied() {
            Some(id) if self.has(id, owner) => id,
            _ => self.enter(owner),
        }
    }

    /// Whether a socket with this owner is this process's. One that has ended does not get new sockets, and one of another
    /// name may be another.
    fn has(&mut self, id: ProcessId, owner: &Owner) -> bool {
        let Some(process) = self.all.get_mut(&id) else { return false };
        let doubtful = process.ended || process.comm != owner.comm;
        (process.comm, process.uid) = (owner.comm, Some(owner.uid));
        if doubtful { self.look(id) } else { self.is_still(id) }
    }

    /// The process with this number.
    pub fn get(&self, id: ProcessId) -> Option<&Process> {
        self.all.get(&id)
    }

    /// Whether the pid stands for the same process as before, as far as anyone can tell.
    fn is_still(&mut self, id: ProcessId) -> bool {
        let fresh = |process: &Process| process.looked.elapsed() < FRESH;
        self.all.get(&id).is_some_and(fresh) || self.look(id)
    }

    /// As [`Self::is_still`], but looks now.
    fn look(&mut self, id: ProcessId) -> bool {
        let Some(process) = self.all.get_mut(&id) else { return false };
        process.looked = Instant::now();
        if self.elsewhere {
            return true;
        }
        match start_of(process.pid) {
            Some((start, name)) if start == process.start => {
                // It may have executed another program.
                if *process.name != *name {
                    process.name = name.into();
                    self.unread.push(Unread { id, pid: process.pid, retries: RETRIES });
                }
                true
            }
            other => {
                process.ended = true;
                // A socket of a process that is gone: of this one, if no other has its pid.
                other.is_none()
            }
        }
    }

    fn enter(&mut self, owner: &Owner) -> ProcessId {
        let id = self.next;
        self.next += 1;
        let found = if self.elsewhere { None } else { start_of(owner.tgid) };
        let ended = found.is_none() && !self.elsewhere;
        let (start, name) = found.unwrap_or_else(|| (0, text::clean_bytes(&owner.name().collect::<Vec<u8>>())));
        let process = Process {
            pid: owner.tgid,
            name: name.into(),
            command: "".into(),
            uid: Some(owner.uid),
            ended,
            start,
            comm: owner.comm,
            looked: Instant::now(),
        };
        if !ended && !self.elsewhere && self.unread.len() < MOST_UNREAD {
            self.unread.push(Unread { id, pid: owner.tgid, retries: RETRIES });
        }
        self.all.insert(id, process);
        self.by_pid.insert(owner.tgid, id);
        id
    }

    /// Takes in command lines that were read, and has the others read.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn read_commands(&mut self) {
        if let Some(commands) = self.reading.as_mut().and_then(FutureExt::now_or_never) {
            self.reading = None;
            for (unread, command) in commands.unwrap_or_default() {
                self.take_in(unread, command);
            }
        }
        if self.reading.is_none() && !self.unread.is_empty() {
            let unread = std::mem::take(&mut self.unread);
            let read =
                move || unread.into_iter().filter_map(|unread| Some((unread, command_of(unread.pid)?))).collect();
            self.reading = Some(tokio::task::spawn_blocking(read));
        }
    }

    fn take_in(&mut self, unread: Unread, command: String) {
        let Some(process) = self.all.get_mut(&unread.id) else { return };
        if !command.is_empty() {
            process.command = command.into();
        } else if unread.retries > 0 {
            self.unread.push(Unread { retries: unread.retries - 1, ..unread });
        }
    }

    /// Looks which of these have ended.
    pub fn look_after(&mut self, ids: impl Iterator<Item = ProcessId>) {
        for id in ids {
            if self.all.get(&id).is_some_and(|process| id != NOBODY && !process.ended) {
                self.is_still(id);
            }
        }
    }

    /// Whether it is known to live.
    pub fn lives(&self, id: ProcessId) -> bool {
        !self.elsewhere && self.all.get(&id).is_some_and(|process| !process.ended)
    }

    /// Forgets all but those that are to be kept.
    pub fn keep(&mut self, kept: impl Fn(ProcessId) -> bool) {
        self.all.retain(|&id, _| id == NOBODY || kept(id));
        let all = &self.all;
        self.by_pid.retain(|_, id| all.contains_key(id));
    }
}

/// Whether `/proc` shows the pids that the kernel tells: `PROC_PID_INIT_INO` of linux/proc_ns.h.
pub fn in_initial_namespace() -> bool {
    const PROC_PID_INIT_INO: u64 = 0xefff_fffc;
    fs::metadata("/proc/self/ns/pid").is_ok_and(|namespace| namespace.ino() == PROC_PID_INIT_INO)
}

/// When a process began and what it is called; none if there is none with this pid.
fn start_of(pid: u32) -> Option<(u64, String)> {
    let stat = ProcFs::new(pid.try_into().ok()?).and_then(|process| process.stat()).ok()?;
    Some((stat.starttime, text::clean(&stat.comm).into_owned()))
}

fn command_of(pid: u32) -> Option<String> {
    let arguments = ProcFs::new(pid.try_into().ok()?).and_then(|process| process.cmdline()).ok()?;
    Some(text::clean(&arguments.join(" ")).into_owned())
}

/// The process as the kernel side knows it.
pub fn owner(process: &ProcFs) -> Option<Owner> {
    let name = process.stat().ok()?.comm;
    let mut comm = [0; 16];
    let length = name.len().min(comm.len() - 1);
    comm[..length].copy_from_slice(&name.as_bytes()[..length]);
    let half = |at: usize| comm[at..at + 8].try_into().map_or(0, u64::from_ne_bytes);
    Some(Owner { tgid: process.pid.try_into().ok()?, uid: process.uid().ok()?, comm: [half(0), half(8)] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner_of(pid: u32) -> Owner {
        owner(&ProcFs::new(pid.try_into().unwrap()).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_process_is_named_and_its_end_is_seen() {
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let mut processes = Processes::default();
        let id = processes.of(&owner_of(child.id()));
        assert_eq!(processes.of(&owner_of(child.id())), id);
        let read = read_until(&mut processes, |processes| !processes.get(id).unwrap().command.is_empty());
        read.await.expect("the command line is read");
        assert_eq!(&*processes.get(id).unwrap().command, "sleep 1000");
        assert!(!processes.get(id).unwrap().ended);
        child.kill().unwrap();
        child.wait().unwrap();
        processes.all.get_mut(&id).unwrap().looked -= FRESH;
        processes.look_after([id].into_iter());
        assert!(processes.get(id).unwrap().ended);
    }

    /// Reads until it is so, for at most some seconds.
    async fn read_until(
        processes: &mut Processes,
        done: impl Fn(&Processes) -> bool,
    ) -> Result<(), impl std::fmt::Debug> {
        tokio::time::timeout(Duration::from_secs(20), async {
            while !done(processes) {
                processes.read_commands();
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
    }

    /// As it is for one that is caught while it executes a program.
    #[tokio::test]
    async fn an_empty_command_line_is_read_again_but_not_for_ever() {
        let mut zombie = std::process::Command::new("true").spawn().unwrap();
        let ended = ProcFs::new(zombie.id().try_into().unwrap()).unwrap();
        while ended.cmdline().is_ok_and(|words| !words.is_empty()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut processes = Processes::default();
        let id = processes.of(&owner_of(zombie.id()));
        let unread = Unread { id, pid: std::process::id(), retries: 1 };
        processes.take_in(unread, String::new());
        assert_eq!(processes.unread.last().map(|unread| (unread.pid, unread.retries)), Some((std::process::id(), 0)));
        read_until(&mut processes, |processes| !processes.get(id).unwrap().command.is_empty())
            .await
            .expect("read again");
        // The zombie's own line is empty, whenever it is read: it comes to an end all the same.
        let rest = |processes: &Processes| processes.unread.is_empty() && processes.reading.is_none();
        read_until(&mut processes, rest).await.expect("it is left alone after some times");
        zombie.wait().unwrap();
    }

    #[test]
    fn one_that_is_gone_has_the_name_that_the_kernel_remembers() {
        let mut processes = Processes::default();
        let comm = [u64::from_ne_bytes(*b"curl\0\0\0\0"), 0];
        // No pid is that high: the kernel's limit is 2^22.
        let id = processes.of(&Owner { tgid: u32::MAX / 2, uid: 7, comm });
        let process = processes.get(id).unwrap();
        assert_eq!((&*process.name, process.uid, process.ended), ("curl", Some(7), true));
    }

    #[test]
    fn sockets_without_a_process_are_the_kernels() {
        assert_eq!(Processes::default().of(&Owner::default()), NOBODY);
    }
}
