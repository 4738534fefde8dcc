//! Whoever does not read what is found holds up nothing else.

use std::{
    io::{BufRead, BufReader, ErrorKind, PipeReader, PipeWriter, Write},
    os::fd::AsFd,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use nbw_detect::Event;
use nbw_tests::lab::{KernelObjects, Nbw, Netns, TwoHosts, until};
use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::watcher::Killed;

/// How long nbw may take to end, whoever does not read.
const SOON: Duration = Duration::from_secs(5);

/// Writes until nothing more goes in.
fn fill(pipe: &mut PipeWriter) {
    let set = |pipe: &PipeWriter, flags| fcntl(pipe.as_fd(), FcntlArg::F_SETFL(flags)).expect("fcntl");
    set(pipe, OFlag::O_NONBLOCK);
    loop {
        match pipe.write(&[b'\n'; 4_096]) {
            Ok(written) => assert!(written > 0),
            Err(error) => break assert_eq!(error.kind(), ErrorKind::WouldBlock, "a full pipe"),
        }
    }
    set(pipe, OFlag::empty());
}

/// One that writes into the pipe, and looks at all of the namespace.
fn detect(netns: &Netns, pipe: &PipeWriter, options: &[&str]) -> Killed {
    let mut command = netns.command(Nbw::binary().to_str().expect("a path in UTF-8"));
    command.args(["detect", "--format", "json"]).args(options);
    let child = command.stdout(pipe.try_clone().expect("the same pipe")).stderr(Stdio::null()).spawn();
    let child = Killed(child.expect("nbw starts"));
    let pid = child.0.id();
    until("nbw to be attached", || (KernelObjects::of(pid).links.len() >= 6).then_some(()));
    child
}

fn ended(child: &mut Killed) -> bool {
    until("nbw's end", || child.0.try_wait().expect("a child")).success()
}

/// What is read from a pipe that was full of empty lines, until nobody holds its other end.
fn events(reader: PipeReader) -> Vec<Event> {
    let lines = BufReader::new(reader).lines().map(|line| line.expect("text")).filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_str(&line).expect("an event")).collect()
}

#[test]
fn who_does_not_read_holds_up_neither_a_signal_nor_the_time() {
    const TIME: Duration = Duration::from_secs(12);
    let hosts = TwoHosts::new(94, true);
    let (reader, mut pipe) = std::io::pipe().expect("a pipe");
    fill(&mut pipe);
    let mut timed = detect(&hosts.right, &pipe, &["--duration", "12s"]);
    let begin = Instant::now();
    let mut asked = detect(&hosts.right, &pipe, &[]);
    // Long enough for a beginning, what comes of it after five seconds, and an end: more than an outlet takes.
    let target = &hosts.cable.v4.1;
    let mut scan = hosts.left.command("timeout");
    scan.args(["8", "nmap", "-n", "-Pn", "-sS", "--max-rate", "300", "-p1-9000", target]);
    scan.stdout(Stdio::null()).status().expect("nmap starts");
    kill(Pid::from_raw(asked.0.id() as i32), Signal::SIGTERM).expect("a signal to nbw");
    let signalled = Instant::now();
    assert!(ended(&mut asked), "it ends well");
    assert!(signalled.elapsed() < SOON, "after {:?}", signalled.elapsed());
    assert!(ended(&mut timed), "it ends well");
    assert!(begin.elapsed() < TIME + 2 * SOON, "after {:?}", begin.elapsed());

    // There was something to read: whoever reads, as soon as nbw is to end, has the scan from it.
    let mut read = detect(&hosts.right, &pipe, &[]);
    drop(pipe);
    scan.status().expect("nmap starts");
    let reading = thread::spawn(move || events(reader));
    kill(Pid::from_raw(read.0.id() as i32), Signal::SIGTERM).expect("a signal to nbw");
    assert!(ended(&mut read), "it ends well");
    let events = reading.join().expect("events");
    assert!(events.iter().any(|event| event.signature == "port-scan-syn" && !event.ongoing), "{events:#?}");
}
