//! Recognises attack traffic from the headers of packets, live or from a capture.
//!
//! Data flows one way: `capture or kernel -> Facts -> engine -> Event`. The engine knows neither files nor the kernel, so that
//! the same packets give the same events from either. Nothing here needs privileges.

// What is printed is for those who know where to.
#![deny(clippy::print_stderr, clippy::print_stdout)]

pub mod capture;
pub mod engine;
pub mod event;
pub mod facts;
pub mod learn;
pub mod signature;
pub mod simulate;

pub use engine::{Engine, Limits, Volume};
pub use event::{Event, Kind, Severity};
pub use facts::{Arp, Body, Direction, Facts, Fragment, Ip, Time, Transport};
pub use signature::{Signature, SignatureError, Signatures};
