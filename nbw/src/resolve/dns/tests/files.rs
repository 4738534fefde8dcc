//! `resolv.conf` and `hosts`.

use super::*;

#[tokio::test]
async fn the_hosts_file_is_believed_first_and_followed() {
    let server = Server::start(ordinary).await;
    let host = Host::asking(&[&server]);
    fs::write(&host.options.hosts, "198.18.0.1 gate.lan gate\nfe80::1 router\n").unwrap();
    let mut dns = host.start();
    assert_eq!(names(&mut dns, &[ip(1), "fe80::1".parse().unwrap()]).await[0].as_deref(), Some("gate.lan"));
    until("the name of the router", || dns.name("fe80::1".parse().unwrap())).await;
    assert!(server.asked().is_empty());
    fs::write(&host.options.hosts, "198.18.0.1 door.lan\n").unwrap();
    let mut number = 2;
    until("the new name", || {
        number += 1;
        dns.name(ip(number));
        (dns.name(ip(1))?.as_ref() == "door.lan").then_some(())
    })
    .await;
}

#[tokio::test]
async fn without_servers_there_are_the_hosts_file_s_names_until_there_are_some() {
    let server = Server::start(ordinary).await;
    let mut host = Host::asking(&[]);
    host.options.port = server.address.port();
    host.options.limits.rest = PATIENCE * 2;
    for broken in [None, Some(""), Some("nameserver nonsense\n"), Some("\0\u{fffd}\n")] {
        if let Some(text) = broken {
            fs::write(&host.options.resolv_conf, text).unwrap();
        }
        fs::write(&host.options.hosts, "198.18.0.1 gate.lan\n").unwrap();
        let mut dns = host.start();
        until("the hosts file's name", || dns.name(ip(1))).await;
        dns.name(ip(2));
        dns.settle(Duration::from_millis(20)).await;
        assert_eq!((dns.name(ip(2)), dns.waiting), (None, 1), "{broken:?}");
    }
    let mut dns = host.start();
    dns.name(ip(2));
    host.asks(&[&server]);
    assert_eq!(*until("a name", || dns.name(ip(2))).await, *ordinary_name(ip(2)));
}

#[tokio::test]
async fn another_network_s_server_is_told_nothing_of_the_old_one_s_hosts() {
    let first = Server::start(ordinary).await;
    let second = Server::start_at(&format!("127.0.0.3:{}", first.address.port()), ordinary).await;
    let host = Host::asking(&[&first]);
    let mut dns = host.start();
    assert!(names(&mut dns, &[ip(0)]).await[0].is_some());
    host.asks(&[&second]);
    let mut number = 0;
    until("a question to the new server", || {
        number += 1;
        dns.name(ip(number));
        (!second.asked().is_empty()).then_some(())
    })
    .await;
    let told = first.asked().len();
    dns.settle(PATIENCE).await;
    assert!(names(&mut dns, &[ip(1_000), ip(1_001)]).await.iter().all(Option::is_some));
    assert_eq!(first.asked().len(), told);
}
