//! Traffic that goes on until it is ended, and never for longer than a test may take.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nbw_tests::lab::{Cgroup, Netns, TwoHosts, open};

/// It ends by itself after this.
const LONGEST: Duration = Duration::from_secs(40);

/// How long a socket may wait before it looks whether the end has come.
const PATIENCE: Duration = Duration::from_millis(100);

/// What is late by more is not made up for: it would be a burst.
const MOST_AT_ONCE: u64 = 200;

/// Threads that send.
pub(crate) struct Traffic {
    ended: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    /// Open until all have ended: who sends to a closed one is told so.
    open: Vec<UdpSocket>,
}

impl Traffic {
    /// TCP streams from one host to another, as fast as they go.
    pub(crate) fn streams(from: &Netns, to: &Netns, address: &str, count: usize) -> Self {
        let mut traffic = Self { ended: Arc::default(), threads: Vec::new(), open: Vec::new() };
        let listener = to.enter(|| TcpListener::bind((address, 0))).expect("a listener");
        let there = listener.local_addr().expect("its address");
        for _ in 0..count {
            let client = from.enter(|| TcpStream::connect(there)).expect("a connection");
            let (server, _) = listener.accept().expect("the other end");
            traffic.spawn(move |ended| write(&client, ended));
            traffic.spawn(move |ended| read(&server, ended));
        }
        traffic
    }

    /// Datagrams of so many bytes from left to right, so many a second; both ends are of one cgroup.
    pub(crate) fn datagrams(hosts: &TwoHosts, cgroup: &Cgroup, length: usize, rate: f64) -> Self {
        let mut traffic = Self { ended: Arc::default(), threads: Vec::new(), open: Vec::new() };
        let server = open(&hosts.right, cgroup, || UdpSocket::bind((&*hosts.cable.v4.1, 0)));
        let there = server.local_addr().expect("its address");
        let client = open(&hosts.left, cgroup, || UdpSocket::bind((&*hosts.cable.v4.0, 0)));
        client.connect(there).expect("a way there");
        traffic.open.push(server.try_clone().expect("the same socket"));
        traffic.spawn(move |ended| send(&client, length, rate, ended));
        traffic.spawn(move |ended| receive(&server, ended));
        traffic
    }

    fn spawn(&mut self, work: impl FnOnce(&dyn Fn() -> bool) + Send + 'static) {
        let (ended, begun) = (Arc::clone(&self.ended), Instant::now());
        let work = move || work(&|| ended.load(Ordering::Relaxed) || begun.elapsed() > LONGEST);
        self.threads.push(thread::spawn(work));
    }

    /// Ends it. That it lasted is part of the test.
    pub(crate) fn end(mut self) {
        self.ended.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("a thread with traffic");
        }
    }
}

/// A test that fails ends it, too.
impl Drop for Traffic {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

fn write(mut client: &TcpStream, ended: &dyn Fn() -> bool) {
    client.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    let bytes = [7; 16_384];
    while !ended() {
        // One that waits for room is asked again.
        let _ = client.write(&bytes);
    }
    // The other end may be gone already.
    let _ = client.shutdown(Shutdown::Both);
}

fn read(mut server: &TcpStream, ended: &dyn Fn() -> bool) {
    server.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut buffer = [0; 65_536];
    while !ended() {
        let _ = server.read(&mut buffer);
    }
}

fn send(client: &UdpSocket, length: usize, rate: f64, ended: &dyn Fn() -> bool) {
    let (datagram, begun) = (vec![7; length], Instant::now());
    let mut sent = 0;
    while !ended() {
        let due = (begun.elapsed().as_secs_f64() * rate) as u64;
        for _ in 0..(due - sent).min(MOST_AT_ONCE) {
            client.send(&datagram).expect("a datagram");
        }
        sent = due;
        thread::sleep(Duration::from_micros(500));
    }
}

fn receive(server: &UdpSocket, ended: &dyn Fn() -> bool) {
    server.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut buffer = [0; 2_048];
    while !ended() {
        let _ = server.recv(&mut buffer);
    }
}
