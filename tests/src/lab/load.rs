//! Many senders at once, as fast as they go.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream, UdpSocket},
    os::fd::AsRawFd,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use nix::{
    sched::{CpuSet, sched_setaffinity},
    unistd::Pid,
};

use super::{
    Cgroup, TwoHosts,
    sockets::{address, open},
};

const TCP_PORT: u16 = 6_000;
const UDP_PORT: u16 = 7_000;

/// What to send.
#[derive(Debug, Clone, Copy)]
pub struct LoadPlan {
    /// For how long.
    pub duration: Duration,
    /// TCP senders; every second one over IPv6.
    pub tcp: u16,
    /// UDP senders, likewise.
    pub udp: u16,
    /// Bytes in a datagram.
    pub datagram: usize,
}

/// The sockets of a load that has run. As long as they are open, a late packet finds its socket.
pub struct Load {
    tcp: Vec<(TcpStream, TcpListener)>,
    udp: Vec<(UdpSocket, UdpSocket)>,
}

impl Load {
    /// Runs `plan` between a cgroup at the left host and one at the right; the servers answer, so that both directions
    /// are loaded. TCP ends last, when nothing gets lost any more, and so that every packet finds a full socket.
    pub fn run(hosts: &TwoHosts, left: &Cgroup, right: &Cgroup, plan: LoadPlan) -> Self {
        let tcp = (0..plan.tcp).map(|number| tcp_pair(hosts, left, right, number)).collect();
        let udp = (0..plan.udp).map(|number| udp_pair(hosts, left, right, number)).collect();
        let load = Self { tcp, udp };
        load.work(plan);
        load
    }

    fn work(&self, plan: LoadPlan) {
        let end = Instant::now() + plan.duration;
        let senders = Barrier::new(self.tcp.len() + self.udp.len());
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let (senders, done) = (&senders, &done);
            for (_, server) in &self.udp {
                scope.spawn(|| answer_datagrams(server, done));
            }
            for (_, listener) in &self.tcp {
                scope.spawn(|| answer_stream(listener));
            }
            let mut working = Vec::new();
            for (number, (client, _)) in self.udp.iter().enumerate() {
                working.push(scope.spawn(move || {
                    pin(number);
                    send_datagrams(client, end, plan.datagram);
                    senders.wait();
                }));
            }
            for (number, (client, _)) in self.tcp.iter().enumerate() {
                working.push(scope.spawn(move || {
                    pin(number);
                    send_stream(client, end, senders);
                }));
            }
            for sender in working {
                sender.join().expect("a sender");
            }
            done.store(true, Ordering::Relaxed);
        });
    }
}

fn tcp_pair(hosts: &TwoHosts, left: &Cgroup, right: &Cgroup, number: u16) -> (TcpStream, TcpListener) {
    let to = address(host(hosts, number), TCP_PORT + number);
    let listener = open(&hosts.right, right, || TcpListener::bind(to));
    let client = open(&hosts.left, left, || TcpStream::connect(to));
    pace(&client);
    (client, listener)
}

/// Has the stream's packets sent by a timer: those interrupt other senders of the cgroup on the same CPU at any point,
/// also between the load and the store of an addition.
fn pace(client: &TcpStream) {
    const BYTES_PER_SECOND: u32 = 10_000_000;
    let (rate, length) = (&BYTES_PER_SECOND, size_of::<u32>() as u32);
    // SAFETY: the value is a u32 and lives for the call.
    let set = unsafe {
        libc::setsockopt(
            client.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MAX_PACING_RATE,
            std::ptr::from_ref(rate).cast(),
            length,
        )
    };
    assert_eq!(set, 0, "SO_MAX_PACING_RATE: {}", std::io::Error::last_os_error());
}

fn udp_pair(hosts: &TwoHosts, left: &Cgroup, right: &Cgroup, number: u16) -> (UdpSocket, UdpSocket) {
    let to = address(host(hosts, number), UDP_PORT + number);
    let server = open(&hosts.right, right, || UdpSocket::bind(to));
    let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let client =
        open(&hosts.left, left, || UdpSocket::bind(any).and_then(|socket| socket.connect(to).map(|()| socket)));
    (client, server)
}

fn host(hosts: &TwoHosts, number: u16) -> &str {
    if number.is_multiple_of(2) { &hosts.cable.v4.1 } else { &hosts.cable.v6.1 }
}

/// Keeps the thread on one CPU, so that all of them have senders.
fn pin(number: usize) {
    let cpus = thread::available_parallelism().expect("the number of CPUs").get();
    let mut set = CpuSet::new();
    set.set(number % cpus).expect("a CPU");
    sched_setaffinity(Pid::from_raw(0), &set).expect("sched_setaffinity");
}

fn send_datagrams(client: &UdpSocket, end: Instant, length: usize) {
    client.set_nonblocking(true).expect("non-blocking");
    let (datagram, mut answer) = (vec![7; length], [0; 2_048]);
    while Instant::now() < end {
        for _ in 0..16 {
            skip_if_busy(client.send(&datagram));
            skip_if_busy(client.recv(&mut answer));
        }
    }
}

fn skip_if_busy(result: std::io::Result<usize>) {
    match result {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        Err(error) => panic!("a datagram: {error}"),
    }
}

/// Answers every datagram by one of half its length.
fn answer_datagrams(server: &UdpSocket, done: &AtomicBool) {
    server.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
    let mut buffer = [0; 2_048];
    while !done.load(Ordering::Relaxed) {
        let Ok((length, from)) = server.recv_from(&mut buffer) else { continue };
        server.send_to(&buffer[..length / 2], from).expect("an answer");
    }
}

fn send_stream(mut client: &TcpStream, end: Instant, senders: &Barrier) {
    thread::scope(|scope| {
        let mut reading = client;
        scope.spawn(move || {
            let mut buffer = vec![0; 65_536];
            while reading.read(&mut buffer).expect("the answers") > 0 {}
        });
        let bytes = vec![8; 32_768];
        while Instant::now() < end {
            client.write_all(&bytes).expect("a stream");
        }
        senders.wait();
        client.shutdown(Shutdown::Write).expect("shutdown");
    });
}

/// Answers what comes by a quarter of it, and closes when the client does.
fn answer_stream(listener: &TcpListener) {
    let (mut server, _) = listener.accept().expect("the client");
    let mut buffer = vec![0; 65_536];
    loop {
        let length = server.read(&mut buffer).expect("the stream");
        if length == 0 {
            return;
        }
        server.write_all(&buffer[..length / 4]).expect("an answer");
    }
}
