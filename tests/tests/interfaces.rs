//! Interfaces that come, go and change while nbw runs.

use std::{
    fs,
    net::UdpSocket,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use nbw_tests::lab::{Nbw, Netns, Totals, assert_sum_rule, interface, snapshot_where};
use serde_json::Value;

/// Two namespaces in which the kernel says nothing on its own but ARP.
struct Pair {
    left: Netns,
    right: Netns,
}

impl Pair {
    fn new() -> Self {
        let pair = Self { left: Netns::new(), right: Netns::new() };
        for netns in [&pair.left, &pair.right] {
            netns.run("sysctl -q -w net.ipv6.conf.default.disable_ipv6=1");
        }
        pair
    }

    /// Lays a cable: 10.77.0.1 on `name` at the left, 10.77.0.2 at the right.
    fn plug(&self, name: &str, options: &str) {
        self.left.run(&format!("ip link add {name} {options} type veth peer name far netns {}", self.right.name));
        self.right.run("ip addr add 10.77.0.2/24 dev far");
        self.right.run("ip link set far up");
        self.set_up(name);
    }

    fn set_up(&self, name: &str) {
        self.left.run(&format!("ip link set {name} up"));
        self.left.run(&format!("ip addr replace 10.77.0.1/24 dev {name}"));
    }

    /// Sends datagrams from the left to the right, where nobody listens.
    fn send(&self, count: u32) {
        self.left.enter(|| {
            let socket = UdpSocket::bind("10.77.0.1:0").expect("a socket");
            for _ in 0..count {
                socket.send_to(&[1; 158], "10.77.0.2:9").expect("a datagram");
            }
        });
    }
}

fn has(snapshot: &Value, name: &str) -> bool {
    row(snapshot, name).is_some()
}

fn row<'a>(snapshot: &'a Value, name: &str) -> Option<&'a Value> {
    snapshot["interfaces"].as_array().expect("interfaces").iter().find(|row| row["name"] == name)
}

fn shown(nbw: &mut Nbw, name: &str) -> Value {
    snapshot_where(nbw, &format!("{name} to be shown"), |snapshot| has(snapshot, name))
}

fn not_shown(nbw: &mut Nbw, name: &str) -> Value {
    snapshot_where(nbw, &format!("{name} to be gone"), |snapshot| !has(snapshot, name))
}

/// Until nbw says of an interface what the kernel says of it.
fn counts_like_the_kernel(nbw: &mut Nbw, netns: &Netns, name: &str) -> Totals {
    let snapshot = snapshot_where(nbw, &format!("{name} to count like the kernel"), |snapshot| {
        Totals::of(interface(snapshot, name)) == netns.kernel_counters(name)
    });
    assert_sum_rule(&snapshot, name);
    Totals::of(interface(&snapshot, name))
}

/// What nbw and the kernel count while 50 datagrams are sent is the same, whatever they counted before.
fn counts_on_like_the_kernel(nbw: &mut Nbw, pair: &Pair, name: &str) {
    // The neighbour is asked for now rather than meanwhile.
    pair.send(1);
    let kernel = pair.left.kernel_counters(name);
    let before = Totals::of(interface(&nbw.settled(), name));
    pair.send(50);
    let kernel = pair.left.kernel_counters(name).since(kernel);
    assert_eq!(Totals::of(interface(&nbw.settled(), name)).since(before), kernel);
    assert_eq!((kernel.tx_packets, kernel.tx_bytes), (50, 50 * 200));
}

#[test]
fn one_that_appears_is_counted_from_its_first_packet() {
    let pair = Pair::new();
    let mut nbw = Nbw::watch(&pair.left, "--interval 50ms -i wan*");
    assert_eq!(nbw.next()["interfaces"].as_array().expect("interfaces").len(), 0);
    pair.plug("wan0", "");
    shown(&mut nbw, "wan0");
    pair.send(100);
    let counted = counts_like_the_kernel(&mut nbw, &pair.left, "wan0");
    assert!(counted.tx_bytes >= 100 * 200, "{counted:?}");
}

