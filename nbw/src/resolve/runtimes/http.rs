//! HTTP to where runtimes are.

use std::io;

use http_body_util::BodyExt;
use hyper::{
    Request, Response, Uri,
    body::{Body, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;

use super::{connect::connect, places::Endpoint};

/// Sends a request on a connection of its own, since what is read of a connection is bounded.
///
/// # Errors
/// The connection's.
pub(super) async fn send<B>(endpoint: &Endpoint, mut request: Request<B>) -> io::Result<Response<Incoming>>
where
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + Unpin + 'static,
{
    let stream = connect(&endpoint.address, endpoint.teller.most_bytes()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // It ends with the answer, or when the answer is not wanted any more.
    tokio::spawn(async move { drop(connection.await) });
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    request.headers_mut().insert(header::HOST, header::HeaderValue::from_static("localhost"));
    sender.send_request(request).await.map_err(io::Error::other)
}

/// What is at this path.
///
/// # Errors
/// The connection's; `NotFound` for an answer that is none; `InvalidData` for one that is not of this kind.
pub(super) async fn get<T: DeserializeOwned>(endpoint: &Endpoint, path: &str) -> io::Result<T> {
    let mut request = Request::new(http_body_util::Empty::<hyper::body::Bytes>::new());
    *request.uri_mut() = path.parse().map_err(io::Error::other)?;
    let answer = send(endpoint, request).await?;
    if !answer.status().is_success() {
        return Err(io::Error::new(io::ErrorKind::NotFound, answer.status().to_string()));
    }
    let body = answer.into_body().collect().await.map_err(io::Error::other)?;
    Ok(serde_json::from_slice(&body.to_bytes())?)
}
