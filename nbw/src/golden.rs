//! Golden files: what a picture was like when somebody last looked at it.

use std::path::Path;

/// Fails with both texts if `actual` is not what the golden file (below the crate's `src`) holds; `NBW_BLESS=1` rewrites
/// the file.
pub(crate) fn assert_golden(file: &str, actual: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
    let actual = String::from_utf8(actual.to_vec()).unwrap();
    if std::env::var_os("NBW_BLESS").is_some() {
        std::fs::write(&path, &actual).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let diff = difference(&golden, &actual);
    assert!(diff.is_empty(), "{file} differs (NBW_BLESS=1 accepts it):\n{diff}");
}

fn difference(golden: &str, actual: &str) -> String {
    let (mut golden, mut actual) = (golden.split('\n'), actual.split('\n'));
    let mut diff = String::new();
    loop {
        match (golden.next(), actual.next()) {
            (None, None) => return diff,
            (old, new) if old == new => {}
            (old, new) => {
                diff.extend(old.map(|line| format!("-{line}\n")));
                diff.extend(new.map(|line| format!("+{line}\n")));
            }
        }
    }
}
