//! The signatures that are gone by: those built in, those of files, less those that are not wanted.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nbw_detect::{SignatureError, Signatures};

use crate::{failure::Failure, files, filter::nearest, text};

/// No file of signatures is larger.
const MOST_BYTES: u64 = 4 << 20;

/// The built-in signatures and, in their order, those of `paths`: files, or directories of which all `*.toml` are read by name.
/// One of a known name takes the other's place; those named in `disable` are left out.
///
/// # Errors
/// [`Failure::Usage`] names the file and what is wrong in it, or the name that no signature has.
pub fn signatures<'a>(paths: &[PathBuf], disable: impl IntoIterator<Item = &'a str>) -> Result<Signatures, Failure> {
    let mut all = Signatures::built_in();
    for path in paths {
        for file in files_of(path)? {
            add(&mut all, &file)?;
        }
    }
    for name in disable {
        if !all.remove(name) {
            return Err(unknown(name, &all));
        }
    }
    Ok(all)
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let listed: io::Result<Vec<PathBuf>> =
        fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut files = listed.map_err(|error| cannot(path, &error))?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    Ok(files)
}

fn add(all: &mut Signatures, file: &Path) -> Result<(), Failure> {
    let bytes = files::read(file, None, MOST_BYTES + 1).map_err(|error| cannot(file, &error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(cannot(file, &"it is larger than 4 MiB"));
    }
    let written = String::from_utf8(bytes).map_err(|error| cannot(file, &error))?;
    all.extend(&written).map_err(|error| wrong(file, &written, &error))
}

fn cannot(file: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::Usage(format!("cannot read the signatures {}: {why}", text::clean(&file.to_string_lossy())))
}

fn wrong(file: &Path, written: &str, error: &SignatureError) -> Failure {
    let span = match error {
        SignatureError::Form(error) => error.span(),
        SignatureError::Sense { span, .. } => Some(span.clone()),
    };
    let before = span.and_then(|span| written.get(..span.start));
    let line = before.map(|before| format!(", line {}", before.matches('\n').count() + 1)).unwrap_or_default();
    let file = file.to_string_lossy();
    Failure::Usage(format!("{}{line}: {}", text::clean(&file), text::clean(&error.to_string())))
}

fn unknown(name: &str, all: &Signatures) -> Failure {
    let names: Vec<&str> = all.iter().map(|signature| signature.name.as_str()).collect();
    let meant = nearest(name, &names).map(|nearest| format!("did you mean `{nearest}`?"));
    let remedy = meant.unwrap_or_else(|| "`nbw detect --list` shows all".into());
    Failure::Usage(format!("there is no signature `{}` to disable: {remedy}", text::clean(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(name: &str) -> String {
        format!(
            "[[signature]]\nname = \"{name}\"\nkind = \"port-scan\"\ntitle = \"t\"\nabout = \"a\"\nseverity = \"info\"\n\
             confidence = 0.5\nadvice = \"b\"\nkey = \"pair\"\nwindow = 10\nevent = \"source\"\n\
             count = [{{ name = \"probes\", on = [\"udp-new\"] }}]\n\
             when = [{{ value = \"probes\", at-least = 5, because = \"c\" }}]\n"
        )
    }

    fn names(all: &Signatures) -> Vec<&str> {
        all.iter().map(|signature| signature.name.as_str()).collect()
    }

    #[test]
    fn files_and_directories_add_to_what_is_built_in() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("b.toml"), signature("mine-b")).unwrap();
        fs::write(path("a.toml"), signature("mine-a")).unwrap();
        fs::write(path("notes.txt"), "no toml").unwrap();
        let built_in = Signatures::built_in();
        let all = signatures(&[directory.path().into()], ["mine-b"]).unwrap();
        assert_eq!(names(&all), [&names(&built_in)[..], &["mine-a"]].concat());
        let one = signatures(&[path("b.toml")], []).unwrap();
        assert_eq!(names(&one).last(), Some(&"mine-b"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_file_and_line() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x.toml");
        let said = |text: &str| {
            fs::write(&file, text).unwrap();
            signatures(std::slice::from_ref(&file), []).unwrap_err().to_string()
        };
        let wrong = signature("mine").replace("window = 10", "windo = 10");
        assert!(said(&wrong).contains("x.toml, line 10: ") && said(&wrong).contains("windo"), "{}", said(&wrong));
        let none = signatures(&["/nowhere/x.toml".into()], []).unwrap_err().to_string();
        assert!(none.contains("/nowhere/x.toml"), "{none}");
    }

    #[test]
    fn a_name_that_no_signature_has_is_not_left_out_in_silence() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x.toml");
        fs::write(&file, signature("my-own-scan")).unwrap();
        let said = signatures(&[file], ["my-own-scam"]).unwrap_err().to_string();
        assert!(said.contains("`my-own-scam`") && said.contains("did you mean `my-own-scan`?"), "{said}");
    }
}
