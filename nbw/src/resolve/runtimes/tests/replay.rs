//! Someone who speaks gRPC on a unix socket, from recorded answers. (The tests of `nbw-tests` use this file, too.)

use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
};

use bytes::Bytes;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderValue, Response};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::oneshot,
};

/// Questions that are answered, and the files with the answers.
pub(crate) type Answers = &'static [(&'static str, &'static str)];

/// What containerd's CRI was asked.
pub(crate) const CRI: Answers = &[
    ("/runtime.v1.RuntimeService/Version", "cri-version.bin"),
    ("/runtime.v1.RuntimeService/ListPodSandbox", "cri-sandboxes.bin"),
    ("/runtime.v1.RuntimeService/ListContainers", "cri-containers.bin"),
];

/// Code of gRPC for a question that is not known.
const UNIMPLEMENTED: &str = "12";

/// A server; gone on drop.
pub(crate) struct Replay {
    socket: PathBuf,
    _running: oneshot::Sender<()>,
}

impl Replay {
    /// Answers on `socket`, from files of the directory `recorded`.
    pub(crate) fn start(socket: &Path, recorded: &Path, answers: Answers) -> Self {
        let (running, ended) = oneshot::channel();
        let (ready, is_ready) = mpsc::channel();
        let (at, recorded) = (socket.to_owned(), recorded.to_owned());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = UnixListener::bind(&at).unwrap();
                ready.send(()).unwrap();
                tokio::select! {
                    _ = ended => {}
                    () = accept(listener, &recorded, answers) => {}
                }
            });
        });
        is_ready.recv().unwrap();
        Self { socket: socket.to_owned(), _running: running }
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.socket);
    }
}

async fn accept(listener: UnixListener, recorded: &Path, answers: Answers) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, recorded.to_owned(), answers));
    }
}

async fn serve(stream: UnixStream, recorded: PathBuf, answers: Answers) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        let known = answers.iter().find(|(path, _)| *path == request.uri().path());
        let answer = known.map(|(_, file)| fs::read(recorded.join(file)).unwrap());
        // The other side may be gone.
        let _ = send(respond, answer);
    }
}

fn send(mut respond: SendResponse<Bytes>, answer: Option<Vec<u8>>) -> Result<(), h2::Error> {
    let mut head = Response::new(());
    head.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    let Some(message) = answer else {
        head.headers_mut().insert("grpc-status", HeaderValue::from_static(UNIMPLEMENTED));
        return respond.send_response(head, true).map(drop);
    };
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let mut stream = respond.send_response(head, false)?;
    stream.send_data([&[0], &length[..], &message].concat().into(), false)?;
    stream.send_trailers(HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static("0"))]))
}
