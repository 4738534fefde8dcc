//! Asking rtnetlink from code that is not asynchronous, in whichever network namespace the caller's thread is.

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd},
};

use futures_util::StreamExt;
use netlink_packet_core::{NLM_F_REQUEST, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::{
    RouteNetlinkMessage,
    nsid::{NsidAttribute, NsidMessage},
};
use rtnetlink::Handle;

/// Runs `work` with a netlink connection of the calling thread's network namespace, and waits for it.
///
/// For start-up, rare events and helper threads: the connection gets a runtime of its own.
///
/// # Errors
/// When the socket or the runtime cannot be made.
pub fn blocking<T>(work: impl AsyncFnOnce(Handle) -> T) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(with(work))
}

/// Runs `work` with a netlink connection of the network namespace that the calling thread is in now; it stays of that
/// one if `work` enters another.
///
/// # Errors
/// When the socket cannot be made.
pub async fn with<T>(work: impl AsyncFnOnce(Handle) -> T) -> io::Result<T> {
    let (connection, handle, _) = rtnetlink::new_connection()?;
    let serving = tokio::spawn(connection);
    let result = work(handle).await;
    serving.abort();
    Ok(result)
}

/// The id that the namespace of `handle` has for another one; none if it has none, which is so while no interface of
/// it is joined to one of the other.
pub async fn namespace_id(mut handle: Handle, namespace: BorrowedFd<'_>) -> Option<i32> {
    let mut question = NsidMessage::default();
    question.attributes = vec![NsidAttribute::Fd(namespace.as_raw_fd().cast_unsigned())];
    let mut message = NetlinkMessage::from(RouteNetlinkMessage::GetNsId(question));
    message.header.flags = NLM_F_REQUEST;
    let answer = handle.request(message).ok()?.next().await?;
    let NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewNsId(answer)) = answer.payload else { return None };
    answer.attributes.iter().find_map(|attribute| match attribute {
        NsidAttribute::Id(id) => Some(*id).filter(|&id| id >= 0),
        _ => None,
    })
}
