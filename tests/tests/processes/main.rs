//! Processes, connections and remote hosts: whose bytes they are, against what the processes themselves have moved and
//! what the kernel has counted for their sockets.

mod chaos;
mod connections;
mod datagrams;
mod handover;
mod ledger;
mod peer;
mod rows;
mod scarce;
mod streams;
