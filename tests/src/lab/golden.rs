//! Golden files: what the users see, kept in `tests/golden`. `NBW_BLESS=1` writes them anew.

use std::{env, fs, path::PathBuf};

/// Compares text with a golden file.
///
/// # Panics
/// When they differ.
pub fn assert_golden(name: &str, text: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if env::var_os("NBW_BLESS").is_some() {
        fs::write(&file, text).expect("the golden file");
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, golden, "{} differs; NBW_BLESS=1 writes it anew", file.display());
}

/// Puts `mask` in place of whatever stands between each `start` and the next of one of the characters `ends`.
pub fn masked(text: &str, start: &str, ends: &[char], mask: &str) -> String {
    let mut parts = text.split(start);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(ends).unwrap_or(part.len());
        out = out + start + mask + &part[end..];
    }
    out
}