#[test]
fn one_that_is_set_up_is_counted_and_one_that_is_down_is_not() {
    let pair = Pair::new();
    let mut nbw = Nbw::watch(&pair.left, "--interval 50ms");
    pair.left.run("ip link add wan1 type veth peer name wan2");
    pair.plug("wan0", "");
    assert!(!has(&shown(&mut nbw, "wan0"), "wan1"));
    pair.left.run("ip link set wan1 up");
    shown(&mut nbw, "wan1");
    pair.left.run("ip link set wan0 down");
    assert!(has(&nbw.settled(), "wan0"), "one that goes down stays");
    pair.set_up("wan0");
    pair.send(20);
    counts_like_the_kernel(&mut nbw, &pair.left, "wan0");
}

#[test]
fn a_new_name_follows() {
    let pair = Pair::new();
    let mut nbw = Nbw::watch(&pair.left, "--interval 50ms");
    pair.plug("wan0", "");
    let index = interface(&shown(&mut nbw, "wan0"), "wan0")["index"].clone();
    pair.send(10);
    for line in ["ip link set wan0 down", "ip link set wan0 name uplink"] {
        pair.left.run(line);
    }
    pair.set_up("uplink");
    let snapshot = shown(&mut nbw, "uplink");
    assert!(!has(&snapshot, "wan0"));
    assert_eq!(interface(&snapshot, "uplink")["index"], index);
    pair.send(10);
    counts_like_the_kernel(&mut nbw, &pair.left, "uplink");
}

#[test]
fn the_last_bytes_of_one_that_vanishes_are_shown() {
    let pair = Pair::new();
    let mut nbw = Nbw::watch(&pair.left, "--interval 250ms");
    pair.plug("wan0", "");
    shown(&mut nbw, "wan0");
    pair.send(1_000);
    let kernel = pair.left.kernel_counters("wan0");
    pair.left.run("ip link del wan0");
    let mut last = Totals::default();
    while let Some(row) = row(&nbw.next(), "wan0") {
        last = Totals::of(row);
    }
    assert_eq!(last, kernel);
    assert!(kernel.tx_packets >= 1_000);
}

#[test]
fn one_that_vanishes_amid_traffic_leaves_the_others_right() {
    let pair = Pair::new();
    let mut nbw = Nbw::watch(&pair.left, "--interval 50ms");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            pair.left.enter(|| {
                let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
                while !done.load(Ordering::Relaxed) {
                    // While there is no interface there is no route.
                    let _ = socket.send_to(&[1; 158], "10.77.0.2:9");
                }
            });
        });
        for _ in 0..3 {
            pair.plug("wan0", "");
            shown(&mut nbw, "wan0");
            pair.left.run("ip link del wan0");
            not_shown(&mut nbw, "wan0");
        }
        done.store(true, Ordering::Relaxed);
    });
    pair.plug("wan0", "");
    shown(&mut nbw, "wan0");
    counts_on_like_the_kernel(&mut nbw, &pair, "wan0");
    assert_sum_rule(&nbw.settled(), "lo");
}

#[test]
fn a_high_index_counts_to_the_byte() {
    let pair = Pair::new();
    let mut nbw = Nbw::watch(&pair.left, "--interval 50ms");
    pair.plug("wan0", "index 70000");
    assert_eq!(interface(&shown(&mut nbw, "wan0"), "wan0")["index"], 70_000);
    pair.send(300);
    counts_like_the_kernel(&mut nbw, &pair.left, "wan0");
}

#[test]
fn one_made_anew_with_its_old_index_is_counted() {
    let pair = Pair::new();
    let mut nbw = Nbw::watch(&pair.left, "--interval 300ms");
    for pause in [0, 100] {
        pair.plug("wan0", "index 71000");
        shown(&mut nbw, "wan0");
        pair.send(5);
        // Gone and there again before the next reading: seen by nbw as two changes, or as one.
        pair.left.run("ip link del wan0");
        thread::sleep(std::time::Duration::from_millis(pause));
        pair.plug("wan0", "index 71000");
        let before = Totals::of(interface(&shown(&mut nbw, "wan0"), "wan0"));
        snapshot_where(&mut nbw, "the new wan0 to be counted", |snapshot| {
            pair.send(1);
            row(snapshot, "wan0").is_some_and(|row| Totals::of(row).tx_packets > before.tx_packets)
        });
        counts_on_like_the_kernel(&mut nbw, &pair, "wan0");
        pair.left.run("ip link del wan0");
        not_shown(&mut nbw, "wan0");
    }
}

