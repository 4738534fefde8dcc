//! `nbw detect --read`: a capture on its own clock.

use std::path::Path;

use nbw_detect::Signatures;

use crate::{cli::DetectArgs, failure::Failure};

/// Reads the capture to its end, or to its first fault, and prints each event once.
///
/// # Errors
/// [`Failure::Running`] when it cannot be read, or not to its end.
pub fn run(_args: &DetectArgs, _signatures: &Signatures, _file: &Path) -> Result<(), Failure> {
    Err(Failure::Usage("captures cannot be read yet".into()))
}
