//! The wiring of `nbw report`: from the command line to the history to a format to the output.

use jiff::Timestamp;
use nix::unistd::gethostname;

use super::Ended;
use crate::{
    cli::{Chart, ReportArgs, ReportFormat},
    failure::Failure,
    history::{Kind, Reader},
    output::{Output, not_onto},
    report::{
        Format, Report, build, capture,
        chart::{Picture, usual_height},
        csv::Csv,
        html::Html,
        json::Json,
        progress::Progress,
        request,
        table::Table,
    },
    text,
};

/// Of a picture, in pixels.
const WIDTH: u32 = 1_000;

/// `nbw report`.
///
/// # Errors
/// [`Failure`] says what to tell the user, and the exit code.
pub async fn report(args: ReportArgs) -> Result<(), Failure> {
    let mut ended = Ended::listen()?;
    let format = request::format(&args)?;
    let path = args.output.clone();
    if let (Some(path), Some(read)) = (&path, &args.read) {
        not_onto(path, read)?;
    }
    // A pipe with a name is open when somebody reads it, which may be never.
    let opening = tokio::task::spawn_blocking(move || Output::open(path.as_deref()));
    let output = tokio::select! {
        opened = opening => opened.map_err(|error| Failure::running(&error))??,
        () = ended.wait() => return Err(Failure::Running("stopped before the report was begun: nobody reads --output".into())),
    };
    let colour = output.is_terminal() && console::colors_enabled();
    let work = tokio::task::spawn_blocking(move || render(&args, format, colour));
    // The output stays here: where nbw is stopped, it goes and leaves nothing behind.
    let Rendered { bytes, fault } = tokio::select! {
        rendered = work => rendered.map_err(|error| Failure::running(&error))??,
        () = ended.wait() => return Err(Failure::Running("stopped before the report was written".into())),
    };
    // A file is soon written, and must not be left half; who reads a pipe may never do so.
    let can_hang = output.can_hang();
    let writing = tokio::task::spawn_blocking(move || output.write(&bytes));
    tokio::select! {
        written = writing => written.map_err(|error| Failure::running(&error))??,
        () = ended.wait(), if can_hang => return Err(Failure::Running("stopped before the report was whole".into())),
    }
    fault.map_or(Ok(()), Err)
}

/// A report, and what it does not have because it could not be read.
struct Rendered {
    bytes: Vec<u8>,
    fault: Option<Failure>,
}

fn render(args: &ReportArgs, format: ReportFormat, colour: bool) -> Result<Rendered, Failure> {
    let Some(path) = &args.read else {
        return Ok(Rendered { bytes: of_history(args, format, colour)?, fault: None });
    };
    let capture::Made { report, fault } = capture::report(args, path, format, Timestamp::now())?;
    let bytes = writer(args, format, &report, colour).render(&report)?;
    Ok(Rendered { bytes, fault: fault.map(|fault| Failure::running(&fault)) })
}

fn of_history(args: &ReportArgs, format: ReportFormat, colour: bool) -> Result<Vec<u8>, Failure> {
    let host = gethostname().unwrap_or_default();
    let host = text::clean(&host.to_string_lossy()).into_owned();
    // Nobody reads fractions of a second. Up to the next one: what was moved in this one is not to be cut.
    let now = Timestamp::from_second(Timestamp::now().as_second() + 1).map_err(|error| Failure::running(&error))?;
    let request = request::request(args, format, now, host)?;
    let source = Reader::open(&args.data_dir)?;
    let progress = Progress::start(request.steps());
    let report = build::build(&source, request, &progress)?;
    if report.is_empty() {
        return Err(report.nothing(&source));
    }
    progress.begin("drawing");
    writer(args, format, &report, colour).render(&report)
}

/// What writes the format.
fn writer(args: &ReportArgs, format: ReportFormat, report: &Report, colour: bool) -> Box<dyn Format> {
    let width = args.width.unwrap_or(WIDTH);
    let picture = |png| Picture {
        chart: args.chart.unwrap_or(usual_chart(report.kind)),
        height: args.height.unwrap_or(usual_height(width)),
        width,
        png,
    };
    match format {
        ReportFormat::Table => Box::new(Table::for_stdout(args.output.is_some(), colour)),
        ReportFormat::Json => Box::new(Json),
        ReportFormat::Csv => Box::new(Csv),
        ReportFormat::Html => Box::new(Html),
        ReportFormat::Svg => Box::new(picture(false)),
        ReportFormat::Png => Box::new(picture(true)),
    }
}

/// What went by two interfaces may be the same packet: they are not stacked.
fn usual_chart(kind: Kind) -> Chart {
    if matches!(kind, Kind::Interface | Kind::Host) { Chart::Rate } else { Chart::Stack }
}
