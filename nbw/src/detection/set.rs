//! Which signatures there are: those built in, and those that the user has.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nbw_detect::{SignatureError, Signatures};

use crate::{config::ConfigError, failure::Failure, files, text};

/// No file of signatures is larger: what is, is something else.
const MOST_BYTES: u64 = 4 << 20;

/// Those built in, and those of the files and directories, of which later ones take the place of earlier ones of the same name.
///
/// # Errors
/// [`Failure::Usage`] names file, line and what is wrong.
pub fn signatures(paths: &[PathBuf]) -> Result<Signatures, Failure> {
    let mut signatures = Signatures::built_in();
    for path in paths {
        for file in files_of(path)? {
            extend(&mut signatures, &file)?;
        }
    }
    Ok(signatures)
}

/// The file, or the `*.toml` of the directory, by name.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries: io::Result<Vec<PathBuf>> =
        fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut files = entries.map_err(|error| cannot(path, &error))?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    Ok(files)
}

fn extend(signatures: &mut Signatures, file: &Path) -> Result<(), Failure> {
    let bytes = files::read(file, None, MOST_BYTES + 1).map_err(|error| cannot(file, &error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(cannot(file, &"it is larger than 4 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| cannot(file, &"it is no text in UTF-8, as TOML is"))?;
    signatures.extend(&text).map_err(|error| Failure::Usage(located(&error, &text).in_file(file)))
}

fn located(error: &SignatureError, text: &str) -> ConfigError {
    match error {
        SignatureError::Form(error) => ConfigError::of_toml(error, text),
        SignatureError::Sense { why, span } => ConfigError::at(why.as_str(), Some(span.clone()), text),
    }
}

fn cannot(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::Usage(format!("cannot read the signatures {}: {why}", text::clean_path(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("own.toml"), text).unwrap();
        let told = signatures(&[dir.path().to_owned()]).unwrap_err().to_string();
        told.replace(&dir.path().to_string_lossy().into_owned(), "DIR")
    }

    #[test]
    fn a_fault_has_its_file_its_line_and_what_was_meant() {
        let told = told("# mine\n[[signature]]\nname = \"x\"\nwindows = 5\n");
        assert!(
            told.starts_with("DIR/own.toml, line 4: there is no setting `windows` here: did you mean `window`?"),
            "{told}"
        );
    }

    #[test]
    fn what_is_no_text_is_told_in_words() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("own.toml");
        fs::write(&file, b"\xd4\xc3\xb2\xa1").unwrap();
        let told = signatures(std::slice::from_ref(&file)).unwrap_err().to_string();
        assert_eq!(told, format!("cannot read the signatures {}: it is no text in UTF-8, as TOML is", file.display()));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let told = signatures(&["/nonexistent/own.toml".into()]).unwrap_err().to_string();
        assert!(told.contains("/nonexistent/own.toml"), "{told}");
    }

    #[test]
    fn a_directory_of_none_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("README"), "no TOML").unwrap();
        let all = signatures(&[dir.path().to_owned()]).unwrap();
        assert_eq!(all.iter().len(), Signatures::built_in().iter().len());
    }
}
