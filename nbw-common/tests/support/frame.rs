//! Reads the frames of `tests/frames`, as its README describes them.

use std::{fs, path::Path};

use nbw_common::packet::{Headers, Malformed, Start};

/// Where they are, seen from any package of the workspace.
const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/frames");

/// A frame, and what is known about it.
pub(crate) struct Frame {
    /// Its file's name, without `.hex`.
    pub(crate) name: String,
    /// Where it begins.
    pub(crate) start: Start,
    /// What the parser has to find.
    pub(crate) expect: Result<Headers, Malformed>,
    /// The frame.
    pub(crate) bytes: Vec<u8>,
}

/// All frames, by name.
pub(crate) fn all() -> Vec<Frame> {
    let files = fs::read_dir(DIRECTORY).unwrap_or_else(|error| panic!("{DIRECTORY}: {error}"));
    let paths = files.map(|file| file.expect("a directory entry").path());
    let mut frames: Vec<Frame> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "hex"))
        .map(|path| read(&path))
        .collect();
    assert!(frames.len() > 100, "{DIRECTORY} has only {} frames", frames.len());
    frames.sort_by(|a, b| a.name.cmp(&b.name));
    frames
}

/// The frame of that name.
pub(crate) fn named(name: &str) -> Frame {
    read(&Path::new(DIRECTORY).join(name).with_extension("hex"))
}

fn read(path: &Path) -> Frame {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_stem().expect("a file name").to_string_lossy().into_owned();
    let said = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("# ")?.strip_prefix(key)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("{name}: no line `# {key}: ...`")).to_owned()
    };
    let (start, expect) = (start(&name, &said("start")), expectation(&name, &said("expect")));
    Frame { start, expect, bytes: text.lines().flat_map(|line| bytes(&name, line)).collect(), name }
}

fn bytes(name: &str, line: &str) -> Vec<u8> {
    let hex = line.split('#').next().unwrap_or_default().split_whitespace();
    hex.map(|pair| u8::from_str_radix(pair, 16).unwrap_or_else(|error| panic!("{name}: {pair}: {error}"))).collect()
}

fn start(name: &str, said: &str) -> Start {
    match said {
        "ethernet" => Start::Ethernet,
        "network" => Start::Network,
        _ => panic!("{name}: frames start at ethernet or network, not at {said}"),
    }
}

fn expectation(name: &str, said: &str) -> Result<Headers, Malformed> {
    if let Some(error) = said.strip_prefix("error=") {
        return Err(malformed(name, error));
    }
    let length = |key: &str| {
        let value = said.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        let value = value.unwrap_or_else(|| panic!("{name}: `expect` has no {key}"));
        value.parse().unwrap_or_else(|error| panic!("{name}: {key}={value}: {error}"))
    };
    Ok(Headers {
        link: length("link"),
        network: length("network"),
        transport: length("transport"),
        jumbo: length("jumbo"),
    })
}

fn malformed(name: &str, said: &str) -> Malformed {
    match said {
        "Truncated" => Malformed::Truncated,
        "NotIp" => Malformed::NotIp,
        "BadVersion" => Malformed::BadVersion,
        "BadHeaderLength" => Malformed::BadHeaderLength,
        "TooManyHeaders" => Malformed::TooManyHeaders,
        _ => panic!("{name}: there is no error {said}"),
    }
}
