//! Someone who speaks docker's API on a unix socket, from recorded answers.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// A daemon; gone on drop, with all its connections.
pub(super) struct Daemon {
    shared: Arc<Shared>,
    socket: PathBuf,
}

struct Shared {
    /// `docker` or `podman`.
    name: &'static str,
    ended: AtomicBool,
    only_by_id: AtomicBool,
    listeners: Mutex<Vec<UnixStream>>,
}

impl Daemon {
    /// One that answers as `docker` or `podman` did.
    pub(super) fn recorded(socket: &Path, name: &'static str) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let (ended, only_by_id) = (AtomicBool::new(false), AtomicBool::new(false));
        let shared = Arc::new(Shared { name, ended, only_by_id, listeners: Mutex::default() });
        let ours = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ours.ended.load(Ordering::Relaxed) {
                    break;
                }
                let ours = Arc::clone(&ours);
                thread::spawn(move || ours.serve(stream));
            }
        });
        Self { shared, socket: socket.to_owned() }
    }

    /// Refuses to list all containers, and so to be followed.
    pub(super) fn refuse_lists_of_all(&self) {
        self.shared.only_by_id.store(true, Ordering::Relaxed);
    }

    /// Its recorded list.
    pub(super) fn list(&self) -> String {
        self.shared.recording("list.json")
    }

    /// Whether anyone waits for its events.
    pub(super) fn is_listened_to(&self) -> bool {
        !self.shared.listeners.lock().unwrap().is_empty()
    }

    /// Sends all recorded events to who waits for them.
    pub(super) fn send_events(&self) {
        super::until("a listener", || self.is_listened_to().then_some(()));
        for listener in self.shared.listeners.lock().unwrap().iter_mut() {
            for event in self.shared.recording("events.jsonl").lines() {
                write!(listener, "{:x}\r\n{event}\n\r\n", event.len() + 1).unwrap();
            }
        }
    }

    /// Id of the container of its first such event.
    pub(super) fn id_of_event(&self, action: &str) -> String {
        let events = self.shared.recording("events.jsonl");
        let mut events = events.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        events.find(|event| event["Action"] == action).unwrap()["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = UnixStream::connect(&self.socket);
        let _ = fs::remove_file(&self.socket);
        for listener in self.shared.listeners.lock().unwrap().drain(..) {
            let _ = listener.shutdown(std::net::Shutdown::Both);
        }
    }
}

impl Shared {
    fn recording(&self, what: &str) -> String {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/resolve/runtimes/recorded");
        fs::read_to_string(directory.join(format!("{}-{what}", self.name))).unwrap()
    }

    fn serve(&self, mut stream: UnixStream) {
        let head = read_head(&stream);
        let path = head.split(' ').nth(1).unwrap_or("");
        if path.contains("/events") {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            self.listeners.lock().unwrap().push(stream);
            return;
        }
        let _ = match path {
            path if path.ends_with("/version") => answer(&mut stream, "200 OK", &self.recording("version.json")),
            path if self.only_by_id.load(Ordering::Relaxed) && !path.contains("filters") => {
                answer(&mut stream, "500 Internal Server Error", "{\"message\":\"no\"}")
            }
            "/v4.0.0/libpod/pods/json" if self.name == "podman" => {
                answer(&mut stream, "200 OK", &self.recording("pods.json"))
            }
            path if path.starts_with("/containers/json") => answer(&mut stream, "200 OK", &self.recording("list.json")),
            _ => answer(&mut stream, "404 Not Found", "{\"message\":\"page not found\"}"),
        };
    }
}

/// Reads a request's head.
pub(super) fn read_head(stream: &UnixStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).map(|line| line + "\n").collect()
}

fn answer(stream: &mut UnixStream, status: &str, body: &str) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
