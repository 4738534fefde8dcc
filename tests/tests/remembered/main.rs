//! What an agent has remembered, and `nbw report` tells, is what others have counted: to the byte.

mod containers;
mod kills;
mod links;
mod place;
mod vnstat;
