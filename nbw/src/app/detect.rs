//! The wiring of `nbw detect`.

mod live;
mod offline;
mod show;

use nbw_detect::Signatures;

use crate::{cli::DetectArgs, failure::Failure};

/// `nbw detect`.
///
/// # Errors
/// [`Failure`] says what is wrong, and the exit code.
pub async fn detect(args: DetectArgs) -> Result<(), Failure> {
    let signatures = Signatures::built_in();
    match &args.read {
        Some(file) => offline::run(&args, &signatures, file),
        None => live::run(&args, &signatures).await,
    }
}
