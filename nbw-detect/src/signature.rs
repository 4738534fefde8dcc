//! Signatures: what is counted of whom, in which time, and how much of it is an attack. They are data, in TOML.
//!
//! [`form`] is the file as serde has it, `ports` its named sets, `check` what serde cannot see, and `page` a signature as people read it.

mod check;
pub mod form;
mod page;
mod ports;
#[cfg(test)]
mod tests;

use std::{collections::HashSet, ops::Range};

use serde::Deserialize as _;
use toml::de::{DeTable, Deserializer};

pub use self::form::{Condition, Counter, Field, Group, Key, Measure, Scope, Signature};

/// The files that are built in, by what they are about.
const BUILT_IN: [&str; 9] = [
    // Names for the others.
    include_str!("../signatures/ports.toml"),
    // What is amplification is no ordinary flood: the first that explains something has the word.
    include_str!("../signatures/amplification.toml"),
    include_str!("../signatures/connections.toml"),
    include_str!("../signatures/floods.toml"),
    include_str!("../signatures/scans.toml"),
    include_str!("../signatures/sweeps.toml"),
    include_str!("../signatures/arp.toml"),
    include_str!("../signatures/sessions.toml"),
    include_str!("../signatures/leaks.toml"),
];

/// All signatures that an engine goes by, each name once.
#[derive(Debug, Clone, Default)]
pub struct Signatures {
    list: Vec<Signature>,
    /// Sets of ports by name, of all files.
    ports: ports::Sets,
}

/// What is wrong with a file of signatures, and where.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignatureError {
    /// It is not the documented form.
    #[error("{}", .0.message())]
    Form(toml::de::Error),
    /// It has the form and makes no sense.
    #[error("{why}")]
    Sense {
        /// What, as a sentence.
        why: String,
        /// Where: bytes of the text.
        span: Range<usize>,
    },
}

impl Signatures {
    /// Those that nbw comes with.
    ///
    /// # Panics
    /// Never: a test reads all of them.
    #[must_use]
    pub fn built_in() -> Self {
        let mut all = Self::default();
        for text in BUILT_IN {
            all.extend(text).unwrap_or_else(|error| panic!("a built-in signature: {error}"));
        }
        all
    }

    /// Adds a file's signatures and sets of ports; one of a known name takes the other's place. A set that changes does not change
    /// signatures that were added before.
    ///
    /// # Errors
    /// What is wrong with the text. Nothing is added then.
    pub fn extend(&mut self, text: &str) -> Result<(), SignatureError> {
        let mut ports = self.ports.clone();
        ports.extend(parse_ports(text)?);
        let signatures = parse(text, &ports)?;
        self.ports = ports;
        for signature in signatures {
            match self.list.iter_mut().find(|known| known.name == signature.name) {
                Some(known) => *known = signature,
                None => self.list.push(signature),
            }
        }
        Ok(())
    }

    /// Leaves the signature of that name out; whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.list.len();
        self.list.retain(|signature| signature.name != name);
        self.list.len() < before
    }

    /// The signature of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Signature> {
        self.iter().find(|signature| signature.name == name)
    }

    /// All of them, in the order in which they were read.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Signature> {
        self.list.iter()
    }
}

impl FromIterator<Signature> for Signatures {
    fn from_iter<I: IntoIterator<Item = Signature>>(all: I) -> Self {
        Self { list: all.into_iter().collect(), ports: ports::Sets::new() }
    }
}

fn parse_ports(text: &str) -> Result<ports::Sets, SignatureError> {
    let document = DeTable::parse(text).map_err(SignatureError::Form)?;
    Ok(ports::File::deserialize(Deserializer::from(document)).map_err(SignatureError::Form)?.ports)
}

fn parse(text: &str, ports: &ports::Sets) -> Result<Vec<Signature>, SignatureError> {
    let mut document = DeTable::parse(text).map_err(SignatureError::Form)?;
    ports::put_in(document.get_mut(), ports);
    let file = form::File::deserialize(Deserializer::from(document)).map_err(SignatureError::Form)?;
    let mut names = HashSet::new();
    for signature in &file.signature {
        let (span, signature) = (signature.span(), signature.get_ref());
        let twice = !names.insert(&signature.name);
        let fault = if twice { Err("this name is in the file twice".to_owned()) } else { check::check(signature) };
        fault.map_err(|why| SignatureError::Sense { why: format!("signature {}: {why}", signature.name), span })?;
    }
    Ok(file.signature.into_iter().map(toml::Spanned::into_inner).collect())
}
