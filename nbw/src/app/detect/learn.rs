//! `nbw detect --learn`: a signature of what sets two captures apart.

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

use indicatif::ProgressBar;
use nbw_detect::{
    Engine, Facts, Limits, Signatures,
    capture::{ReadError, Reader},
    learn::{LearnError, Learnt, Margin, Sample, learn},
};

use super::input;
use crate::{
    app::work::{Stop, Work},
    failure::Failure,
    output::{Output, not_onto},
    text,
};

/// Between two steps of the sign that it is at work.
const STEP: Duration = Duration::from_millis(120);

/// Learns, and writes the signature to standard output or to a file.
///
/// # Errors
/// [`Failure::Running`] when a capture cannot be read to its end, or nothing sets them apart.
pub(super) async fn run(attack: &Path, normal: &Path, output: Option<&Path>) -> Result<(), Failure> {
    for capture in [attack, normal] {
        input::check_rereadable(capture, "--learn")?;
        output.map_or(Ok(()), |output| not_onto(output, capture))?;
    }
    let mut work = Work::listen()?;
    let output = work.open(output.map(Path::to_owned)).await?;
    let _give_up = output.give_up();
    let (attack, normal) = (attack.to_owned(), normal.to_owned());
    work.run(move |stop| learn_from(&attack, &normal, output, stop)).await
}

fn learn_from(attack: &Path, normal: &Path, output: Output, stop: &Stop) -> Result<(), Failure> {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(STEP);
    let samples = [attack, normal].map(|file| sample(file, &bar, stop));
    let learnt = learn(&name(attack), &samples[0], &samples[1]);
    let known = learnt.is_ok().then(|| known_attacks(&samples[1]));
    bar.finish_and_clear();
    if stop.is_told() {
        return Err(Failure::Running("stopped before anything was learnt".into()));
    }
    let learnt = learnt.map_err(|error| failure(&error))?;
    output.write(learnt.to_toml().as_bytes())?;
    tell(&learnt, &samples[1].name, &known.unwrap_or_default());
    Ok(())
}

/// The built-in signatures of what is in a capture. It was read to its end before.
fn known_attacks(sample: &Sample<'_>) -> BTreeSet<String> {
    let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
    let _ = (sample.read)(&mut |facts| engine.observe(facts));
    engine.finish().into_iter().map(|event| event.signature).collect()
}

fn failure(error: &LearnError) -> Failure {
    Failure::Running(error.to_string())
}

fn sample<'a>(file: &'a Path, bar: &'a ProgressBar, stop: &'a Stop) -> Sample<'a> {
    let name = text::clean_path(file.file_name().unwrap_or(file.as_os_str()).as_ref());
    let told = format!("reading {name}");
    let read = move |see: &mut dyn FnMut(&Facts)| {
        bar.set_message(told.clone());
        read(file, stop, see)
    };
    Sample { name, read: Box::new(read) }
}

/// What is made of a part, when it was told to stop, nobody sees.
fn read(file: &Path, stop: &Stop, see: &mut dyn FnMut(&Facts)) -> Result<(), ReadError> {
    let mut reader = Reader::open(file)?;
    while !stop.is_told()
        && let Some(packet) = reader.next_packet()?
    {
        see(&packet.facts());
    }
    Ok(())
}

/// `learnt-` and what the file is called, as signatures are.
fn name(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let words = stem.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    [vec!["learnt"], words.collect()].concat().join("-")
}

/// How it does, and what is strange, for whoever looks on.
fn tell(learnt: &Learnt, normal: &str, known: &BTreeSet<String>) {
    let mut lines: Vec<String> = learnt.margins.iter().map(margin).collect();
    if !known.is_empty() {
        let known = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        lines.push(format!(
            "{normal} was taken for normal, and nbw knows attacks in it ({known}): were the two mixed up?"
        ));
    }
    let _ = lines.iter().try_for_each(|line| writeln!(io::stderr(), "{line}"));
}

fn margin(margin: &Margin) -> String {
    let Margin { name, attack, normal, bound } = margin;
    format!("{name}: {attack} in the attack, {normal} in what is normal; bound {bound}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_signatures() {
        for (file, expected) in
            [("/x/SYN_Flood 2.pcap", "learnt-syn-flood-2"), ("attack.pcap.gz", "learnt-attack-pcap"), ("..", "learnt")]
        {
            assert_eq!(name(Path::new(file)), expected);
        }
    }
}
