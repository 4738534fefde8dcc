//! The `nbw` command.
fn main() {}
