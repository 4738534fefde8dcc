#![no_std]
//! What nbw shares across the kernel line.
