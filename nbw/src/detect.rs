//! Attacks as the rest of nbw sees them: what `nbw-detect` has recognised becomes alerts, for sinks and actions alike.

mod alert;
mod current;
mod deliver;
#[cfg(test)]
pub(crate) mod fixture;
mod sentence;
mod signatures;

pub use self::{
    alert::{alert, of_kind},
    current::Current,
    deliver::{Deliver, Wish},
    sentence::sentence,
    signatures::signatures,
};
