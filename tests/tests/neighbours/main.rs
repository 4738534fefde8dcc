//! Other people's programs, filters and qdiscs beside nbw's; and what nbw leaves behind when it ends: nothing.

mod clsact;
mod ends;
mod others;
