//! Docker's API, which podman speaks too.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    time::SystemTime,
};

use bollard::{
    API_DEFAULT_VERSION, Docker,
    errors::Error,
    models::{ContainerSummary, EventActor, EventMessage},
    query_parameters::{EventsOptionsBuilder, ListContainersOptionsBuilder},
};
use futures_util::{StreamExt, TryStreamExt};

use super::{
    book::{Book, Told},
    connect::{PATIENCE, in_time, said},
    http::send,
    info::{ContainerInfo, Raw},
    places::{Address, Endpoint},
    pods,
};
use crate::snapshot::Runtime;

/// Events after which a container may have a name, or another one.
const NAMING: [&str; 5] = ["create", "init", "start", "rename", "unpause"];

/// What events have among their attributes that is no label.
const NO_LABELS: [&str; 5] = ["name", "image", "oldName", "containerExitCode", "podId"];

/// A daemon.
struct Daemon {
    docker: Docker,
    runtime: Option<Runtime>,
}

/// Keeps the book up to date with what the daemon says, until the connection ends: that is its failure.
pub(super) async fn follow(endpoint: &Endpoint, book: &Book) -> Result<Infallible, String> {
    let daemon = in_time(Daemon::at(&endpoint.address)).await?;
    // Events from before the list: what happens in between is not missed.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    book.learn(endpoint.teller, in_time(daemon.list(&[])).await?);
    daemon.learn_pods(endpoint, book).await;
    let mut events = daemon.events(&format!("{}.{:09}", now.as_secs(), now.subsec_nanos()));
    while let Some(event) = events.try_next().await.map_err(|error| said(&error))? {
        let containers = daemon.named(event).into_iter().collect();
        book.learn(endpoint.teller, Told { containers, ..Told::default() });
    }
    Err("its events have ended".to_owned())
}

/// Asks the daemon for the containers with these `ids`, and for pods, if they are wanted.
pub(super) async fn ask(endpoint: &Endpoint, ids: &[&str], wants_pods: bool, book: &Book) -> Result<(), String> {
    let daemon = in_time(Daemon::at(&endpoint.address)).await?;
    if !ids.is_empty() {
        book.learn(endpoint.teller, in_time(daemon.list(ids)).await?);
    }
    if wants_pods {
        daemon.learn_pods(endpoint, book).await;
    }
    Ok(())
}

impl Daemon {
    async fn at(address: &Address) -> Result<Self, Error> {
        let address = address.clone();
        let transport = move |request| {
            let address = address.clone();
            async move { Ok(send(&address, request).await?) }
        };
        let seconds = PATIENCE.as_secs();
        let docker =
            Docker::connect_with_custom_transport(transport, Some("http://localhost"), seconds, API_DEFAULT_VERSION)?;
        // No version is negotiated: bollard asks without one, which means the daemon's own.
        let components = docker.version().await?.components.unwrap_or_default();
        let is_podman = components.iter().any(|component| component.name == "Podman Engine");
        Ok(Self { docker, runtime: Some(if is_podman { Runtime::Podman } else { Runtime::Docker }) })
    }

    /// The containers with these `ids`, or, without any, all that run.
    async fn list(&self, ids: &[&str]) -> Result<Told, Error> {
        let options = ListContainersOptionsBuilder::new().all(!ids.is_empty());
        let filters = HashMap::from([("id", ids.to_vec())]);
        let options = if ids.is_empty() { options } else { options.filters(&filters) };
        let summaries = self.docker.list_containers(Some(options.build())).await?;
        let containers = summaries.into_iter().filter_map(|summary| self.listed(summary)).collect();
        Ok(Told { containers, ..Told::default() })
    }

    fn listed(&self, summary: ContainerSummary) -> Option<ContainerInfo> {
        let raw = Raw {
            id: summary.id?,
            name: summary.names.unwrap_or_default().into_iter().find(|name| is_own(name)),
            image: summary.image,
            runtime: self.runtime,
            labels: summary.labels.unwrap_or_default().into_iter().collect(),
            pod: None,
        };
        raw.accept()
    }

    /// Pods are no part of docker's API: podman has them at a path of its own.
    async fn learn_pods(&self, endpoint: &Endpoint, book: &Book) {
        if self.runtime != Some(Runtime::Podman) {
            return;
        }
        match in_time(pods::list(&endpoint.address)).await {
            Ok(pods) => book.learn(endpoint.teller, Told { pods, ..Told::default() }),
            Err(error) => tracing::debug!("{:?}: {error}", endpoint.address),
        }
    }

    fn events(&self, since: &str) -> impl futures_util::Stream<Item = Result<EventMessage, Error>> + use<> {
        let filters = HashMap::from([("type", vec!["container"])]);
        let options = EventsOptionsBuilder::new().since(since).filters(&filters).build();
        self.docker.events(Some(options)).boxed()
    }

    fn named(&self, event: EventMessage) -> Option<ContainerInfo> {
        let EventActor { id, attributes } = event.actor?;
        if !NAMING.contains(&event.action?.as_str()) {
            return None;
        }
        let mut labels: BTreeMap<String, String> = attributes?.into_iter().collect();
        let [name, image, ..] = NO_LABELS.map(|key| labels.remove(key));
        Raw { id: id?, name, image, runtime: self.runtime, labels, pod: None }.accept()
    }
}

/// Not one by which another container is linked to it: `/OTHER/ALIAS`.
fn is_own(name: &str) -> bool {
    !name.trim_start_matches('/').contains('/')
}
