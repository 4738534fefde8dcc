//! How much is asked and kept.

use super::*;

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
    let distinct = || server.asked().into_iter().collect::<HashSet<_>>().len();
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
async fn who_shows_one_picture_waits_no_longer_than_told() {
    let server = Server::start(ordinary).await;
    server.mute(true);
    let host = Host::asking(&[&server]);
    let mut dns = host.start();
    dns.settle(PATIENCE).await;
    dns.name(ip(1));
    dns.settle(Duration::from_millis(10)).await;
    assert_eq!(dns.waiting, 1);
}

#[tokio::test]
async fn nothing_goes_on_once_nobody_asks() {
    let server = Server::start(ordinary).await;
    server.mute(true);
    let host = Host::asking(&[&server]);
    let mut dns = host.start();
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
