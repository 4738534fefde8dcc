//! What answers come to.

use super::*;

#[tokio::test]
async fn a_name_is_found_and_asked_for_once() {
    let server = Server::start(ordinary).await;
    let host = Host::asking(&[&server]);
    let mut dns = host.start();
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
    let host = Host::asking(&[&server]);
    let mut dns = host.start();
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
    let host = Host::asking(&[&server]);
    let mut dns = host.start();
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
    let host = Host::asking(&[&server]);
    let mut dns = host.start();
    assert_eq!(names(&mut dns, &[ip(1), ip(2)]).await, [Some("\\033\\[2J\\012.example".to_owned()), None]);
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
    let host = Host::asking(&[&server]);
    let mut dns = host.start();
    let found = names(&mut dns, &[ip(0), ip(1), ip(2), ip(3), ip(4), ip(5)]).await;
    assert_eq!(found[..5], [const { None }; 5]);
    assert_eq!(found[5], Some(ordinary_name(ip(5))));
}

#[tokio::test]
async fn only_what_can_have_a_name_is_asked_for() {
    let server = Server::start(ordinary).await;
    let host = Host::asking(&[&server]);
    let mut dns = host.start();
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
