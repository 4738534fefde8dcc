//! Docker's API, which podman speaks too.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    io,
    time::SystemTime,
};

use bollard::{
    API_DEFAULT_VERSION, Docker,
    errors::Error,
    models::{EventActor, EventMessage},
    query_parameters::EventsOptionsBuilder,
};
use futures_util::{Stream, StreamExt, TryStreamExt};
use serde::Deserialize;

use super::{
    book::{Book, Teller, Told},
    connect::{PATIENCE, in_time, said},
    http::{get, send},
    info::{ContainerInfo, Raw},
    places::Endpoint,
    pods,
};
use crate::snapshot::Runtime;

/// Events after which a container may have a name, or another one.
const NAMING: [&str; 5] = ["create", "init", "start", "rename", "unpause"];

/// What events have among their attributes that is no label.
const NO_LABELS: [&str; 5] = ["name", "image", "oldName", "containerExitCode", "podId"];

/// A daemon. It is asked with messages of nbw's own, which have only what is read here: what bollard makes of a container is a
/// hundred times as long as the shortest JSON for it.
struct Daemon<'a> {
    endpoint: &'a Endpoint,
    runtime: Option<Runtime>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    components: Option<Vec<Component>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Component {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    id: String,
    names: Option<Vec<String>>,
    image: Option<String>,
    labels: Option<BTreeMap<String, String>>,
}

/// Keeps the book up to date with what the daemon says, until the connection ends: that is its failure.
pub(super) async fn follow(endpoint: &Endpoint, book: &Book) -> Result<Infallible, String> {
    let daemon = in_time(Daemon::at(endpoint)).await?;
    // Events from before the list: what happens in between is not missed.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    book.learn(endpoint.teller, in_time(daemon.list(&[])).await?);
    daemon.learn_pods(book).await;
    let mut events =
        daemon.events(&format!("{}.{:09}", now.as_secs(), now.subsec_nanos())).map_err(|error| said(&error))?;
    while let Some(event) = events.try_next().await.map_err(|error| said(&error))? {
        let containers = daemon.named(event).into_iter().collect();
        book.learn(endpoint.teller, Told { containers, lasting: true, ..Told::default() });
    }
    Err("its events have ended".to_owned())
}

/// Asks the daemon for the containers with these `ids`, and for pods, if they are wanted.
pub(super) async fn ask(endpoint: &Endpoint, ids: &[&str], wants_pods: bool, book: &Book) -> Result<(), String> {
    let daemon = in_time(Daemon::at(endpoint)).await?;
    if !ids.is_empty() {
        book.learn(endpoint.teller, in_time(daemon.list(ids)).await?);
    }
    if wants_pods {
        daemon.learn_pods(book).await;
    }
    Ok(())
}

impl<'a> Daemon<'a> {
    /// No version of the API is named: that means the daemon's own.
    async fn at(endpoint: &'a Endpoint) -> io::Result<Self> {
        let version: Version = get(endpoint, "/version").await?;
        let is_podman = version.components.iter().flatten().any(|component| component.name == "Podman Engine");
        Ok(Self { endpoint, runtime: Some(if is_podman { Runtime::Podman } else { Runtime::Docker }) })
    }

    /// The containers with these `ids`, or, without any, all that run.
    async fn list(&self, ids: &[&str]) -> io::Result<Told> {
        let summaries: Vec<Summary> = get(self.endpoint, &path_of_list(ids)?).await?;
        let summaries = summaries.into_iter().take(self.endpoint.teller.most_containers());
        let containers = summaries.filter_map(|summary| self.listed(summary)).collect();
        Ok(Told { containers, lasting: self.endpoint.followed, ..Told::default() })
    }

    fn listed(&self, summary: Summary) -> Option<ContainerInfo> {
        let raw = Raw {
            id: summary.id,
            name: summary.names.unwrap_or_default().into_iter().find(|name| is_own(name)),
            image: summary.image,
            runtime: self.runtime,
            labels: summary.labels.unwrap_or_default(),
            pod: None,
        };
        raw.accept()
    }

    /// Pods are no part of docker's API: podman has them at a path of its own. Users' are not believed.
    async fn learn_pods(&self, book: &Book) {
        let teller = self.endpoint.teller;
        if self.runtime != Some(Runtime::Podman) || matches!(teller, Teller::User(_)) {
            return;
        }
        match in_time(pods::list(self.endpoint)).await {
            Ok(pods) => book.learn(teller, Told { pods, ..Told::default() }),
            Err(error) => tracing::debug!("{:?}: {error}", self.endpoint.address),
        }
    }

    fn events(&self, since: &str) -> Result<impl Stream<Item = Result<EventMessage, Error>> + use<>, Error> {
        let endpoint = self.endpoint.clone();
        let transport = move |request| {
            let endpoint = endpoint.clone();
            async move { Ok(send(&endpoint, request).await?) }
        };
        let seconds = PATIENCE.as_secs();
        let docker =
            Docker::connect_with_custom_transport(transport, Some("http://localhost"), seconds, API_DEFAULT_VERSION)?;
        let filters = HashMap::from([("type", vec!["container"])]);
        let options = EventsOptionsBuilder::new().since(since).filters(&filters).build();
        Ok(docker.events(Some(options)).boxed())
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

/// Where the containers with these `ids` are listed, or, without any, all that run.
fn path_of_list(ids: &[&str]) -> serde_json::Result<String> {
    let mut query = form_urlencoded::Serializer::new("/containers/json?".to_owned());
    if !ids.is_empty() {
        let filters = serde_json::to_string(&HashMap::from([("id", ids)]))?;
        query.append_pair("all", "true").append_pair("filters", &filters);
    }
    Ok(query.finish())
}

/// Not one by which another container is linked to it: `/OTHER/ALIAS`.
fn is_own(name: &str) -> bool {
    !name.trim_start_matches('/').contains('/')
}
