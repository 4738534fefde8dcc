//! Rates made by iperf3: what is above the threshold fires, what is below does not.

use std::thread;

use nbw_tests::lab::{Cgroup, Iperf, Nbw, OwnName, TwoHosts};

use super::story::{Story, seconds};

/// Runs iperf3 through the cable, from the right to a server at the left, and follows nbw, which watches at the left,
/// until what was seen is as wanted after iperf3 has ended.
fn follow(hosts: &TwoHosts, nbw: &mut Nbw, client: &str, wanted: impl Fn(&Story) -> bool) -> Story {
    thread::scope(|scope| {
        let address = &hosts.cable.v4.0;
        let client = scope.spawn(move || Iperf::client(&hosts.right, None, address, client));
        let story = Story::follow(nbw, "the end of the traffic", |story| client.is_finished() && wanted(story));
        client.join().expect("iperf3");
        story
    })
}

/// Whether nothing was received in the last two ticks.
fn silent(story: &Story, interface: &str) -> bool {
    let quiet = |snapshot| super::story::rx(snapshot, interface, "bytes_per_second") < 10_000.0;
    story.0.iter().rev().take(2).filter(|snapshot| quiet(snapshot)).count() == 2
}

#[test]
fn eighty_megabits_fire_once_after_three_seconds_and_are_over_after_the_run() {
    let hosts = TwoHosts::new(21, true);
    let _server = Iperf::server(&hosts.left, None);
    let interface = &hosts.cable.a;
    let rule = format!("interface {interface} rx > 50Mbit/s for 3s");
    let mut nbw = Nbw::watch_for(&hosts.left, &[&rule], "");
    let story = follow(&hosts, &mut nbw, "-b 80M -t 8", |story| story.ticks(&rule, "resolved") > 0);
    assert_eq!(story.states(&rule), ["pending", "firing", "resolved"], "once");
    let fired = seconds(story.began(interface), story.time(&rule, "fired"));
    println!("fired {fired:.2} s after the traffic began");
    assert!((3.0..=5.0).contains(&fired), "fired {fired} s after the traffic began");
    let over = seconds(story.ended(interface), story.time(&rule, "resolved"));
    println!("over {over:.2} s after the last reading with traffic");
    assert!(over <= 2.5, "resolved {over} s after the last reading with traffic");
    let last = story.alerts(&rule).last().expect("the alert");
    assert_eq!((&last["ended"], &last["subject"]["key"]), (&"cleared".into(), &interface.as_str().into()));
}

#[test]
fn twenty_megabits_never_fire() {
    let hosts = TwoHosts::new(22, true);
    let _server = Iperf::server(&hosts.left, None);
    let interface = &hosts.cable.a;
    let rule = format!("interface {interface} rx > 50Mbit/s for 3s");
    let mut nbw = Nbw::watch_for(&hosts.left, &[&rule], "");
    let story = follow(&hosts, &mut nbw, "-b 20M -t 6", |story| silent(story, interface));
    let busy =
        story.0.iter().filter(|snapshot| super::story::rx(snapshot, interface, "bytes_per_second") > 2_000_000.0);
    assert!(busy.count() >= 4, "there was traffic");
    assert_eq!((story.ticks(&rule, "firing"), story.ticks(&rule, "resolved")), (0, 0));
}

/// What a rule of each scope, a quarter below and a quarter above the rate of a tbf, says of 40 Mbit/s.
#[test]
fn just_above_and_just_below_are_told_apart_in_every_scope() {
    let hosts = TwoHosts::new(23, false);
    let cgroup = Cgroup::new();
    let iperf = OwnName::default();
    let name = &iperf.name;
    let _server = Iperf::server_by(&hosts.left, Some(&cgroup), &iperf.path());
    hosts.right.run(&format!("tc qdisc add dev {} root tbf rate 40mbit burst 16kb latency 50ms", hosts.cable.b));
    let interface = &hosts.cable.a;
    let of =
        [format!("interface {interface}"), format!("cgroup {}", cgroup.path), format!("process {name}"), "host".into()];
    let rules = |rate: &str| of.clone().map(|subject| format!("{subject} rx > {rate} for 2s"));
    let (below, above) = (rules("30Mbit/s"), rules("50Mbit/s"));
    let all: Vec<&str> = below.iter().chain(&above).map(String::as_str).collect();
    let mut nbw = Nbw::watch_for(&hosts.left, &all, "");
    let over = |story: &Story| {
        let is_over = |rule: &String| story.states(rule).last().is_some_and(|state| state == "resolved");
        silent(story, interface) && below.iter().all(is_over)
    };
    let story = follow(&hosts, &mut nbw, "-b 80M -t 7", over);
    for (below, above) in below.iter().zip(&above) {
        assert!(story.ticks(below, "firing") > 0, "{below}");
        assert_eq!(story.ticks(above, "firing"), 0, "{above}");
    }
    let lists = ["processes", "containers", "units"];
    assert!(
        story.0.iter().all(|snapshot| lists.iter().all(|list| snapshot.get(list).is_none())),
        "nobody asked for them"
    );
}
