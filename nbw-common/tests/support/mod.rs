//! What the parser's tests have in common. `frame` and `judge` stand alone: the privileged tests and the fuzz target
//! take them in by their path.
#![allow(dead_code, reason = "not every test uses all of it")]

pub mod frame;
pub mod judge;
pub mod packet;
