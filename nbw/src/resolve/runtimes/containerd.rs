//! containerd's own interface, for containers outside Kubernetes: `ctr`, nerdctl.
//!
//! The messages have only those fields that are read here; protobuf skips the others. Tags are those of containerd's
//! `api/services/{containers,namespaces}/v1`.

use std::collections::HashMap;

use tonic::Status;

use super::{book::Told, grpc::Client, info::Raw, places::Address};
use crate::{resolve::identity::short_id, snapshot::Runtime};

/// Docker's containers: docker knows their names, containerd does not.
const DOCKERS: &str = "moby";

/// No more namespaces are asked.
const NAMESPACES: usize = 64;

/// `ListNamespacesRequest`, with no filter.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct ListNamespaces {}

/// `ListNamespacesResponse`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Namespaces {
    /// In no order.
    #[prost(message, repeated, tag = "1")]
    pub namespaces: Vec<Namespace>,
}

/// `Namespace`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Namespace {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// `ListContainersRequest`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ListContainers {
    /// Those that match any of these.
    #[prost(string, repeated, tag = "1")]
    pub filters: Vec<String>,
}

/// `ListContainersResponse`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Containers {
    /// In no order.
    #[prost(message, repeated, tag = "1")]
    pub containers: Vec<Container>,
}

/// `Container`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Container {
    /// The id, which is its name unless a label says otherwise.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Labels.
    #[prost(map = "string, string", tag = "2")]
    pub labels: HashMap<String, String>,
    /// The image's name.
    #[prost(string, tag = "3")]
    pub image: String,
}

/// What containerd knows of the containers with these ids, which are hexadecimal.
///
/// # Errors
/// `Unimplemented` where it is not containerd.
pub(super) async fn find(address: &Address, ids: &[&str]) -> Result<Told, Status> {
    let mut client = Client::at(address);
    let path = "/containerd.services.namespaces.v1.Namespaces/List";
    let all: Namespaces = client.ask(path, None, ListNamespaces {}).await?;
    let mut told = Told::default();
    let names = all.namespaces.iter().map(|namespace| namespace.name.as_str()).filter(|&name| name != DOCKERS);
    for namespace in names.take(NAMESPACES) {
        told.containers.extend(find_in(&mut client, namespace, ids).await?.into_iter().filter_map(accept));
    }
    Ok(told)
}

async fn find_in(client: &mut Client, namespace: &str, ids: &[&str]) -> Result<Vec<Container>, Status> {
    let question = ListContainers { filters: ids.iter().map(|id| format!("id=={id}")).collect() };
    let path = "/containerd.services.containers.v1.Containers/List";
    let answer: Containers = client.ask(path, Some(namespace), question).await?;
    Ok(answer.containers)
}

fn accept(container: Container) -> Option<super::info::ContainerInfo> {
    let raw = Raw {
        name: Some(short_id(&container.id).to_owned()),
        id: container.id,
        image: Some(container.image),
        runtime: Some(Runtime::Containerd),
        labels: container.labels.into_iter().collect(),
        pod: None,
    };
    raw.accept()
}
