//! `nbw check` as monitors run it: each of its four codes, in situations that are real.

mod asked;

use nbw_tests::lab::{Cgroup, Ended, Iperf, Netns, OwnName, TwoHosts, unique, until};

const ID: &str = "4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d";
/// So many bits a second are on the wire while [`steadily`] sends: 20 Mbit/s of payload in datagrams of 1200 bytes, each with
/// 42 bytes of headers.
const WIRE_MBIT: f64 = 20.0 * 1242.0 / 1200.0;

/// Runs `nbw check RULE OPTIONS` in a namespace.
fn check(netns: &Netns, rule: &str, options: &str) -> Ended {
    Ended::shell(&format!("ip netns exec {}", netns.name), &format!("\"$NBW\" check \"{rule}\" --no-agent {options}"))
}

/// It has ended with this code, after one line that begins with its word and has all `words`.
fn assert_verdict(ended: &Ended, code: i32, words: &[&str]) {
    let word = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][usize::try_from(code).expect("a code")];
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert!(ended.stdout.starts_with(&format!("NBW {word} - ")) && ended.stdout.ends_with('\n'), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 1, "{ended:?}");
    for word in words {
        assert!(ended.stdout.contains(word), "no {word:?} in {ended:?}");
    }
}

/// The value of the only (or first) thing in the numbers, in bytes or packets a second.
fn value(ended: &Ended) -> f64 {
    let (_, numbers) = ended.stdout.split_once("'=").unwrap_or_else(|| panic!("no numbers in {ended:?}"));
    let value = numbers.split(';').next().expect("a value").trim_end_matches('B');
    value.parse().unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// Calls `work` while iperf3 sends from the left to the right; it has begun by then.
fn while_sending(hosts: &TwoHosts, cgroup: Option<&Cgroup>, program: &str, options: &str, work: impl FnOnce()) {
    let _server = Iperf::server(&hosts.right, None);
    let sent = || hosts.left.kernel_counters(&hosts.cable.a).tx_bytes;
    let before = sent();
    let _client = Iperf::sending_by(&hosts.left, cgroup, program, &hosts.cable.v4.1, options);
    until("iperf3 to send", || (sent() > before + 500_000).then_some(()));
    work();
}

/// As [`while_sending`], at [`WIRE_MBIT`]. Behind a tbf that is little faster: after a moment without a CPU iperf3 makes up for
/// what it has missed.
fn steadily(hosts: &TwoHosts, cgroup: Option<&Cgroup>, program: &str, work: impl FnOnce()) {
    hosts.left.run(&format!("tc qdisc add dev {} root tbf rate 22mbit burst 16kb limit 1mb", hosts.cable.a));
    while_sending(hosts, cgroup, program, "-u -b 20M -l 1200", work);
}

/// It was measured for about two seconds: a machine that is busy is late.
fn assert_two_seconds(ended: &Ended) {
    let seconds = ended.stdout.split_once("measured ").and_then(|(_, rest)| rest.split_once(" s)"));
    let seconds: f64 = seconds.and_then(|(seconds, _)| seconds.parse().ok()).unwrap_or_else(|| panic!("{ended:?}"));
    assert!((1.8..3.0).contains(&seconds), "{ended:?}");
}

/// The value is near this.
fn assert_near(ended: &Ended, wanted: f64) {
    assert!((value(ended) / wanted - 1.0).abs() <= 0.1, "{wanted} B/s or packets/s are wanted: {ended:?}");
}

#[test]
fn a_rate_just_above_and_just_below_the_limit() {
    let hosts = TwoHosts::new(81, false);
    let rule = |limit: &str| format!("interface {} tx > {limit}", hosts.cable.a);
    steadily(&hosts, None, "iperf3", || {
        let critical = check(&hosts.left, &rule("18Mbit/s"), "--for 2s --warn 1Mbit/s");
        assert_verdict(&critical, 2, &["limit > 18Mbit/s, warning > 1Mbit/s, measured ", ";125000;2250000;0;"]);
        assert_two_seconds(&critical);
        assert_near(&critical, WIRE_MBIT / 8.0 * 1e6);
        assert_verdict(&check(&hosts.left, &rule("23Mbit/s"), "--for 2s --warn 18Mbit/s"), 1, &["Mbit/s (limit"]);
        let ok = check(&hosts.left, &rule("23Mbit/s"), "--for 2s");
        assert_verdict(&ok, 0, &["Mbit/s (limit > 23Mbit/s, measured "]);
        assert_two_seconds(&ok);
    });
}

#[test]
fn a_link_that_tbf_slows_down() {
    let hosts = TwoHosts::new(82, false);
    hosts.left.run(&format!("tc qdisc add dev {} root tbf rate 10mbit burst 16kb latency 50ms", hosts.cable.a));
    let rule = |op: &str, limit: &str| format!("interface {} rx {op} {limit}", hosts.cable.b);
    while_sending(&hosts, None, "iperf3", "", || {
        assert_verdict(&check(&hosts.right, &rule(">", "8Mbit/s"), "--for 2s"), 2, &["Mbit/s (limit > 8Mbit/s"]);
        assert_verdict(&check(&hosts.right, &rule(">", "12Mbit/s"), "--for 2s"), 0, &["Mbit/s (limit > 12Mbit/s"]);
        assert_verdict(&check(&hosts.right, &rule("<", "12Mbit/s"), "--for 2s"), 2, &["1500000:;0;"]);
    });
}

#[test]
fn whose_traffic_it_is() {
    let hosts = TwoHosts::new(83, false);
    let busy = Cgroup::at(&format!("docker/{ID}"));
    let _idle = Cgroup::at("system.slice/nbwt-idle.service");
    let left = &hosts.left;
    let iperf = OwnName::default();
    steadily(&hosts, Some(&busy), &iperf.path(), || {
        let container = check(left, "container 4e5f60718293 tx > 18Mbit/s", "--for 2s");
        assert_verdict(&container, 2, &["container 4e5f60718293 tx", "'container 4e5f60718293 tx'="]);
        let cgroup = check(left, &format!("cgroup /docker/{ID} tx > 23Mbit/s"), "--for 2s --warn 18Mbit/s");
        assert_verdict(&cgroup, 1, &["cgroup /docker"]);
        let process = check(left, &format!("process {} tx-packets > 1800pps", iperf.name), "--for 2s");
        assert_verdict(&process, 2, &[&format!("process {} tx-packets ", iperf.name)]);
        assert_near(&process, WIRE_MBIT * 1e6 / 8.0 / 1242.0);
        // What has moved nothing is there, all the same.
        assert_verdict(&check(left, "unit nbwt-idle tx > 1bit/s", ""), 0, &["unit nbwt-idle.service tx 0 bit/s"]);
        let both = check(left, "cgroup /{docker,system.slice/nbwt-idle.service} tx > 23Mbit/s", "--for 2s");
        assert_verdict(&both, 0, &["; the worst of 2: all ok", "'cgroup /system.slice/nbwt-idle.service tx'=0B"]);
    });
    assert_verdict(&check(left, "unit nbwt-idle tx < 1Mbit/s", ""), 2, &["unit nbwt-idle.service tx 0 bit/s"]);
}

#[test]
fn what_nobody_knows() {
    let netns = Netns::new();
    let name = unique("nbwt");
    netns.run(&format!("ip link add {name}a type veth peer name {name}z"));
    netns.run(&format!("ip link set {name}a up"));
    let _unit = Cgroup::at("system.slice/nbwt-there.service");
    for (rule, options, words) in [
        ("interface lo rx > 50Mbps", "", &["at ¦Mbps¦", "write ¦Mbit/s¦"][..]),
        ("interface lo rx > 80%", "", &["interface lo has no link speed", "give a rate"]),
        (&format!("interface {name}b rx > 1B/s"), "", &[&format!("did you mean ¦{name}")]),
        (
            "interface nbwt-no* rx > 1B/s",
            "",
            &["no interface matches ¦nbwt-no*¦", "There are: ", "lo", &format!("{name}a")],
        ),
        ("unit nbwt-ther rx > 1B/s", "", &["no unit matches", "did you mean ¦nbwt-there.service¦"]),
        ("container nbwt-none rx > 1B/s", "", &["no container matches ¦nbwt-none¦"]),
        ("host rx > 1GB per day", "", &["only a running agent", "in this period"]),
        ("host rx > 3x usual", "", &["only a running agent", "usual"]),
        ("host rx > 1MB/s", "--warn 2MB/s", &["never reached"]),
        ("host rx > 1MB/s", "--warn fast", &["--warn", "expected a value"]),
        ("host rx > 1MB/s", "--for 2m", &["does not fit into"]),
        ("host rx > 1MB/s for 2m", "", &["does not fit into"]),
        ("host rx > 1MB/s", "--for soon", &["--for", "time with its unit"]),
        ("host rx > 1MB/s", "--nonsense", &["--nonsense"]),
        ("", "", &["expected a scope"]),
    ] {
        let words: Vec<String> = words.iter().map(|word| word.replace('¦', "\"")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_verdict(&check(&netns, rule, options), 3, &words);
    }
}

#[test]
fn who_may_not_measure_is_told_so_where_monitors_look() {
    let ended = Ended::shell(
        "setpriv --reuid 65534 --regid 65534 --clear-groups",
        "\"$NBW\" check 'host rx > 1MB/s' --no-agent",
    );
    assert_verdict(&ended, 3, &["nbw needs root", "CAP_BPF"]);
}

#[test]
fn usage_is_a_line_too_and_help_is_help() {
    let run = |options: &str| Ended::run("", options);
    assert_verdict(&run("check --nonsense"), 3, &["--nonsense"]);
    assert_verdict(&run("check"), 3, &["<RULE>"]);
    let help = run("check --help");
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
    assert!(help.stdout.contains("Usage: nbw check"), "{help:?}");
    assert_eq!(run("watch --nonsense").code, Some(2));
}

/// The numbers are those that a reader of Nagios's format finds, whatever things are called.
#[test]
fn a_name_with_quotes_and_bars() {
    let netns = Netns::new();
    let odd = Cgroup::at(&unique("nbwt it's |=|"));
    let ended = check(&netns, &format!("cgroup '{}' rx >= 1B/s", odd.path.replace('\'', "?")), "");
    assert_verdict(&ended, 0, &["¦", "it's"]);
    assert_eq!(ended.stdout.matches('|').count(), 1, "{ended:?}");
    assert!(ended.stdout.contains("it_s ___") && ended.stdout.contains("=0B;;@1:;0;"), "{ended:?}");
}
