//! Learns a signature: what sets a capture of an attack apart from one of what is normal.
//!
//! The engine itself measures. Each [candidate](candidate) counts one thing of everybody, such as the ports that a source asks
//! a target for, and says how much the busiest had in either capture. What is furthest apart becomes the signature, its bound
//! in the geometric middle; then the engine says how the signature does on both.

mod candidate;
mod choose;
mod measure;
mod render;
#[cfg(test)]
mod tests;

use crate::{Facts, Signature, Signatures, capture::ReadError};

pub use self::measure::Outcome;

/// A capture that can be read several times.
pub struct Sample<'a> {
    /// What the signature's page calls it.
    pub name: String,
    /// Reads it, from its beginning to its end.
    pub read: Box<Read<'a>>,
}

/// Shows each packet of a capture to somebody.
pub type Read<'a> = dyn Fn(&mut dyn FnMut(&Facts)) -> Result<(), ReadError> + 'a;

/// What was learnt.
#[derive(Debug, Clone)]
pub struct Learnt {
    /// The signature.
    pub signature: Signature,
    /// What sets the captures apart.
    pub margins: Vec<Margin>,
    /// How it does on the attack.
    pub attack: Outcome,
    /// How it does on what is normal.
    pub normal: Outcome,
}

/// Something that sets the captures apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// The counter.
    pub name: String,
    /// The most that anybody had in the attack, in one window.
    pub attack: f64,
    /// The most that anybody had in what is normal.
    pub normal: f64,
    /// The bound between them.
    pub bound: f64,
}

/// Why nothing was learnt.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// A capture cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A capture has no packets that mean anything.
    #[error("there is nothing in {0} that could be counted: it needs packets of IP or ARP")]
    Nothing(String),
    /// They do not differ enough.
    #[error(
        "nothing sets {attack} apart from {normal}: the furthest apart is `{name}`, {most} at most against {usual}; \
             give a capture with more of the attack in it, or a normal one without"
    )]
    Alike {
        /// The capture of the attack.
        attack: String,
        /// The one of what is normal.
        normal: String,
        /// The counter that is furthest apart.
        name: String,
        /// The most of the attack.
        most: f64,
        /// The most of what is normal.
        usual: f64,
    },
    /// A signature was found and does not do: the bounds hold each for somebody else.
    #[error(
        "what sets {attack} apart from {normal} is not the same in both: `{name}` tells them apart, and yet the signature {fault}"
    )]
    Unfit {
        /// The capture of the attack.
        attack: String,
        /// The one of what is normal.
        normal: String,
        /// The counter.
        name: String,
        /// What it does instead.
        fault: &'static str,
    },
}

/// Learns a signature called `name`.
///
/// # Errors
/// When a capture cannot be read, or nothing sets them apart.
pub fn learn(name: &str, attack: &Sample<'_>, normal: &Sample<'_>) -> Result<Learnt, LearnError> {
    let candidates = candidate::all();
    let most = measure::peaks(&candidates, attack)?;
    if most.iter().all(Option::is_none) {
        return Err(LearnError::Nothing(attack.name.clone()));
    }
    let usual = measure::peaks(&candidates, normal)?;
    if usual.iter().all(Option::is_none) {
        return Err(LearnError::Nothing(normal.name.clone()));
    }
    let choice = choose::choose(&candidates, &most, &usual, (&attack.name, &normal.name))?;
    let signature = choice.signature(name, &attack.name, &normal.name);
    let learnt = Learnt {
        margins: choice.margins,
        attack: measure::outcome(&signature, attack)?,
        normal: measure::outcome(&signature, normal)?,
        signature,
    };
    learnt.check(attack, normal)
}

impl Learnt {
    fn check(self, attack: &Sample<'_>, normal: &Sample<'_>) -> Result<Self, LearnError> {
        let fault = match (self.attack.events, self.normal.events) {
            (0, _) => "does not find the attack",
            (_, 0) => return Ok(self),
            _ => "finds something in what is normal",
        };
        let name = self.margins.first().map(|margin| margin.name.clone()).unwrap_or_default();
        Err(LearnError::Unfit { attack: attack.name.clone(), normal: normal.name.clone(), name, fault })
    }

    /// The file, as `--signatures` reads it: what it is worth, in comments, and the signature.
    pub fn to_toml(&self) -> String {
        render::file(self)
    }

    /// The signature among others.
    pub fn signatures(&self) -> Signatures {
        measure::only(&self.signature)
    }
}
