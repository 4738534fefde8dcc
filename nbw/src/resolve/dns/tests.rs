use std::{fs, net::Ipv4Addr, ops::Deref};

use hickory_resolver::proto::{op::Message, rr::Name};
use server::{Server, no_such_name, ordinary, ordinary_name, pointers, server_failure};
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::*;

mod server;

/// After this long nothing more is expected to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Files in a directory of their own, and options that make use of them.
struct Host {
    directory: TempDir,
    options: Options,
}

impl Host {
    /// A host that asks these servers, as fast as it can.
    fn asking(servers: &[&Server]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let limits = Limits {
            per_second: u32::MAX,
            back_off: Duration::from_millis(50),
            rest: Duration::from_millis(50),
            ..Limits::default()
        };
        let options = Options {
            resolv_conf: directory.path().join("resolv.conf"),
            hosts: directory.path().join("hosts"),
            port: servers.first().map_or(53, |server| server.address.port()),
            limits,
        };
        let host = Self { directory, options };
        if !servers.is_empty() {
            host.asks(servers);
        }
        host
    }

    /// Writes a new resolv.conf, in one go as tools do it.
    fn asks(&self, servers: &[&Server]) {
        let lines: String = servers.iter().map(|server| format!("nameserver {}\n", server.address.ip())).collect();
        let new = self.directory.path().join("new");
        fs::write(&new, format!("search nowhere.example\n{lines}options timeout:1\n")).unwrap();
        fs::rename(new, &self.options.resolv_conf).unwrap();
    }

    fn start(&self) -> ReverseDns {
        ReverseDns::start(self.options.clone())
    }
}

fn ip(number: u32) -> IpAddr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) + number).into()
}

async fn until<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The names of all these addresses once everything has been answered.
async fn names(dns: &mut ReverseDns, addresses: &[IpAddr]) -> Vec<Option<String>> {
    for &address in addresses {
        dns.name(address);
    }
    dns.settle(PATIENCE).await;
    addresses.iter().map(|&address| dns.name(address).map(|name| name.deref().to_owned())).collect()
}

#[tokio::test]
async fn a_name_is_found_and_asked_for_once() {
    let server = Server::start(ordinary).await;
    let mut dns = Host::asking(&[&server]).start();
    let six = "2001:db8::7".parse().unwrap();
    assert_eq!(dns.name(ip(1)), None, "it does not wait");
    let found = names(&mut dns, &[ip(1), six, ip(1)]).await;
    assert_eq!(found, [ip(1), six, ip(1)].map(|ip| Some(ordinary_name(ip))));
    for _ in 0..100 {
        assert_eq!(dns.name(ip(1)).as_deref(), Some(&*ordinary_name(ip(1))));
    }
    assert_eq!(names(&mut dns, &["::ffff:198.18.0.1".parse().unwrap()]).await, [Some(ordinary_name(ip(1)))]);
    assert_eq!(server.asked(), [ip(1), six]);
}

#[tokio::test]
async fn that_there_is_no_name_is_known_too() {
    let server = Server::start(no_such_name).await;
    let mut dns = Host::asking(&[&server]).start();
    assert_eq!(names(&mut dns, &[ip(1)]).await, [None]);
    assert_eq!(names(&mut dns, &[ip(1)]).await, [None]);
    assert_eq!(server.asked(), [ip(1)]);
}

