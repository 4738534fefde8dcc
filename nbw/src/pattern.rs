//! A name or a glob, as the user wrote it.

use globset::{GlobBuilder, GlobSet};

use crate::resolve::identity::is_hex_id;

/// So many digits of an id are not likely to be those of another: of 1,000 containers, one begins like a given one in 1 case
/// of 65.
const LEAST_DIGITS: usize = 4;

/// A name, and what else it matches where it is a glob.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    glob: Option<GlobSet>,
}

impl Pattern {
    /// `*` and `?` stop at a slash, `**` does not. A backslash is a backslash, since units have them in their
    /// names (`\x2d`); what is special is quoted as `[*]`.
    pub fn new(text: &str) -> Result<Self, globset::Error> {
        let is_glob = text.contains(['*', '?', '[', '{']);
        let glob = if is_glob { Some(compile(text)?) } else { None };
        Ok(Self { text: text.to_owned(), glob })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The name, if this is no glob.
    pub fn exact(&self) -> Option<&str> {
        self.glob.is_none().then_some(self.text.as_str())
    }

    /// Whether `name` is the text itself (also one that could be read as a glob), or matches the glob. The
    /// root, `/`, is no glob's: `/*` are its children, and with a subtree it would be everything.
    pub fn matches(&self, name: &str) -> bool {
        let matches = |glob: &GlobSet| name != "/" && glob.is_match(name);
        self.text == name || self.glob.as_ref().is_some_and(matches)
    }

    /// Whether this is the beginning of the hexadecimal `id`, of [`LEAST_DIGITS`] at least.
    pub fn begins_hex(&self, id: &str) -> bool {
        self.text.len() >= LEAST_DIGITS && is_hex_id(id) && id.starts_with(&self.text.to_ascii_lowercase())
    }
}

/// A set of one, since making a set fails where making a matcher would panic: braces in 250 others are too deep.
fn compile(text: &str) -> Result<GlobSet, globset::Error> {
    GlobSet::new([GlobBuilder::new(text).literal_separator(true).backslash_escape(false).build()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_is_an_error() {
        assert!(Pattern::new(&["{".repeat(20), "a,b".into(), "}".repeat(20)].concat()).unwrap().matches("b"));
        assert!(Pattern::new(&["{".repeat(1000), "a".into(), "}".repeat(1000)].concat()).is_err());
    }
}
