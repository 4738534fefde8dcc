//! Whether a finished BPF object still fits its sources and its toolchain: a hash of contents, not of times, since a
//! fresh checkout or a switched branch changes times only.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    path::{Path, PathBuf},
};

/// What an object was built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The hash of the sources.
    pub(crate) sources: u64,
    /// The toolchain's identity; none where there is no toolchain on this machine now.
    pub(crate) toolchain: Option<String>,
}

impl Stamp {
    /// Whether an object with the stamp `built` can stay. Without a toolchain nothing better could be built, so then
    /// the sources alone decide: a copied or packaged object serves.
    pub(crate) fn accepts(&self, built: &Self) -> bool {
        self.sources == built.sources && (self.toolchain.is_none() || self.toolchain == built.toolchain)
    }

    /// Reads a stamp file.
    pub(crate) fn read(file: &Path) -> Option<Self> {
        let text = fs::read_to_string(file).ok()?;
        let (sources, toolchain) = text.split_once('\n')?;
        Some(Self { sources: sources.parse().ok()?, toolchain: Some(toolchain.trim_end().to_owned()) })
    }

    /// Writes a stamp file.
    pub(crate) fn write(&self, file: &Path) -> io::Result<()> {
        fs::write(file, format!("{}\n{}\n", self.sources, self.toolchain.as_deref().unwrap_or_default()))
    }
}

/// Hashes files and directories below `root`, the names with the contents; where `root` is makes no difference.
pub(crate) fn hash_sources(root: &Path, paths: &[PathBuf]) -> io::Result<u64> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(root).unwrap_or(&file).hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    for entry in path.read_dir()? {
        let entry = entry?.path();
        if !is_left_out(&entry) {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

/// What cargo or an editor leaves beside sources.
fn is_left_out(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name == "target" || name.ends_with('~') || name.ends_with(".swp")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(sources: u64, toolchain: Option<&str>) -> Stamp {
        Stamp { sources, toolchain: toolchain.map(str::to_owned) }
    }

    #[test]
    fn changed_sources_or_toolchain_are_stale() {
        let built = stamp(1, Some("a"));
        assert!(stamp(1, Some("a")).accepts(&built));
        assert!(!stamp(2, Some("a")).accepts(&built));
        assert!(!stamp(1, Some("b")).accepts(&built));
    }

    #[test]
    fn without_a_toolchain_the_sources_decide() {
        let built = stamp(1, Some("a"));
        assert!(stamp(1, None).accepts(&built));
        assert!(!stamp(2, None).accepts(&built));
    }

    #[test]
    fn survives_the_file() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("stamp");
        let written = stamp(u64::MAX, Some("rustc 1.96 -Clinker=/x y"));
        written.write(&file).expect("written");
        assert_eq!(Stamp::read(&file), Some(written));
        assert_eq!(Stamp::read(&dir.path().join("none")), None);
    }

    #[test]
    fn hash_sees_contents_and_names_but_not_targets() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let sources = [dir.path().to_path_buf()];
        let hash = || hash_sources(dir.path(), &sources).expect("hashed");
        fs::write(dir.path().join("a.rs"), "1").expect("written");
        let first = hash();
        fs::create_dir(dir.path().join("target")).expect("made");
        fs::write(dir.path().join("target/x"), "1").expect("written");
        assert_eq!(hash(), first);
        fs::rename(dir.path().join("a.rs"), dir.path().join("b.rs")).expect("renamed");
        let second = hash();
        assert_ne!(second, first);
        fs::write(dir.path().join("b.rs"), "2").expect("written");
        assert_ne!(hash(), second);
    }
}
