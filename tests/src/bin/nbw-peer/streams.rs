//! TCP.

use std::{
    io::{Read, Result, Write},
    mem::MaybeUninit,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::fd::{AsRawFd, OwnedFd},
};

use nix::sys::{
    socket::{AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, bind, listen, setsockopt, socket, sockopt},
    time::{TimeVal, TimeValLike},
};

use crate::PATIENCE;

/// A listener; `shared` has several at the same port (`SO_REUSEPORT`). One at `::` listens for IPv4 too.
pub(crate) fn listener(address: SocketAddr, shared: bool) -> Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let socket = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    setsockopt(&socket, sockopt::ReusePort, &shared)?;
    bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?;
    // Of accepting; and what is accepted inherits it.
    setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::seconds(PATIENCE.as_secs() as i64))?;
    listen(&socket, Backlog::MAXCONN)?;
    Ok(socket)
}

pub(crate) fn connect(address: SocketAddr) -> Result<TcpStream> {
    timed(TcpStream::connect_timeout(&address, PATIENCE)?)
}

pub(crate) fn accept(listener: &TcpListener) -> Result<TcpStream> {
    timed(listener.accept()?.0)
}

fn timed(stream: TcpStream) -> Result<TcpStream> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

pub(crate) fn send(mut stream: &TcpStream, bytes: usize) -> Result<String> {
    stream.write_all(&vec![7; bytes])?;
    Ok(bytes.to_string())
}

pub(crate) fn receive(mut stream: &TcpStream, bytes: usize) -> Result<String> {
    stream.read_exact(&mut vec![0; bytes])?;
    Ok(bytes.to_string())
}

pub(crate) fn drain(mut stream: &TcpStream) -> Result<String> {
    Ok(stream.read_to_end(&mut Vec::new())?.to_string())
}

pub(crate) fn finish(stream: &TcpStream) -> Result<String> {
    stream.shutdown(Shutdown::Write)?;
    Ok(String::new())
}

/// Makes connections one after the other. Each sends `bytes`, and closes its side first, so that every packet finds a full
/// socket; the server answers in kind.
pub(crate) fn connect_often(address: SocketAddr, count: usize, bytes: usize) -> Result<String> {
    for _ in 0..count {
        let stream = connect(address)?;
        send(&stream, bytes)?;
        finish(&stream)?;
        drain(&stream)?;
    }
    Ok((count * bytes).to_string())
}

/// The server of [`connect_often`].
pub(crate) fn accept_often(listener: &TcpListener, count: usize, bytes: usize) -> Result<String> {
    for _ in 0..count {
        let stream = accept(listener)?;
        drain(&stream)?;
        send(&stream, bytes)?;
    }
    Ok((count * bytes).to_string())
}

/// What the kernel has counted for the connection: segments sent, segments received, and segments sent again.
pub(crate) fn info(socket: &OwnedFd) -> Result<String> {
    let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
    let mut length = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes.
    let result = unsafe {
        libc::getsockopt(socket.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_INFO, info.as_mut_ptr().cast(), &mut length)
    };
    nix::errno::Errno::result(result)?;
    // SAFETY: plain integers, zero where the kernel wrote nothing.
    let info = unsafe { info.assume_init() };
    Ok(format!("{} {} {}", info.tcpi_segs_out, info.tcpi_segs_in, info.tcpi_total_retrans))
}
