//! What reading 16,384 live slots costs.
/// Options.
#[derive(Debug, clap::Args)]
pub struct Options {}
/// Runs it.
///
/// # Errors
/// Always, until written.
pub fn run(_options: &Options) -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}
