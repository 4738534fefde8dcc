//! Whose an attack is, on this host.

use nbw_detect::event::Role;
use nbw_tests::lab::{Cgroup, Iperf, TwoHosts};

use crate::watcher::{Watcher, in_time, tool};

/// The server that is flooded is in another network namespace than nbw, which runs where the flood comes from.
#[test]
fn the_process_that_listens_is_named() {
    let (hosts, cgroup) = (TwoHosts::new(90, true), Cgroup::new());
    let _server = Iperf::server(&hosts.right, Some(&cgroup));
    let line = format!("hping3 -q -S --flood --rand-source -p 5201 {}", hosts.cable.v4.1);
    let events = Watcher::start(&hosts.left).during(&mut tool(&hosts.left, &line));
    let event = in_time(&events, "syn-flood-spoofed");
    let [target] = event.concerned.as_slice() else { panic!("{event:#?}") };
    assert_eq!((target.role, target.process.as_deref()), (Role::Target, Some("iperf3")));
    assert_eq!(target.cgroup.as_deref(), Some(cgroup.path.as_str()));
}
