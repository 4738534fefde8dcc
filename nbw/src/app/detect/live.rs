//! `nbw detect` on live traffic.

use nbw_detect::Signatures;

use crate::{cli::DetectArgs, failure::Failure};

/// Watches until it is told to end.
///
/// # Errors
/// [`Failure`] as for other live commands.
pub async fn run(_args: &DetectArgs, _signatures: &Signatures) -> Result<(), Failure> {
    Err(Failure::Usage("live detection is not there yet: name a capture with --read FILE".into()))
}
