//! The ways to a log.

use std::{io, net::Ipv6Addr, net::SocketAddr, path::Path};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpStream, UdpSocket, UnixDatagram, UnixStream, lookup_host},
};

use super::Address;

/// An open way.
#[derive(Debug)]
pub(super) enum Socket {
    Datagrams(UnixDatagram),
    Stream(UnixStream),
    Udp(UdpSocket),
    Tcp(TcpStream),
}

impl Socket {
    /// # Errors
    /// When there is no such receiver.
    pub(super) async fn open(address: &Address) -> io::Result<Self> {
        match address {
            Address::Unix(path) => local(path).await,
            Address::Udp(place) => udp(place).await.map(Self::Udp),
            Address::Tcp(place) => TcpStream::connect(place).await.map(Self::Tcp),
        }
    }

    /// Whether the other side has not gone away, as far as is known: what is written to it then would be lost.
    pub(super) fn is_open(&self) -> bool {
        let nothing_yet =
            |read: io::Result<usize>| matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        match self {
            Self::Datagrams(_) | Self::Udp(_) => true,
            Self::Stream(stream) => nothing_yet(stream.try_read(&mut [0])),
            Self::Tcp(stream) => nothing_yet(stream.try_read(&mut [0])),
        }
    }

    /// # Errors
    /// The operating system's.
    pub(super) async fn send(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::Datagrams(socket) => socket.send(line).await.map(drop),
            Self::Udp(socket) => socket.send(line).await.map(drop),
            Self::Stream(stream) => stream.write_all(&[line, b"\0"].concat()).await,
            // RFC 6587: how many bytes, and then these.
            Self::Tcp(stream) => stream.write_all(&[format!("{} ", line.len()).as_bytes(), line].concat()).await,
        }
    }
}

async fn local(path: &Path) -> io::Result<Socket> {
    let socket = UnixDatagram::unbound()?;
    match socket.connect(path) {
        Ok(()) => Ok(Socket::Datagrams(socket)),
        Err(error) if error.raw_os_error() == Some(libc::EPROTOTYPE) => {
            UnixStream::connect(path).await.map(Socket::Stream)
        }
        Err(error) => Err(error),
    }
}

async fn udp(place: &str) -> io::Result<UdpSocket> {
    let to = lookup_host(place).await?.next().ok_or(io::ErrorKind::NotFound)?;
    let any = if to.is_ipv4() { SocketAddr::from(([0; 4], 0)) } else { SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)) };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(to).await?;
    Ok(socket)
}
