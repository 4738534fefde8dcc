//! Traffic whose size on the wire follows from how it is made.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    thread,
    time::Duration,
};

use nix::sys::socket::{setsockopt, sockopt::UdpGsoSegment};

use super::{Cgroup, Netns};

/// Nothing in the lab takes longer, unless it is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a socket in a namespace and a cgroup, to which it belongs from then on.
pub fn open<T: Send>(netns: &Netns, cgroup: &Cgroup, open: impl FnOnce() -> std::io::Result<T> + Send) -> T {
    netns.enter_with(cgroup, || open().expect("a socket"))
}

/// Sends `upload` bytes to the listener and `download` bytes back, and closes in an order in which every packet finds
/// a full socket: the client closes its side first, and waits for the server's last packet before it lets go.
pub fn exchange_tcp(mut client: TcpStream, listener: &TcpListener, upload: usize, download: usize) {
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut server, _) = listener.accept().expect("the client");
            server.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            let mut got = Vec::new();
            server.read_to_end(&mut got).expect("the upload");
            assert_eq!(got.len(), upload);
            server.write_all(&vec![2; download]).expect("the download");
        });
        client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        client.write_all(&vec![1; upload]).expect("the upload");
        client.shutdown(Shutdown::Write).expect("shutdown");
        let mut got = Vec::new();
        client.read_to_end(&mut got).expect("the download");
        assert_eq!(got.len(), download);
    });
}

/// Sends a datagram of each size and has it answered by one of twice the size; none is lost, because each waits for
/// the one before.
pub fn exchange_udp(client: &UdpSocket, server: &UdpSocket, sizes: &[usize]) {
    let mut buffer = [0; 65_536];
    for socket in [client, server] {
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    }
    for &size in sizes {
        client.send(&vec![1; size]).expect("a datagram");
        let (got, from) = server.recv_from(&mut buffer).expect("the datagram");
        assert_eq!(got, size);
        server.send_to(&vec![2; 2 * size], from).expect("an answer");
        assert_eq!(client.recv(&mut buffer).expect("the answer"), 2 * size);
    }
}

/// Has the kernel send `length` bytes as datagrams of `segment` bytes in one packet (UDP GSO), `times` over, each when
/// the one before has arrived.
pub fn send_segmented(client: &UdpSocket, server: &UdpSocket, length: usize, segment: u16, times: usize) {
    setsockopt(client, UdpGsoSegment, &i32::from(segment)).expect("UDP_SEGMENT");
    server.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut buffer = [0; 65_536];
    for _ in 0..times {
        client.send(&vec![3; length]).expect("datagrams");
        let mut got = 0;
        while got < length {
            got += server.recv(&mut buffer).expect("a datagram");
        }
        assert_eq!(got, length);
    }
}

/// A socket address of text and a port.
pub(super) fn address(host: &str, port: u16) -> SocketAddr {
    SocketAddr::new(host.parse().expect("an address"), port)
}
