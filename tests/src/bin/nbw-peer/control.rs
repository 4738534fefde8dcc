//! Messages from and to the test.

use std::{
    io::{IoSlice, IoSliceMut, Result},
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
};

use nix::{
    cmsg_space,
    sys::socket::{
        AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, sendmsg, socketpair,
    },
    unistd::{ForkResult, dup2_stdin, fork, getpid},
};

use crate::Answer;

/// The next message; none when nobody is left to tell.
pub(crate) fn receive() -> Result<Option<(String, Option<OwnedFd>)>> {
    let (mut buffer, mut space) = ([0; 4096], cmsg_space!(RawFd));
    let mut slices = [IoSliceMut::new(&mut buffer)];
    let message = recvmsg::<()>(0, &mut slices, Some(&mut space), MsgFlags::MSG_CMSG_CLOEXEC)?;
    let mut passed = None;
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(descriptors) = control {
            // SAFETY: the kernel has just made it for us.
            passed = descriptors.first().map(|&descriptor| unsafe { OwnedFd::from_raw_fd(descriptor) });
        }
    }
    let length = message.bytes;
    Ok((length > 0).then(|| (String::from_utf8_lossy(&buffer[..length]).into_owned(), passed)))
}

/// Answers.
pub(crate) fn send(answer: &str, descriptor: Option<BorrowedFd<'_>>) -> Result<()> {
    let descriptors: Vec<RawFd> = descriptor.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&descriptors)];
    let control = if descriptors.is_empty() { &[][..] } else { &rights[..] };
    sendmsg::<()>(0, &[IoSlice::new(answer.as_bytes())], control, MsgFlags::MSG_NOSIGNAL, None)?;
    Ok(())
}

/// Makes a child with all sockets of this process. It is told what to do by a socket of its own, which this process answers
/// with; there the child says its pid.
pub(crate) fn fork_off() -> Result<Answer> {
    let (tests, childs) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Parent { .. } => Ok((String::new(), Some(tests))),
        ForkResult::Child => {
            dup2_stdin(childs)?;
            Ok((getpid().to_string(), None))
        }
    }
}
