//! Captures that the tests make, read back.

mod decoding;
mod faults;
mod files;
mod made;
mod properties;
mod writing;
