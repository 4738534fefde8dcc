//! What the output of `rustc -vV`, `ldd` and `apt-cache policy` says: pure functions.

/// What `rustc -vV` says of a compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rustc {
    /// Its full name with commit and date, by which two nightlies differ.
    pub(crate) name: String,
    /// Major and minor version, so that they compare: (1, 96).
    pub(crate) version: (u32, u32),
    /// The major version of the LLVM whose bitcode it writes.
    pub(crate) llvm: u32,
}

/// Reads the output of `rustc -vV`.
pub(crate) fn parse_rustc(text: &str) -> Option<Rustc> {
    let field = |name| text.lines().find_map(|line| line.strip_prefix(name));
    Some(Rustc {
        name: text.lines().next()?.to_owned(),
        version: parse_version(field("release: ")?)?,
        llvm: leading_number(field("LLVM version: ")?)?,
    })
}

/// The major and minor number of a version such as `1.96.0-nightly`.
pub(crate) fn parse_version(text: &str) -> Option<(u32, u32)> {
    let (major, rest) = text.split_once('.')?;
    Some((major.parse().ok()?, leading_number(rest)?))
}

/// The major version of the LLVM library that a program loads, from the output of `ldd`; none where LLVM is built in.
pub(crate) fn parse_ldd(text: &str) -> Option<u32> {
    let (_, after) = text.split_once("libLLVM")?;
    leading_number(after.trim_start_matches(['-', '.', 's', 'o']))
}

/// Whether a linker built on LLVM `linker` reads what a compiler on LLVM `compiler` writes. LLVM reads the bitcode of
/// older versions, not of newer ones. A linker that has LLVM built in does not say which, and gets the benefit.
pub(crate) fn reads(linker: Option<u32>, compiler: u32) -> bool {
    linker.is_none_or(|linker| linker >= compiler)
}

/// Whether `apt-cache policy PACKAGE` knows a version that could be installed.
pub(crate) fn has_candidate(policy: &str) -> bool {
    let candidate = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "));
    candidate.is_some_and(|version| version != "(none)")
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEBIAN: &str = "rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)\nbinary: rustc\n\
        host: x86_64-unknown-linux-gnu\nrelease: 1.96.0\nLLVM version: 22.1.8\n";

    #[test]
    fn reads_rustc() {
        let debian = parse_rustc(DEBIAN).expect("parsed");
        assert_eq!((debian.version, debian.llvm), ((1, 96), 22));
        assert!(debian.name.contains("2026-05-25"));
        let nightly = DEBIAN.replace("release: 1.96.0", "release: 1.97.0-nightly");
        assert_eq!(parse_rustc(&nightly).map(|rustc| rustc.version), Some((1, 97)));
    }

    #[test]
    fn rustc_without_llvm_is_no_compiler_of_ours() {
        assert_eq!(parse_rustc("release: 1.96.0\n"), None);
        assert_eq!(parse_rustc(""), None);
    }

    #[test]
    fn reads_ldd() {
        let line = |library| format!("\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\t{library} => /usr/lib/{library} (0x2)\n");
        assert_eq!(parse_ldd(&line("libLLVM.so.22.1")), Some(22));
        assert_eq!(parse_ldd(&line("libLLVM-16.so.1")), Some(16));
        assert_eq!(parse_ldd("\tstatically linked\n"), None);
    }

    #[test]
    fn linker_reads_older_bitcode_only() {
        assert!(reads(Some(23), 22) && reads(Some(22), 22) && reads(None, 22));
        assert!(!reads(Some(21), 22));
    }

    #[test]
    fn reads_policy() {
        assert!(has_candidate("llvm-22-dev:\n  Installed: (none)\n  Candidate: 1:22.1.8-1\n"));
        assert!(!has_candidate("x:\n  Installed: (none)\n  Candidate: (none)\n"));
        assert!(!has_candidate(""));
    }
}
