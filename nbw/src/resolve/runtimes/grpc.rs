//! gRPC over a unix socket: one question, one answer.

use hyper::http::{Uri, uri::PathAndQuery};
use hyper_util::rt::TokioIo;
use prost::Message;
use tonic::{
    Code, Request, Status,
    client::Grpc,
    metadata::AsciiMetadataValue,
    transport::{Channel, Endpoint},
};
use tonic_prost::ProstCodec;
use tower::service_fn;

use super::{
    book::Teller,
    connect::{PATIENCE, connect},
    places::Address,
};

/// No answer is longer, in bytes.
const MOST_BYTES: usize = 16 << 20;

/// Someone who answers.
pub(super) struct Client(Grpc<Channel>);

impl Client {
    /// Whoever is there; connected to with the first question.
    pub(super) fn at(address: &Address) -> Self {
        let address = address.clone();
        let connector = service_fn(move |_: Uri| {
            let address = address.clone();
            async move { connect(&address, Teller::System.most_bytes()).await.map(TokioIo::new) }
        });
        let channel =
            Endpoint::from_static("http://localhost").timeout(PATIENCE).connect_with_connector_lazy(connector);
        Self(Grpc::new(channel).max_decoding_message_size(MOST_BYTES))
    }

    /// Asks; in a `namespace` of containerd's, if there is one.
    ///
    /// # Errors
    /// What the other side, or the connection to it, says; `Unimplemented` where it does not know the question.
    pub(super) async fn ask<Q, A>(
        &mut self,
        path: &'static str,
        namespace: Option<&str>,
        question: Q,
    ) -> Result<A, Status>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let mut request = Request::new(question);
        if let Some(namespace) = namespace {
            let value: AsciiMetadataValue =
                namespace.parse().map_err(|_| Status::new(Code::InvalidArgument, "no namespace's name"))?;
            request.metadata_mut().insert("containerd-namespace", value);
        }
        self.0.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
        let answer = self.0.unary(request, PathAndQuery::from_static(path), ProstCodec::default()).await?;
        Ok(answer.into_inner())
    }
}
