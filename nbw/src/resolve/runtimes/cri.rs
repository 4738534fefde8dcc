//! Kubernetes' Container Runtime Interface: containerd, CRI-O, cri-dockerd.
//!
//! The messages have only those fields that are read here; protobuf skips the others. Tags are those of
//! `k8s.io/cri-api/pkg/apis/runtime/v1/api.proto`, the same in v1 and v1alpha2.

use std::collections::{BTreeMap, HashMap};

use tonic::{Code, Status};

use super::{
    book::Told,
    grpc::Client,
    info::{PodInfo, Raw},
    places::Address,
};
use crate::snapshot::Runtime;

/// `VersionRequest`, and the list requests with no filter.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Nothing {}

/// `VersionResponse`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Version {
    /// `containerd`, `cri-o`, `docker`.
    #[prost(string, tag = "2")]
    pub runtime_name: String,
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
    /// The runtime's id.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Id of the pod's sandbox.
    #[prost(string, tag = "2")]
    pub pod_sandbox_id: String,
    /// Its name.
    #[prost(message, optional, tag = "3")]
    pub metadata: Option<ContainerMetadata>,
    /// Its image.
    #[prost(message, optional, tag = "4")]
    pub image: Option<ImageSpec>,
    /// Its image as an id.
    #[prost(string, tag = "5")]
    pub image_ref: String,
    /// Labels, kubelet's among them.
    #[prost(map = "string, string", tag = "8")]
    pub labels: HashMap<String, String>,
}

/// `ContainerMetadata`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ContainerMetadata {
    /// Name in the pod.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// `ImageSpec`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ImageSpec {
    /// Name or id.
    #[prost(string, tag = "1")]
    pub image: String,
    /// As the user wrote it (newer runtimes).
    #[prost(string, tag = "18")]
    pub user_specified_image: String,
}

/// `ListPodSandboxResponse`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Sandboxes {
    /// In no order.
    #[prost(message, repeated, tag = "1")]
    pub items: Vec<Sandbox>,
}

/// `PodSandbox`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Sandbox {
    /// The runtime's id; it has a cgroup of its own.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Whose it is.
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<SandboxMetadata>,
    /// Labels of the pod, and kubelet's.
    #[prost(map = "string, string", tag = "5")]
    pub labels: HashMap<String, String>,
}

/// `PodSandboxMetadata`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SandboxMetadata {
    /// Name of the pod.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its uid.
    #[prost(string, tag = "2")]
    pub uid: String,
    /// Its namespace.
    #[prost(string, tag = "3")]
    pub namespace: String,
}

/// The methods of one version of the interface.
struct Methods {
    version: &'static str,
    containers: &'static str,
    sandboxes: &'static str,
}

/// Newest first: containerd before 1.6 and CRI-O before 1.20 have only the last.
const VERSIONS: [Methods; 2] = [
    Methods {
        version: "/runtime.v1.RuntimeService/Version",
        containers: "/runtime.v1.RuntimeService/ListContainers",
        sandboxes: "/runtime.v1.RuntimeService/ListPodSandbox",
    },
    Methods {
        version: "/runtime.v1alpha2.RuntimeService/Version",
        containers: "/runtime.v1alpha2.RuntimeService/ListContainers",
        sandboxes: "/runtime.v1alpha2.RuntimeService/ListPodSandbox",
    },
];

/// All containers and pods that the runtime has.
///
/// # Errors
/// `Unimplemented` where it is no runtime of Kubernetes'.
pub(super) async fn list(address: &Address) -> Result<Told, Status> {
    let mut client = Client::at(address);
    let mut refused = Status::new(Code::Unimplemented, "no version of CRI");
    for methods in &VERSIONS {
        match list_by(&mut client, methods).await {
            Err(status) if status.code() == Code::Unimplemented => refused = status,
            answer => return answer,
        }
    }
    Err(refused)
}

async fn list_by(client: &mut Client, methods: &Methods) -> Result<Told, Status> {
    let version: Version = client.ask(methods.version, None, Nothing {}).await?;
    let sandboxes: Sandboxes = client.ask(methods.sandboxes, None, Nothing {}).await?;
    let containers: Containers = client.ask(methods.containers, None, Nothing {}).await?;
    Ok(told(runtime(&version.runtime_name), sandboxes.items, containers.containers))
}

fn runtime(name: &str) -> Option<Runtime> {
    match name {
        "containerd" => Some(Runtime::Containerd),
        "cri-o" => Some(Runtime::Crio),
        "docker" => Some(Runtime::Docker),
        _ => None,
    }
}

fn told(runtime: Option<Runtime>, sandboxes: Vec<Sandbox>, containers: Vec<Container>) -> Told {
    let pods: HashMap<String, PodInfo> =
        sandboxes.iter().filter_map(|sandbox| Some((sandbox.id.clone(), pod(sandbox)?))).collect();
    let own = sandboxes.into_iter().map(|sandbox| of_sandbox(runtime, sandbox, &pods));
    let others = containers.into_iter().map(|container| of_container(runtime, container, &pods));
    let containers = own.chain(others).filter_map(Raw::accept).collect();
    Told { containers, pods: pods.into_values().collect(), lasting: true }
}

fn pod(sandbox: &Sandbox) -> Option<PodInfo> {
    let SandboxMetadata { name, uid, namespace } = sandbox.metadata.as_ref()?;
    PodInfo::of(name, namespace, uid, None)
}

/// The sandbox has no name but the pod's.
fn of_sandbox(runtime: Option<Runtime>, sandbox: Sandbox, pods: &HashMap<String, PodInfo>) -> Raw {
    let pod = pods.get(&sandbox.id).cloned();
    let name = pod.as_ref().map(|pod| pod.name.to_string());
    let labels = sandbox.labels.into_iter().collect();
    Raw { id: sandbox.id, name, image: None, runtime, labels, pod }
}

fn of_container(runtime: Option<Runtime>, container: Container, pods: &HashMap<String, PodInfo>) -> Raw {
    let name = container.metadata.map(|metadata| metadata.name);
    let labels: BTreeMap<String, String> = container.labels.into_iter().collect();
    let pod = pods.get(&container.pod_sandbox_id).cloned();
    let pod = pod.map(|pod| PodInfo { container: name.as_deref().and_then(super::info::short), ..pod });
    let image = container.image.map(|image| match image.user_specified_image.is_empty() {
        true => image.image,
        false => image.user_specified_image,
    });
    let image = image.filter(|image| !image.is_empty()).or(Some(container.image_ref));
    Raw { id: container.id, name, image, runtime, labels, pod }
}
