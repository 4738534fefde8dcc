//! What the kernel side says with `-v`.

use std::time::Duration;

use aya_log::EbpfLogger;

use super::Object;
use crate::failure::{Failure, with_causes};

/// How soon a message is shown. Slow paths are rare, so the ring buffer is emptied by the clock.
const EVERY: Duration = Duration::from_millis(100);

/// Passes on what the programs log, for as long as the runtime lives.
///
/// # Errors
/// When the log's ring buffer cannot be opened.
pub fn forward_logs(object: &mut Object) -> Result<(), Failure> {
    let mut logger = EbpfLogger::init(&mut object.ebpf)
        .map_err(|error| Failure::Running(format!("cannot read the BPF log: {}", with_causes(&error))))?;
    tokio::spawn(async move {
        let mut clock = tokio::time::interval(EVERY);
        loop {
            clock.tick().await;
            logger.flush();
        }
    });
    Ok(())
}
