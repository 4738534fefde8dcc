//! Sockets and files that hang, lie or never end.

use std::{
    io::Write,
    os::unix::net::{UnixListener, UnixStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Instant,
};

use super::{
    super::{
        ask::{self, Blocking},
        book::Teller,
        connect::PATIENCE,
        places::{Address, Endpoint},
        *,
    },
    daemon::{Daemon, read_head},
    *,
};

/// What a liar does with each connection.
type Lie = fn(UnixStream);

/// Each ends, or does not, in its own way.
const LIES: [(&str, Lie); 9] = [
    ("never answers", |stream| keep(stream)),
    ("closes at once", drop),
    ("is no HTTP server", |mut stream| drop(stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n"))),
    ("has broken JSON", |stream| respond(stream, "Content-Length: 9", b"[{\"Id\": \xff")),
    ("has JSON of another kind", |stream| respond(stream, "Content-Length: 17", b"{\"Names\":\"a\nb\"}\n\n")),
    ("promises more than it sends", |stream| respond(stream, "Content-Length: 1000000", b"[")),
    ("has no end of headers", |stream| endless(stream, b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n")),
    ("has no end", |stream| endless(stream, b"HTTP/1.1 200 OK\r\n\r\n", b"[{\"Id\":\"aaaaaaaaaaaaaaaa\"},")),
    ("promises a gigabyte", |stream| {
        endless(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", b"                            ");
    }),
];

fn keep(stream: UnixStream) {
    let _head = read_head(&stream);
    thread::park_timeout(PATIENCE * 20);
}

fn respond(mut stream: UnixStream, header: &str, body: &[u8]) {
    let _head = read_head(&stream);
    let _ = write!(stream, "HTTP/1.1 200 OK\r\n{header}\r\n\r\n").and_then(|()| stream.write_all(body));
    thread::park_timeout(PATIENCE * 2);
}

/// Whether somebody has ever read a gigabyte.
static READ_ALL: AtomicBool = AtomicBool::new(false);

/// A gigabyte, unless nobody listens any more.
fn endless(mut stream: UnixStream, head: &[u8], more: &[u8]) {
    read_head(&stream);
    let much = more.repeat((1 << 16) / more.len());
    let mut sent = stream.write_all(head);
    for _ in 0..(1 << 30) / much.len() {
        sent = sent.and_then(|()| stream.write_all(&much));
    }
    READ_ALL.fetch_or(sent.is_ok(), Ordering::Relaxed);
}

fn liar(socket: &Path, lie: Lie) {
    let listener = UnixListener::bind(socket).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || lie(stream));
        }
    });
}

pub(super) fn in_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn a_lying_daemon_is_an_error_in_time() {
    for (what, lie) in LIES {
        let root = host();
        let socket = root.path().join("liar.sock");
        liar(&socket, lie);
        let endpoint = Endpoint { address: Address::Unix(socket), teller: Teller::System, followed: true };
        let book = book::Book::default();
        let asked = docker::ask(&endpoint, &["aa"], true, &book);
        // Twice as long as it may take: the limit is on waiting, and the machine may be busy.
        let answer = in_runtime(async { tokio::time::timeout(PATIENCE * 2, asked).await });
        assert!(answer.unwrap_or_else(|_| panic!("{what}: not in time")).is_err(), "{what}");
        assert!(!READ_ALL.load(Ordering::Relaxed), "{what}");
    }
}

/// Valid answers: of a version, or of `entry` as often as it fits into so many bytes.
fn many(mut stream: UnixStream, bytes: usize, entry: &str) {
    let head = read_head(&stream);
    let body = match head.contains("/version") {
        true => "{\"Components\":[]}".to_owned(),
        false => format!("[{}{entry}]", format!("{entry},").repeat(bytes / (entry.len() + 1) - 1)),
    };
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}

/// Valid JSON that takes far more memory than it has bytes, or would.
#[test]
fn of_a_user_no_more_is_read_and_kept_than_fits() {
    let root = host();
    let heard = |number: u32, teller: Teller, lie: Lie| {
        let socket = root.path().join(format!("{number}.sock"));
        liar(&socket, lie);
        let book = book::Book::default();
        let answer = in_runtime(docker::ask(
            &Endpoint { address: Address::Unix(socket), teller, followed: true },
            &["aa"],
            true,
            &book,
        ));
        (answer.is_ok(), book.container("aa", Some(1000)).is_some())
    };
    let user = Teller::User(1000);
    assert_eq!(heard(1, user, |stream| many(stream, 1 << 19, "{\"Id\":\"aa\",\"Names\":[\"a\"]}")), (true, true));
    assert_eq!(heard(2, user, |stream| many(stream, 1 << 21, "{\"Id\":\"aa\",\"Names\":[\"a\"]}")), (false, false));
    for (number, teller) in [(3, user), (4, Teller::System)] {
        assert_eq!(heard(number, teller, |stream| many(stream, 1 << 19, "{}")), (false, false));
    }
    assert!(user.most_containers() <= 1024 && user.most_bytes() <= 1 << 20);
}

#[test]
fn a_liar_beside_an_honest_one_changes_nothing() {
    for (what, lie) in LIES {
        let root = host();
        for socket in ["run/podman/podman.sock", "run/containerd/containerd.sock", "run/crio/crio.sock"] {
            liar(&root.path().join(socket), lie);
        }
        let _daemon = Daemon::recorded(&root.path().join("run/docker.sock"), "docker");
        let runtimes = runtimes(root.path());
        let web = docker_path(&id_in(DOCKER_WEB, "dok-web"));
        let unknown = docker_path(&"a".repeat(64));
        runtimes.want(&unknown);
        until_named(&runtimes, &web, "dok-web");
        assert_eq!(name(&runtimes, &unknown), None, "{what}");
    }
}

#[test]
fn a_file_that_hangs_costs_one_thread() {
    in_runtime(async {
        let blocking = Blocking::default();
        let (release, hanging) = std::sync::mpsc::channel::<()>();
        let begun = Instant::now();
        assert_eq!(blocking.call(move || hanging.recv().is_ok()).await, None);
        assert!(begun.elapsed() >= PATIENCE);
        assert_eq!(blocking.call(|| true).await, None, "not while the other hangs");
        drop(release);
        let begun = Instant::now();
        while blocking.call(|| true).await != Some(true) {
            assert!(begun.elapsed() < super::PATIENCE, "the thread is never free again");
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn every_source_silent_is_still_in_time() {
    let root = host();
    for socket in ["run/docker.sock", "run/containerd/containerd.sock", "run/crio/crio.sock"] {
        liar(&root.path().join(socket), keep);
    }
    let known = Known::default();
    known.wishes.add(Wanted::Container("a".repeat(64).into(), None));
    let places = Places::below(root.path());
    // Asking goes on: what is waited for is that the first round ends, and the wish is asked for again.
    let asked_again = in_runtime(async {
        tokio::select! {
            never = ask::forever(&places, &known) => match never {},
            again = known.wishes.was_asked(2) => again,
        }
    });
    assert!(asked_again);
}
