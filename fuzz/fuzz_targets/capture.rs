//! Captures of any bytes: all that can be read is read, what is said of it is possible, and a fault is inside of the file.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../nbw-detect/tests/support/judge.rs"]
mod judge;

fuzz_target!(|bytes: &[u8]| judge::capture(bytes));
