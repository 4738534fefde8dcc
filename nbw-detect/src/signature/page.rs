//! A signature as people read it.