#[tokio::test]
async fn an_answer_that_has_run_out_is_asked_for_again() {
    let server = Server::start(|question, _| pointers(question, 0, &[Name::from_ascii("a.example.").unwrap()])).await;
    let mut host = Host::asking(&[&server]);
    host.options.limits.shortest = Duration::ZERO;
    let mut dns = host.start();
    assert_eq!(names(&mut dns, &[ip(1)]).await, [Some("a.example".to_owned())]);
    until("a second question", || {
        assert!(dns.name(ip(1)).is_some(), "the old name stays meanwhile");
        (server.asked().len() > 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn of_several_names_always_the_same_is_shown() {
    let server = Server::start(|question, _| {
        let mut names = ["b.example.", "a.example.", "c.example."].map(|name| Name::from_ascii(name).unwrap());
        names.rotate_left(usize::from(question.metadata.id % 3));
        pointers(question, 300, &names)
    })
    .await;
    let mut dns = Host::asking(&[&server]).start();
    let addresses: Vec<_> = (0..20).map(ip).collect();
    assert_eq!(names(&mut dns, &addresses).await, vec![Some("a.example".to_owned()); 20]);
}

#[tokio::test]
async fn hostile_names_are_cleaned_or_none() {
    fn hostile(question: &Message, ip: IpAddr) -> Option<Vec<u8>> {
        let labels: &[&[u8]] = if ip == self::ip(1) { &[b"\x1b[2J\n", b"example"] } else { &[b"localhost"] };
        pointers(question, 300, &[Name::from_labels(labels.iter().copied()).unwrap()])
    }
    let server = Server::start(hostile).await;
    let mut dns = Host::asking(&[&server]).start();
    assert_eq!(names(&mut dns, &[ip(1), ip(2)]).await, [Some("\\033\\[2J\\012.example".to_owned()), None]);
}

#[tokio::test]
async fn a_failing_server_is_asked_again_later() {
    let server = Server::start(server_failure).await;
    let mut dns = Host::asking(&[&server]).start();
    assert_eq!(names(&mut dns, &[ip(1)]).await, [None]);
    let asked = server.asked().len();
    until("another question", || {
        assert_eq!(dns.name(ip(1)), None);
        (server.asked().len() > asked).then_some(())
    })
    .await;
    assert_eq!(server.other_questions(), 0, "it answers, so it is there");
}

#[tokio::test]
async fn garbage_is_no_answer_and_does_no_harm() {
    fn garbage(question: &Message, ip: IpAddr) -> Option<Vec<u8>> {
        let mut answer = ordinary(question, ip)?;
        match ip {
            _ if ip == self::ip(0) => answer = vec![],
            _ if ip == self::ip(1) => answer = vec![0xff; 3_000],
            _ if ip == self::ip(2) => answer.truncate(answer.len() - 3),
            _ if ip == self::ip(3) => answer[12..].fill(0xc0),
            _ if ip == self::ip(4) => answer[0] ^= 1,
            _ => {}
        }
        Some(answer)
    }
    let server = Server::start(garbage).await;
    let mut dns = Host::asking(&[&server]).start();
    let found = names(&mut dns, &[ip(0), ip(1), ip(2), ip(3), ip(4), ip(5)]).await;
    assert_eq!(found[..5], [const { None }; 5]);
    assert_eq!(found[5], Some(ordinary_name(ip(5))));
}

#[tokio::test]
async fn silent_servers_are_left_alone_until_they_answer_again() {
    let server = Server::start(ordinary).await;
    server.mute(true);
    let mut host = Host::asking(&[&server]);
    host.options.limits = Limits { at_once: 4, silences: 4, ..host.options.limits };
    let mut dns = host.start();
    for number in 0..400 {
        dns.name(ip(number));
    }
    until("a question whether anybody is there", || (server.other_questions() > 0).then_some(())).await;
    // The first 4 look-ups, and what began while they ended.
    let asked = server.asked();
    let distinct: std::collections::HashSet<_> = asked.iter().collect();
    assert!(distinct.len() <= 8, "{}", distinct.len());
    assert!(asked.len() <= 6 * distinct.len(), "{} datagrams for {}", asked.len(), distinct.len());
    let probes = server.other_questions();
    until("further questions whether anybody is there", || (server.other_questions() > probes + 6).then_some(())).await;
    assert_eq!(server.asked().len(), asked.len(), "nothing else was asked meanwhile");
    server.mute(false);
    let last = until("the last name", || dns.name(ip(399))).await;
    assert_eq!(*last, *ordinary_name(ip(399)));
    until("the first name, whose look-up had failed", || dns.name(ip(0))).await;
}

#[tokio::test]
async fn names_whose_servers_are_dead_do_not_stop_the_others() {
    let server = Server::start(|question, ip| (ip == self::ip(99)).then(|| ordinary(question, ip))?).await;
    let mut host = Host::asking(&[&server]);
    host.options.limits = Limits { silences: 2, rest: PATIENCE * 2, ..host.options.limits };
    let mut dns = host.start();
    let addresses: Vec<_> = (0..8).map(ip).collect();
    assert_eq!(names(&mut dns, &addresses).await, vec![None; 8]);
    assert_eq!(names(&mut dns, &[ip(99)]).await, [Some(ordinary_name(ip(99)))]);
    assert!(server.other_questions() > 0, "there was reason to ask whether it is there");
}

#[tokio::test]
async fn the_second_server_is_asked_where_the_first_is_dead() {
    let first = Server::start(ordinary).await;
    first.mute(true);
    let second = Server::start_at(&format!("127.0.0.2:{}", first.address.port()), ordinary).await;
    let mut dns = Host::asking(&[&first, &second]).start();
    assert_eq!(names(&mut dns, &[ip(1)]).await, [Some(ordinary_name(ip(1)))]);
}

#[tokio::test]
async fn thousands_of_addresses_wait_in_order_and_within_bounds() {
    let server = Server::start(ordinary).await;
    let mut host = Host::asking(&[&server]);
    host.options.limits =
        Limits { queue: 100, at_once: 1, kept: NonZeroUsize::new(50).unwrap(), ..host.options.limits };
    let mut dns = host.start();
    for number in 0..50_000 {
        assert_eq!(dns.name(ip(number)), None);
    }
    assert_eq!((dns.waiting, dns.cache.len()), (100, 50));
    dns.settle(PATIENCE).await;
    let expected: Vec<_> = (0..100).map(ip).collect();
    assert_eq!(server.asked(), expected, "the first come first, the rest is turned away");
    assert_eq!((dns.waiting, dns.cache.len()), (0, 50));
    assert_eq!(dns.name(ip(99)).as_deref(), Some(&*ordinary_name(ip(99))));
}

#[tokio::test]
async fn no_more_than_some_are_asked_for_at_once() {
    let server = Server::start(ordinary).await;
    server.mute(true);
    let mut host = Host::asking(&[&server]);
    host.options.limits = Limits { at_once: 3, patience: PATIENCE * 2, ..host.options.limits };
    let mut dns = host.start();
    for number in 0..50 {
        dns.name(ip(number));
    }
    let distinct = || server.asked().into_iter().collect::<std::collections::HashSet<_>>().len();
    until("the first three", || (distinct() == 3).then_some(())).await;
    // Longer than a fourth would need, and shorter than hickory's own patience with the server.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(distinct(), 3);
}

#[tokio::test]
async fn look_ups_are_begun_at_a_pace() {
    let server = Server::start(ordinary).await;
    let mut host = Host::asking(&[&server]);
    host.options.limits.per_second = 20;
    let mut dns = host.start();
    let begun = Instant::now();
    let addresses: Vec<_> = (0..7).map(ip).collect();
    assert!(names(&mut dns, &addresses).await.iter().all(Option::is_some));
    assert!(begun.elapsed() >= Duration::from_millis(6 * 50), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn only_what_can_have_a_name_is_asked_for() {
    let server = Server::start(ordinary).await;
    let mut dns = Host::asking(&[&server]).start();
    for local in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(dns.name(local.parse().unwrap()).as_deref(), Some("localhost"), "{local}");
    }
    for none in
        ["0.0.0.0", "::", "224.0.0.251", "ff02::fb", "169.254.1.1", "fe80::1", "255.255.255.255", "::ffff:224.0.0.1"]
    {
        assert_eq!(dns.name(none.parse().unwrap()), None, "{none}");
    }
    let private = ["10.1.2.3", "192.168.7.7", "172.16.0.1", "100.64.0.1", "fd00::1"].map(|ip| ip.parse().unwrap());
    assert!(names(&mut dns, &private).await.iter().all(Option::is_some));
    assert_eq!(server.asked(), private);
}

#[tokio::test]
async fn the_hosts_file_is_believed_first_and_followed() {
    let server = Server::start(ordinary).await;
    let host = Host::asking(&[&server]);
    fs::write(&host.options.hosts, "198.18.0.1 gate.lan gate\nfe80::1 router\n").unwrap();
    let mut dns = host.start();
    assert_eq!(names(&mut dns, &[ip(1), "fe80::1".parse().unwrap()]).await[0].as_deref(), Some("gate.lan"));
    until("the name of the router", || dns.name("fe80::1".parse().unwrap())).await;
    assert_eq!(server.asked(), []);
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

#[tokio::test]
async fn who_shows_one_picture_waits_no_longer_than_told() {
    let server = Server::start(ordinary).await;
    server.mute(true);
    let mut dns = Host::asking(&[&server]).start();
    dns.settle(PATIENCE).await;
    dns.name(ip(1));
    dns.settle(Duration::from_millis(10)).await;
    assert_eq!(dns.waiting, 1);
}

#[tokio::test]
async fn nothing_goes_on_once_nobody_asks() {
    let server = Server::start(ordinary).await;
    server.mute(true);
    let mut dns = Host::asking(&[&server]).start();
    for number in 0..100 {
        dns.name(ip(number));
    }
    until("a question", || (!server.asked().is_empty()).then_some(())).await;
    assert!(Handle::current().metrics().num_alive_tasks() > 1);
    drop(dns);
    until("the end of all tasks but the server", || (Handle::current().metrics().num_alive_tasks() == 1).then_some(()))
        .await;
}

#[test]
fn the_usual_limits_are_those_of_the_documentation() {
    let limits = Limits::default();
    assert_eq!((limits.at_once, limits.per_second, limits.queue, limits.kept.get()), (16, 50, 512, 8_192));
}
