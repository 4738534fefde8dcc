//! Asking rtnetlink from code that is not asynchronous, in whichever network namespace the caller's thread is.

use std::io;

/// Runs `work` with a netlink connection of the calling thread's network namespace, and waits for it.
///
/// For start-up, rare events and helper threads: the connection gets a runtime of its own.
///
/// # Errors
/// When the socket or the runtime cannot be made.
pub fn blocking<T>(work: impl AsyncFnOnce(rtnetlink::Handle) -> T) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let (connection, handle, _) = rtnetlink::new_connection()?;
        let serving = tokio::spawn(connection);
        let result = work(handle).await;
        serving.abort();
        Ok(result)
    })
}
