//! Processes that do as they are told: `nbw-peer`.

use std::{
    io::{IoSlice, IoSliceMut},
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
    process::{Child, Command, Stdio},
    ptr,
};

use nbw_tests::lab::{Cgroup, Netns, TwoHosts};
use nix::{
    cmsg_space,
    errno::Errno,
    sys::socket::{
        AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, sendmsg, socketpair,
    },
};

/// A process of `nbw-peer`; killed on drop.
pub(crate) struct Peer {
    /// Its pid.
    pub(crate) pid: u32,
    control: OwnedFd,
    /// None for one that another has forked.
    child: Option<Child>,
    /// What that one is killed by: its pid may be another's by then.
    forked: Option<OwnedFd>,
}

impl Peer {
    /// Starts one in a namespace.
    pub(crate) fn new(netns: &Netns) -> Self {
        Self::spawn(netns.command(env!("CARGO_BIN_EXE_nbw-peer")))
    }

    /// Starts one in a namespace and a cgroup.
    pub(crate) fn within(netns: &Netns, cgroup: &Cgroup) -> Self {
        let mut command = netns.command(env!("CARGO_BIN_EXE_nbw-peer"));
        cgroup.contain(&mut command);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let flags = SockFlag::SOCK_CLOEXEC;
        let (control, theirs) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags).expect("sockets");
        let child = command.stdin(theirs).stdout(Stdio::null()).spawn().expect("nbw-peer starts");
        // `ip netns exec` becomes it.
        Self { pid: child.id(), control, child: Some(child), forked: None }
    }

    /// Tells it what to do.
    pub(crate) fn tell(&self, line: &str) {
        self.pass(line, None);
    }

    fn pass(&self, line: &str, descriptor: Option<BorrowedFd<'_>>) {
        let descriptors: Vec<RawFd> = descriptor.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&descriptors)];
        let control = if descriptors.is_empty() { &[][..] } else { &rights[..] };
        let (bytes, socket) = ([IoSlice::new(line.as_bytes())], self.control.as_raw_fd());
        sendmsg::<()>(socket, &bytes, control, MsgFlags::MSG_NOSIGNAL, None).expect("a message to nbw-peer");
    }

    /// What it says to the first command that it has not answered yet.
    pub(crate) fn answer(&self) -> String {
        self.answer_with().0
    }

    fn answer_with(&self) -> (String, Option<OwnedFd>) {
        let (mut buffer, mut space) = ([0; 4096], cmsg_space!(RawFd));
        let mut slices = [IoSliceMut::new(&mut buffer)];
        let (socket, flags) = (self.control.as_raw_fd(), MsgFlags::MSG_CMSG_CLOEXEC);
        let message = recvmsg::<()>(socket, &mut slices, Some(&mut space), flags).expect("an answer");
        let mut passed = None;
        for control in message.cmsgs().expect("its descriptors") {
            if let ControlMessageOwned::ScmRights(descriptors) = control {
                // SAFETY: the kernel has just made it for us.
                passed = descriptors.first().map(|&descriptor| unsafe { OwnedFd::from_raw_fd(descriptor) });
            }
        }
        let length = message.bytes;
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let answer = text.strip_prefix("ok ").unwrap_or_else(|| panic!("nbw-peer: {text:?}"));
        (answer.to_owned(), passed)
    }

    /// Tells it what to do, and waits until it has.
    pub(crate) fn ask(&self, line: &str) -> String {
        self.tell(line);
        self.answer()
    }

    /// Makes a child that has all its sockets.
    pub(crate) fn fork(&self) -> Self {
        self.tell("fork");
        let control = self.answer_with().1.expect("the child's socket");
        let mut child = Self { pid: 0, control, child: None, forked: None };
        child.pid = child.answer().parse().expect("its pid");
        // SAFETY: the call takes no pointers; the descriptor is ours.
        child.forked = Some(unsafe {
            let descriptor = libc::syscall(libc::SYS_pidfd_open, child.pid, 0);
            OwnedFd::from_raw_fd(Errno::result(descriptor).expect("a pidfd") as RawFd)
        });
        child
    }

    /// Passes a socket to another process, which has it alone then.
    pub(crate) fn give(&self, name: &str, to: &Self) {
        self.hand(&format!("give {name}"), name, to);
    }

    /// Shares a socket with another process.
    pub(crate) fn lend(&self, name: &str, to: &Self) {
        self.hand(&format!("lend {name}"), name, to);
    }

    fn hand(&self, line: &str, name: &str, to: &Self) {
        self.tell(line);
        let descriptor = self.answer_with().1.expect("the socket");
        to.pass(&format!("keep {name}"), Some(descriptor.as_fd()));
        to.answer();
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        let child = self.child.as_mut().expect("a process of ours");
        child.kill().expect("a signal");
        child.wait().expect("its end");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have been killed already.
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Some(child) = &self.forked {
            let signal = libc::SIGKILL;
            // It may have ended already. SAFETY: no information is passed along.
            unsafe { libc::syscall(libc::SYS_pidfd_send_signal, child.as_raw_fd(), signal, ptr::null::<()>(), 0) };
        }
    }
}

/// Has one process send bytes and another receive them, by streams of the same name.
pub(crate) fn carry(from: &Peer, to: &Peer, name: &str, bytes: usize) {
    to.tell(&format!("receive {name} {bytes}"));
    from.ask(&format!("send {name} {bytes}"));
    to.answer();
}

/// A server at the left, a client at the right, and a connection `c`.
pub(crate) fn connected(hosts: &TwoHosts) -> (Peer, Peer) {
    let (server, client) = (Peer::new(&hosts.left), Peer::new(&hosts.right));
    let at = format!("{}:80", hosts.cable.v4.0);
    server.ask(&format!("listen l {at}"));
    client.ask(&format!("connect c {at}"));
    server.ask("accept c l");
    (server, client)
}
