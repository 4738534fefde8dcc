//! Servers that fail, or do not answer.

use super::*;

#[tokio::test]
async fn a_failing_server_is_asked_again_later() {
    let server = Server::start(server_failure).await;
    let host = Host::asking(&[&server]);
    let mut dns = host.start();
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
async fn silent_servers_are_left_alone_until_they_answer_again() {
    let server = Server::start(ordinary).await;
    server.mute(true);
    let mut host = Host::asking(&[&server]);
    host.options.limits =
        Limits { at_once: 4, silences: 4, patience: Duration::from_millis(200), ..host.options.limits };
    let mut dns = host.start();
    for number in 0..400 {
        dns.name(ip(number));
    }
    let probes = async |more: usize| {
        let until_now = server.other_questions();
        until("a question whether anybody is there", || (server.other_questions() >= until_now + more).then_some(()))
            .await;
    };
    probes(1).await;
    // What was under way has ended by the time of the next two.
    probes(2).await;
    let asked = server.asked();
    let distinct: HashSet<_> = asked.iter().collect();
    assert!(distinct.len() <= 8, "the first 4 look-ups, and what began while they ended, not {}", distinct.len());
    probes(3).await;
    assert_eq!(server.asked().len(), asked.len(), "nothing else was asked meanwhile");
    server.mute(false);
    let last = until("the last name", || dns.name(ip(399))).await;
    assert_eq!(*last, *ordinary_name(ip(399)));
    until("the first name, whose look-up had failed", || dns.name(ip(0))).await;
}

#[tokio::test]
async fn a_look_up_without_an_answer_sends_six_datagrams_at_most() {
    let server = Server::start(ordinary).await;
    server.mute(true);
    let host = Host::asking(&[&server]);
    let mut dns = host.start();
    assert_eq!(names(&mut dns, &[ip(1)]).await, [None]);
    assert!((2..=6).contains(&server.asked().len()), "{}", server.asked().len());
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
    let host = Host::asking(&[&first, &second]);
    let mut dns = host.start();
    assert_eq!(names(&mut dns, &[ip(1)]).await, [Some(ordinary_name(ip(1)))]);
}
