//! Groups: whose cgroup is whose container, what the filters choose, and that nothing is lost or mixed up when groups
//! come and go by the thousand.

use std::{
    collections::BTreeSet,
    net::UdpSocket,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use nbw_tests::lab::{Cgroup, Nbw, Netns, Totals, assert_sum_rule, group, interface, no_cgroup, open, unique};
use serde_json::Value;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const SHORT_ID: &str = "0123456789ab";
/// A datagram of 58 bytes has this many on the wire.
const WIRE: u64 = 100;

/// A socket of a group, on the loopback interface of a namespace.
struct Member {
    cgroup: Cgroup,
    socket: UdpSocket,
}

impl Member {
    fn new(netns: &Netns, cgroup: Cgroup) -> Self {
        let socket = open(netns, &cgroup, || UdpSocket::bind("127.0.0.1:0"));
        Self { cgroup, socket }
    }

    /// Sends datagrams to itself.
    fn talk(&self, times: u32) {
        let address = self.socket.local_addr().expect("its address");
        (0..times).for_each(|_| assert_eq!(self.socket.send_to(&[7; 58], address).expect("a datagram"), 58));
    }
}

/// Rows of groups in a snapshot, without what is no cgroup.
fn rows<'a>(snapshot: &'a Value, below: &'a str) -> impl Iterator<Item = &'a Value> {
    let rows = snapshot["groups"].as_array().expect("groups");
    rows.iter().filter(move |row| row["path"].as_str().expect("a path").starts_with(below))
}

fn both(bytes: u64) -> Totals {
    let packets = bytes / WIRE;
    Totals { rx_bytes: bytes, rx_packets: packets, tx_bytes: bytes, tx_packets: packets }
}

/// One layout of a runtime's, and what nbw should say of it.
struct Layout {
    path: String,
    name: &'static str,
    kind: &'static str,
    runtime: Value,
}

fn layouts() -> Vec<Layout> {
    let known = |path: String, name, runtime: &str| Layout { path, name, kind: "container", runtime: runtime.into() };
    let unit = |path: &str, name, kind| Layout { path: path.into(), name, kind, runtime: Value::Null };
    let burstable =
        "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod11112222_3333_4444_5555_666677778888.slice";
    vec![
        known(format!("docker/{ID}"), SHORT_ID, "docker"),
        known(format!("system.slice/docker-{ID}.scope"), SHORT_ID, "docker"),
        known(format!("libpod_parent/libpod-{ID}"), SHORT_ID, "podman"),
        known(format!("machine.slice/libpod-{ID}.scope"), SHORT_ID, "podman"),
        known(format!("k8s.io/{ID}"), SHORT_ID, "containerd"),
        known(format!("{burstable}/cri-containerd-{ID}.scope"), SHORT_ID, "containerd"),
        known(format!("{burstable}/crio-{ID}.scope"), SHORT_ID, "crio"),
        Layout {
            path: format!("kubepods/burstable/pod11112222-3333-4444-5555-666677778888/{ID}"),
            name: SHORT_ID,
            kind: "container",
            runtime: Value::Null,
        },
        known("lxc.payload.mail".into(), "mail", "lxc"),
        known("machine.slice/systemd-nspawn@db.service".into(), "db", "nspawn"),
        unit("system.slice/nginx.service", "nginx.service", "service"),
        unit("user.slice/user-1000.slice/session-2.scope", "session-2.scope", "session"),
        unit("by-hand", "by-hand", "cgroup"),
    ]
}

#[test]
fn every_runtime_s_layout_is_recognised() {
    let (netns, parent) = (Netns::new(), unique("nbwt"));
    let layouts = layouts();
    let at = |layout: &Layout| Member::new(&netns, Cgroup::at(&format!("{parent}/{}", layout.path)));
    let members: Vec<Member> = layouts.iter().map(at).collect();
    let mut nbw = Nbw::watch(&netns, "--interval 50ms -i lo");
    members.iter().zip(1..).for_each(|(member, times)| member.talk(times));
    let snapshot = nbw.settled();
    for ((layout, member), times) in layouts.iter().zip(&members).zip(1..) {
        let row = group(&snapshot, &member.cgroup, "lo", "host");
        assert_eq!(row["name"], layout.name, "{row}");
        assert_eq!((&row["kind"], &row["runtime"]), (&layout.kind.into(), &layout.runtime), "{row}");
        assert_eq!((row["id"].as_u64(), Totals::of(row)), (Some(member.cgroup.id()), both(times * WIRE)), "{row}");
    }
    assert_sum_rule(&snapshot, "lo");
}

#[test]
fn a_container_with_sub_cgroups_is_one_row() {
    let netns = Netns::new();
    let own = format!("{}/libpod_parent/libpod-{ID}", unique("nbwt"));
    let [outer, inner, deeper] = ["", "/container", "/container/init.scope"]
        .map(|below| Member::new(&netns, Cgroup::at(&format!("{own}{below}"))));
    let mut nbw = Nbw::watch(&netns, "--interval 50ms -i lo");
    // The innermost first: the row is the container's whoever comes first.
    deeper.talk(5);
    inner.talk(20);
    let row = |snapshot: &Value| {
        let rows: Vec<Value> = rows(snapshot, &outer.cgroup.path).cloned().collect();
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows[0].clone()
    };
    assert_eq!(Totals::of(&row(&nbw.settled())), both(25 * WIRE));
    outer.talk(100);
    let row = row(&nbw.settled());
    assert_eq!((row["path"].as_str(), row["id"].as_u64()), (Some(&*outer.cgroup.path), Some(outer.cgroup.id())));
    assert_eq!(Totals::of(&row), both(125 * WIRE));
}

/// Groups of one unique parent, for filters to choose from.
struct Choice {
    netns: Netns,
    parent: String,
    members: Vec<Member>,
}

impl Choice {
    fn new() -> Self {
        let (netns, parent) = (Netns::new(), unique("nbwt"));
        let docker = format!("system.slice/docker-{ID}.scope");
        let names = [
            "web",
            "web/front",
            "web/front/a",
            "webby",
            "docker/x",
            &docker,
            "system.slice/ssh.service",
            "lxc.payload.m",
        ];
        let members = names.map(|name| Member::new(&netns, Cgroup::at(&format!("{parent}/{name}"))));
        Self { netns, parent, members: members.into() }
    }

    /// The groups that nbw shows with these options, less the parent; `PARENT` stands for it in the options.
    fn chosen(&self, options: &str) -> BTreeSet<String> {
        let options = options.replace("PARENT", &self.parent);
        // Not by `ip netns exec`: that would hide where the hierarchy is mounted.
        let mut nbw = self.netns.enter(|| Nbw::watch_here(&format!("--interval 50ms {options}")));
        self.members.iter().for_each(|member| member.talk(1));
        let snapshot = nbw.settled();
        let all = snapshot["groups"].as_array().expect("groups").len();
        let parent = format!("/{}/", self.parent);
        let ours = rows(&snapshot, &parent).map(|row| row["path"].as_str().expect("a path")[parent.len()..].to_owned());
        let ours: BTreeSet<String> = ours.collect();
        assert_eq!(all, ours.len(), "nothing else is shown: {snapshot}");
        ours
    }
}

#[test]
fn filters_choose_groups() {
    let choice = Choice::new();
    let docker = format!("system.slice/docker-{ID}.scope");
    let mount = nbw::cgroup_root::CgroupRoot::find().expect("a hierarchy").mount_point().display().to_string();
    let cases: [(String, &[&str]); 13] = [
        ("-g /PARENT/web".into(), &["web", "web/front", "web/front/a"]),
        ("-g PARENT/web/front/".into(), &["web/front", "web/front/a"]),
        ("-g /PARENT/web*".into(), &["web", "web/front", "web/front/a", "webby"]),
        ("-g /PARENT/*/front".into(), &["web/front", "web/front/a"]),
        (format!("-g {mount}/PARENT/webby"), &["webby"]),
        ("-g /PARENT/webby -g /PARENT/docker".into(), &["webby", "docker/x"]),
        ("-g /PARENT -u ssh".into(), &["system.slice/ssh.service"]),
        ("-g /PARENT -u ssh.service -u nosuch".into(), &["system.slice/ssh.service"]),
        (format!("-g /PARENT -c {}", &ID[..5]), &[&docker]),
        ("-g /PARENT -c m".into(), &["lxc.payload.m"]),
        (format!("-g /PARENT -u docker-{ID}.scope -c {SHORT_ID}"), &[&docker]),
        ("-g /PARENT/web -u ssh".into(), &[]),
        ("-g /PARENT -c m -u ssh".into(), &[]),
    ];
    for (options, expected) in cases {
        let expected: BTreeSet<String> = expected.iter().map(|&path| path.to_owned()).collect();
        assert_eq!(choice.chosen(&options), expected, "{options}");
    }
}

#[test]
fn top_and_sort_are_obeyed() {
    let choice = Choice::new();
    let mut nbw = Nbw::watch(&choice.netns, &format!("--interval 50ms --top 3 --sort name -g /{}", choice.parent));
    choice.members.iter().for_each(|member| member.talk(1));
    let snapshot = nbw.settled();
    let names: Vec<&str> = rows(&snapshot, "/").map(|row| row["name"].as_str().expect("a name")).collect();
    assert_eq!(names, [SHORT_ID, "a", "front"]);
}

/// What is left of a host while its groups come and go: sockets of the root that receive, and a steady group.
struct Churn {
    netns: Netns,
    steady: Member,
    sink: UdpSocket,
    /// What the others are in, so that they need not make it anew.
    parent: Cgroup,
}

impl Churn {
    fn new() -> Self {
        let (netns, steady) = (Netns::new(), Cgroup::new());
        let sink = netns.enter(|| UdpSocket::bind("127.0.0.1:0").expect("a socket"));
        let steady = Member::new(&netns, steady);
        Self { netns, steady, sink, parent: Cgroup::new() }
    }

    /// `count` groups, each `pace` after the one before, while nbw's output is read: each comes, sends some datagrams to
    /// the sink, and goes, socket and cgroup; the steady one sends one to itself.
    fn all(&self, nbw: &mut Nbw, count: u32, pace: Duration) {
        let done = AtomicBool::new(false);
        let start = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    nbw.next();
                }
            });
            self.netns.enter(|| {
                for number in 0..count {
                    self.one(number);
                    thread::sleep((pace * (number + 1)).saturating_sub(start.elapsed()));
                }
            });
            done.store(true, Ordering::Relaxed);
        });
        println!("{count} groups in {:?}", start.elapsed());
    }

    fn one(&self, number: u32) {
        let cgroup = Cgroup::at(&format!("{}/{number}", self.parent.path));
        let socket = cgroup.within(|| UdpSocket::bind("127.0.0.1:0")).expect("a socket");
        let to = self.sink.local_addr().expect("its address");
        for _ in 0..=number % 3 {
            socket.send_to(&[7; 58], to).expect("a datagram");
        }
        self.steady.talk(1);
    }
}

