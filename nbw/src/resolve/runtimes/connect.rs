//! Connections to what may lie or never answer: each has a time limit, and ends after so many bytes.

use std::{future::Future, io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::{TcpStream, UnixStream},
};

use super::places::Address;
use crate::{failure::with_causes, text};

/// What any one question may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// A connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects. Reading ends after `most` bytes, as if the other side had closed.
///
/// # Errors
/// The operating system's.
pub(super) async fn connect(address: &Address, most: u64) -> io::Result<Box<dyn Stream>> {
    Ok(match address {
        Address::Unix(path) => {
            let (reader, writer) = UnixStream::connect(path).await?.into_split();
            Box::new(tokio::io::join(reader.take(most), writer))
        }
        Address::Tcp(address) => {
            let (reader, writer) = TcpStream::connect(address).await?.into_split();
            Box::new(tokio::io::join(reader.take(most), writer))
        }
    })
}

/// What went wrong, with its causes: in part in the words of the other side, and so cleaned.
pub(super) fn said(error: &(impl std::error::Error + ?Sized)) -> String {
    text::clean(&with_causes(error)).into_owned()
}

/// Waits no longer than [`PATIENCE`].
///
/// # Errors
/// As `answer` has them, or that it took too long.
pub(super) async fn in_time<T, E: std::error::Error>(answer: impl Future<Output = Result<T, E>>) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(|error| said(&error)),
        Err(_) => Err(format!("no answer in {} s", PATIENCE.as_secs())),
    }
}
