//! `nbw detect` on live traffic. The attackers are tools that we did not write (nmap, hping3), in network namespaces of their
//! own.

mod agent;
mod attacks;
mod benign;
mod concerned;
mod reader;
mod sampling;
mod watcher;