/// What [`Churn::all`] has sent, the steady group's datagrams included.
fn sent(count: u32) -> u64 {
    (0..count).map(|number| u64::from(2 + number % 3)).sum()
}

#[test]
fn ten_thousand_groups_come_and_go_without_a_trace() {
    const COUNT: u32 = 10_000;
    let churn = Churn::new();
    let mut nbw = Nbw::watch(&churn.netns, "--interval 50ms -i lo --slots 1024");
    churn.all(&mut nbw, COUNT, Duration::from_micros(500));
    let snapshot = nbw.settled();
    assert_eq!(snapshot["health"]["no_slot"], 0, "{}", snapshot["health"]);
    assert_eq!(Totals::of(interface(&snapshot, "lo")), both(sent(COUNT) * WIRE));
    assert_sum_rule(&snapshot, "lo");
    assert_eq!(no_cgroup(&snapshot, "lo", "unattributed"), Totals::default());
    assert_eq!(Totals::of(group(&snapshot, &churn.steady.cgroup, "lo", "host")), both(u64::from(COUNT) * WIRE));
    let below = format!("{}/", churn.parent.path);
    let gone = nbw_tests::lab::snapshot_where(&mut nbw, "the slots of the gone to be taken back", |snapshot| {
        rows(snapshot, &below).next().is_none()
    });
    assert_sum_rule(&gone, "lo");
    assert_eq!(no_cgroup(&gone, "lo", "unattributed"), Totals::default());
}

