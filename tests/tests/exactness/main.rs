//! Every byte, against what others than nbw have counted: the kernel, qdiscs, and traffic whose size is known.

mod forwarding;
mod groups;
mod interfaces;
mod links;
mod load;
mod offloads;
