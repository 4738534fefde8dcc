//! Asks everyone for the containers that nobody has named.

use std::{convert::Infallible, sync::Arc};

use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tonic::{Code, Status};

use super::{
    Known, Wanted,
    book::{Book, Teller, Told},
    connect::{PATIENCE, in_time},
    containerd, cri, docker, files,
    places::{Address, Endpoint, Places},
};

/// Asks for what is wanted, as it becomes due.
pub(super) async fn forever(places: &Places, known: &Known) -> Infallible {
    let (look, files) = (Blocking::default(), Blocking::default());
    let mut sockets = Sockets::default();
    loop {
        let wanted = known.wishes.due(&known.book).await;
        let there = places.clone();
        // Where looking takes too long, those of before are still there, for all that is known.
        sockets = look.call(move || (there.docker_endpoints(), there.grpc_sockets())).await.unwrap_or(sockets);
        ask_all(&sockets, &wanted, &known.book).await;
        let left: Vec<Wanted> = wanted.into_iter().filter(|wanted| !wanted.is_settled(&known.book)).collect();
        if !left.is_empty() {
            let places = places.clone();
            for (teller, told) in files.call(move || files::find(&places, &left)).await.unwrap_or_default() {
                known.book.learn(teller, told);
            }
        }
    }
}

/// Who may answer: by docker's API, by gRPC.
type Sockets = (Vec<Endpoint>, Vec<Address>);

/// Asks all sockets at once: together they take no longer than the slowest may.
async fn ask_all((docker, grpc): &Sockets, wanted: &[Wanted], book: &Book) {
    let ids: Vec<&str> = wanted.iter().filter_map(Wanted::id).collect();
    let wants_pods = wanted.iter().any(|wanted| wanted.pod().is_some());
    let docker = docker.iter().map(|endpoint| ask_docker(endpoint, &ids, wants_pods, book));
    let grpc = grpc.iter().map(|address| ask_grpc(address, &ids, book));
    tokio::join!(join_all(docker), join_all(grpc));
}

async fn ask_docker(endpoint: &Endpoint, ids: &[&str], wants_pods: bool, book: &Book) {
    if let Err(error) = docker::ask(endpoint, ids, wants_pods, book).await {
        tracing::debug!("{:?}: {error}", endpoint.address);
    }
}

/// One socket may speak both languages, or one of them.
async fn ask_grpc(address: &Address, ids: &[&str], book: &Book) {
    let own = async { if ids.is_empty() { Ok(Told::default()) } else { containerd::find(address, ids).await } };
    let (own, cri) = tokio::join!(in_time(heard(own)), in_time(heard(cri::list(address))));
    for (teller, told) in [(Teller::Containerd, own), (Teller::System, cri)] {
        match told {
            Ok(told) => book.learn(teller, told),
            Err(error) => tracing::debug!("{address:?}: {error}"),
        }
    }
}

/// Not to understand a question is no failure.
async fn heard(answer: impl Future<Output = Result<Told, Status>>) -> Result<Told, Status> {
    match answer.await {
        Err(status) if status.code() == Code::Unimplemented => Ok(Told::default()),
        answer => answer,
    }
}

/// Work that reads files, one piece at a time: where files hang, no more threads than one hang with them.
#[derive(Debug)]
pub(super) struct Blocking(Arc<Semaphore>);

impl Default for Blocking {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Blocking {
    /// What `work` returns, if it does in time.
    pub(super) async fn call<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let permit = Arc::clone(&self.0).try_acquire_owned().ok()?;
        let work = move || {
            let _permit = permit;
            work()
        };
        tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(work)).await.ok()?.ok()
    }
}
