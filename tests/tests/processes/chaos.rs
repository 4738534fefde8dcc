//! Everything at once, as fast as it goes: in the end processes have what groups have, to the byte, and no slot is lost.

use std::{
    net::UdpSocket,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use nbw_tests::lab::{Nbw, Totals, TwoHosts, snapshot_where, sum_of_groups, together};
use serde_json::Value;

use crate::{
    peer::{Peer, carry},
    rows::{rows, sum},
};

/// nbw with rows of processes, on the cable only.
fn watch(hosts: &TwoHosts, more: &str) -> Nbw {
    let options = format!("--by process -i {} --interval 50ms --no-dns {more}", hosts.cable.a);
    Nbw::watch(&hosts.left, &options)
}

/// What groups of both ends of the cable have moved is what processes have moved.
fn assert_processes_are_groups(nbw: &mut Nbw, hosts: &TwoHosts) -> Value {
    let snapshot = together(nbw, || hosts.left.kernel_counters(&hosts.cable.a)).1;
    let groups = sum_of_groups(&snapshot, |row| row["kind"] != "unattributed" && row["interface"] != "");
    assert_eq!(sum(rows(&snapshot, "processes", |row| row["name"] != "no slot left")), groups, "{snapshot}");
    assert_eq!(snapshot["health"]["no_connection"], 0, "{snapshot}");
    assert_eq!(snapshot["health"]["table_refused"], 0, "{snapshot}");
    snapshot
}

/// Does `work` while nbw's output is read.
fn while_reading(nbw: &mut Nbw, work: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let working = scope.spawn(work);
        while !working.is_finished() {
            nbw.next();
        }
        working.join().expect("all of the work");
    });
}

/// Sends datagrams to a port of the left host from ever new sockets until told to stop.
fn blast(hosts: &TwoHosts, port: u16, stop: &AtomicBool) {
    hosts.right.enter(|| {
        let mut number = 0;
        while !stop.load(Ordering::Relaxed) {
            let socket = UdpSocket::bind((hosts.cable.v4.1.as_str(), 0)).expect("a socket");
            for _ in 0..10 {
                // Refused while nobody listens.
                let _ = socket.send_to(&vec![1; 1 + number % 500], (hosts.cable.v4.0.as_str(), port));
            }
            number += 1;
        }
    });
}

/// Servers of UDP come and go while datagrams of ever new peers arrive on both CPUs.
fn come_and_go(hosts: &TwoHosts, nbw: &mut Nbw, server: &Peer, times: u32) {
    let stop = AtomicBool::new(false);
    while_reading(nbw, || {
        thread::scope(|scope| {
            scope.spawn(|| blast(hosts, 53, &stop));
            scope.spawn(|| blast(hosts, 53, &stop));
            for _ in 0..times {
                server.ask(&format!("udp s {}:53", hosts.cable.v4.0));
                server.ask("take s 10");
                server.ask("close s");
            }
            stop.store(true, Ordering::Relaxed);
        });
    });
}

#[test]
fn servers_that_come_and_go_under_load() {
    let hosts = TwoHosts::new(161, false);
    let mut nbw = watch(&hosts, "--ends-told-apart 20");
    let server = Peer::new(&hosts.left);
    come_and_go(&hosts, &mut nbw, &server, 400);
    let snapshot = assert_processes_are_groups(&mut nbw, &hosts);
    assert!(sum(rows(&snapshot, "processes", |row| row["pid"] == server.pid)).rx_packets >= 4000);
}

#[test]
fn servers_that_are_gone_keep_no_slot() {
    let hosts = TwoHosts::new(165, false);
    let options = format!("--by connection -i {} --interval 50ms --no-dns --ends-told-apart 20", hosts.cable.a);
    let mut nbw = Nbw::watch(&hosts.left, &options);
    let server = Peer::new(&hosts.left);
    come_and_go(&hosts, &mut nbw, &server, 400);
    snapshot_where(&mut nbw, "all slots to be given back", |snapshot| {
        rows(snapshot, "connections", |row| row["local"]["port"] == 53 || row["remote"]["port"] == 53).is_empty()
    });
}

/// A datagram socket is passed from process to process while peers send to it.
#[test]
fn a_server_that_is_passed_on_under_load() {
    let hosts = TwoHosts::new(162, false);
    let mut nbw = watch(&hosts, "");
    let servers = [Peer::new(&hosts.left), Peer::new(&hosts.left)];
    servers[0].ask(&format!("udp s {}:53", hosts.cable.v4.0));
    servers[0].lend("s", &servers[1]);
    let stop = AtomicBool::new(false);
    while_reading(&mut nbw, || {
        thread::scope(|scope| {
            scope.spawn(|| blast(&hosts, 53, &stop));
            scope.spawn(|| blast(&hosts, 53, &stop));
            for _ in 0..400 {
                servers.iter().for_each(|server| server.tell("take s 20"));
                servers.iter().for_each(|server| drop(server.answer()));
            }
            stop.store(true, Ordering::Relaxed);
        });
    });
    assert_processes_are_groups(&mut nbw, &hosts);
}

/// Connections are accepted by one process, passed to another, and used by both while the peer sends all the time.
#[test]
fn connections_that_are_passed_on_under_load() {
    let hosts = TwoHosts::new(163, true);
    let mut nbw = watch(&hosts, "");
    let servers = [Peer::new(&hosts.left), Peer::new(&hosts.left)];
    let client = Peer::new(&hosts.right);
    let at = format!("{}:80", hosts.cable.v4.0);
    servers[0].ask(&format!("listen l {at}"));
    while_reading(&mut nbw, || {
        for number in 0..100 {
            client.ask(&format!("connect c {at}"));
            servers[0].ask("accept c l");
            servers[0].lend("c", &servers[1]);
            client.tell("send c 400000");
            for _ in 0..4 {
                servers.iter().for_each(|server| server.tell("receive c 50000"));
                servers.iter().for_each(|server| drop(server.answer()));
            }
            client.answer();
            carry(&servers[number % 2], &client, "c", 1000);
            client.ask("finish c");
            servers.iter().for_each(|server| drop(server.ask("close c")));
            client.ask("drain c");
            client.ask("close c");
        }
    });
    assert_processes_are_groups(&mut nbw, &hosts);
}

/// Processes are forked, served, and killed; children hold sockets that parents made; nobody waits for anybody.
#[test]
fn processes_that_die_under_load() {
    let hosts = TwoHosts::new(164, false);
    let mut nbw = watch(&hosts, "");
    while_reading(&mut nbw, || {
        for port in 80..100 {
            let at = format!("{}:{port}", hosts.cable.v4.0);
            let (mut server, mut client) = (Peer::new(&hosts.left), Peer::new(&hosts.right));
            server.ask(&format!("listen l {at}"));
            let child = server.fork();
            child.tell("serve-short l 1000000 2000");
            client.tell(&format!("short {at} 1000000 2000"));
            thread::sleep(std::time::Duration::from_millis(30));
            client.kill();
            server.kill();
        }
    });
    let snapshot = assert_processes_are_groups(&mut nbw, &hosts);
    assert_ne!(sum(rows(&snapshot, "processes", |row| row["name"] == "nbw-peer")), Totals::default());
}
