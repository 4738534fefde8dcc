//! Generates attacks, and what resembles them: the frames of both sides, at their times.
//!
//! A scenario is lazy: frames are made as they are taken, so that a long flood takes no more memory than a short one. The same
//! seed gives the same bytes. Addresses are of private and documentation networks (RFC 1918, RFC 5737); spoofed ones are
//! random public ones, which is why nothing here sends anything: `nbw simulate` does, in a network namespace of its own.

mod amplification;
mod arp;
mod attack;
mod backscatter;
mod benign;
mod ber;
mod covert;
mod dns;
mod exchange;
mod floods;
mod frame;
mod host;
mod scans;
mod services;
mod sweeps;
mod tcp;
mod text;
mod traffic;

pub use self::{
    attack::{Attack, Named, attacks},
    benign::{LookAlike, look_alikes},
    host::Side,
    traffic::{Plan, Scenario, Timed, Traffic},
};

#[cfg(test)]
mod tests;
