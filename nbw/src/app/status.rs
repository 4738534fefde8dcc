//! `nbw status`: what a running agent says of itself.

mod table;
mod text;

use std::io::{self, Write};

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    cli::{StatusArgs, StatusFormat},
    control::Client,
    failure::Failure,
};

/// `nbw status`.
///
/// # Errors
/// [`Failure::Running`] where there is no agent, or it does not answer.
pub async fn status(args: StatusArgs) -> Result<(), Failure> {
    let running = |error| Failure::Running(format!("{error}"));
    let mut client = Client::connect(&args.socket).await.map_err(running)?;
    let status = client.status().await.map_err(running)?;
    let text = match args.format {
        StatusFormat::Text => text::render(&status, Timestamp::now(), &TimeZone::system()),
        StatusFormat::Json => {
            format!("{}\n", serde_json::to_string(&status).map_err(|error| Failure::running(&error))?)
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::output)
}