#[test]
fn when_slots_run_out_nothing_is_lost_and_they_come_back() {
    const COUNT: u32 = 2_000;
    let churn = Churn::new();
    let mut nbw = Nbw::watch(&churn.netns, "--interval 50ms -i lo --slots 32");
    churn.steady.talk(1);
    churn.all(&mut nbw, COUNT, Duration::ZERO);
    let snapshot = nbw.settled();
    assert!(snapshot["health"]["no_slot"].as_u64() > Some(0), "more groups than slots: {}", snapshot["health"]);
    let total = Totals::of(interface(&snapshot, "lo"));
    assert_eq!(total, both((sent(COUNT) + 1) * WIRE));
    assert_sum_rule(&snapshot, "lo");
    let overflow = rows(&snapshot, "").find(|row| row["name"] == "no slot left").expect("the overflow row");
    let unattributed = no_cgroup(&snapshot, "lo", "unattributed");
    // Slots and their overflow are the whole host's, so whatever else there is may have come to be there.
    assert!(Totals::of(overflow).tx_packets >= unattributed.tx_packets && unattributed.tx_packets > 0);
    assert!(Totals::of(overflow).rx_packets >= unattributed.rx_packets);
    assert_eq!(Totals::of(group(&snapshot, &churn.steady.cgroup, "lo", "host")), both(u64::from(COUNT + 1) * WIRE));
    // Afterwards there is room again, and what comes is counted where it belongs.
    let late = Member::new(&churn.netns, Cgroup::new());
    nbw_tests::lab::until("a slot for a new group", || {
        let before = Totals::of(rows(&nbw.settled(), "").find(|row| row["name"] == "no slot left").expect("the row"));
        late.talk(10);
        let now = Totals::of(rows(&nbw.settled(), "").find(|row| row["name"] == "no slot left").expect("the row"));
        (before == now).then_some(())
    });
    assert!(Totals::of(group(&nbw.settled(), &late.cgroup, "lo", "host")).tx_packets >= 10);
}
