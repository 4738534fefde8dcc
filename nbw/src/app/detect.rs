//! The wiring of `nbw detect`.

mod input;
mod learn;
mod live;
mod offline;
mod pick;
mod show;

use std::io::{self, Write};

use nbw_detect::{Signature, Signatures};

use crate::{
    cli::{DetectArgs, DetectFormat},
    config::suggestion,
    detection::signatures,
    failure::Failure,
    text,
};

/// `nbw detect`.
///
/// # Errors
/// [`Failure`] says what is wrong, and the exit code.
pub async fn detect(args: DetectArgs) -> Result<(), Failure> {
    let signatures = signatures(&args.signatures)?;
    if args.list {
        return list(&signatures, args.format);
    }
    if let (Some(attack), Some(normal)) = (&args.learn, &args.normal) {
        return learn::run(attack, normal, args.output.as_deref()).await;
    }
    match (&args.explain, &args.read) {
        (Some(name), _) => explain(&signatures, name, args.format),
        (None, Some(file)) => offline::run(&args, signatures, file).await,
        (None, None) => live::run(&args, &signatures).await,
    }
}

fn list(signatures: &Signatures, format: DetectFormat) -> Result<(), Failure> {
    let mut out = String::new();
    if format == DetectFormat::Json {
        for signature in signatures.iter() {
            out += &json(signature)?;
        }
        return print(&out);
    }
    let wide = signatures.iter().map(|signature| signature.name.len()).max().unwrap_or(0);
    for signature in signatures.iter() {
        let severity = signature.severity.word();
        let title = text::clean(&signature.title);
        out += &format!("{:wide$}  {severity:8}  {title}\n", text::clean(&signature.name));
    }
    print(&out)
}

fn explain(signatures: &Signatures, name: &str, format: DetectFormat) -> Result<(), Failure> {
    let Some(signature) = signatures.get(name) else {
        let known: Vec<&str> = signatures.iter().map(|signature| signature.name.as_str()).collect();
        let meant = suggestion(name, &known);
        return Err(Failure::Usage(format!("there is no signature `{}`{meant}", text::clean(name))));
    };
    match format {
        DetectFormat::Json => print(&json(signature)?),
        DetectFormat::Plain => print(&clean_page(&signature.page())),
    }
}

/// Users' signatures may come from others.
fn clean_page(page: &str) -> String {
    page.lines().map(|line| text::clean(line) + "\n").collect()
}

fn json(signature: &Signature) -> Result<String, Failure> {
    let line = serde_json::to_string(signature).map_err(|error| Failure::running(&error))?;
    Ok(line + "\n")
}

fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::output)
}