#[test]
fn one_that_moves_away_and_back_is_counted_here_only() {
    let (pair, elsewhere) = (Pair::new(), Netns::new());
    let mut nbw = Nbw::watch(&pair.left, "--interval 50ms");
    pair.plug("wan0", "");
    shown(&mut nbw, "wan0");
    counts_on_like_the_kernel(&mut nbw, &pair, "wan0");
    pair.left.run(&format!("ip link set wan0 netns {}", elsewhere.name));
    not_shown(&mut nbw, "wan0");
    elsewhere.run("ip link set wan0 up");
    elsewhere.run(&format!("ip link set wan0 netns {}", pair.left.name));
    pair.set_up("wan0");
    shown(&mut nbw, "wan0");
    counts_on_like_the_kernel(&mut nbw, &pair, "wan0");
}

#[test]
fn a_hostile_name_is_cleaned_and_counted() {
    let pair = Pair::new();
    let mut nbw = Nbw::watch(&pair.left, "--interval 50ms");
    pair.plug("w\u{1b}[31m", "");
    let snapshot = shown(&mut nbw, "w\u{fffd}[31m");
    assert!(!snapshot.to_string().contains('\u{1b}'));
    pair.send(10);
    // ip(8) makes no valid JSON of this name.
    let kernel = pair.left.run("cat /sys/class/net/w\u{1b}[31m/statistics/tx_bytes");
    let snapshot = nbw.settled();
    assert_eq!(Totals::of(interface(&snapshot, "w\u{fffd}[31m")).tx_bytes.to_string(), kernel.trim());
}

#[test]
fn those_that_live_for_a_moment_do_no_harm() {
    let pair = Pair::new();
    let mut nbw = Nbw::watch(&pair.left, "--interval 50ms -i wan*");
    let lines: String = (0..150).map(|_| "link add wan0 type veth peer name wan1\nlink del wan0\n").collect();
    batch(&pair.left, &lines);
    pair.plug("wan0", "");
    shown(&mut nbw, "wan0");
    counts_on_like_the_kernel(&mut nbw, &pair, "wan0");
}

#[test]
fn a_burst_of_interfaces_is_followed() {
    let pair = Pair::new();
    let mut nbw = Nbw::watch(&pair.left, "--interval 100ms");
    let each = |line: &dyn Fn(u32) -> String| (0..60).map(line).collect::<String>();
    let add = |at| format!("link add a{at} up group 7 type veth peer name b{at}\nlink set b{at} up\n");
    batch(&pair.left, &each(&add));
    let all = |snapshot: &Value| snapshot["interfaces"].as_array().expect("interfaces").len() == 121;
    let snapshot = snapshot_where(&mut nbw, "all 120", all);
    (0..60).for_each(|at| assert!(has(&snapshot, &format!("a{at}")) && has(&snapshot, &format!("b{at}"))));
    pair.left.run("ip link del group 7");
    snapshot_where(&mut nbw, "none of the 120", |snapshot| {
        snapshot["interfaces"].as_array().expect("interfaces").len() == 1
    });
    pair.plug("wan0", "");
    shown(&mut nbw, "wan0");
    counts_like_the_kernel(&mut nbw, &pair.left, "wan0");
}

/// Runs lines of ip(8).
fn batch(netns: &Netns, lines: &str) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), lines).expect("the file");
    let mut command = Command::new("ip");
    command.args(["-n", &netns.name, "-batch"]).arg(file.path()).stdout(Stdio::null());
    assert!(command.status().expect("ip starts").success());
}
