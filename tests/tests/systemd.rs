//! Units of a real systemd. The oracle is systemd itself: its IP accounting, and what it calls the units.

use std::collections::BTreeSet;

use nbw::resolve::identity::{Manager, Unit, identify, unit_of};
use nbw_tests::lab::{Nbw, Scope, Systemd, Totals, assert_healthy, assert_sum_rule, snapshot_where, together};
use serde_json::Value;

/// A user that each host has: nobody.
const USER: u32 = 65_534;

/// What a row has to be, and which unit's accounting has to agree with it. A user's own manager may not count: but the
/// system's unit that it runs as has no other traffic.
struct Row {
    path: &'static str,
    name: &'static str,
    kind: &'static str,
    accounted: &'static str,
}

const ROWS: [Row; 8] = [
    Row { path: "/shop.slice/shop.service", name: "shop.service", kind: "service", accounted: "shop.service" },
    Row {
        path: "/system.slice/system-web.slice/web@5301.service",
        name: "web@5301.service",
        kind: "service",
        accounted: "web@5301.service",
    },
    Row {
        path: "/system.slice/system-web.slice/web@5302.service",
        name: "web@5302.service",
        kind: "service",
        accounted: "web@5302.service",
    },
    Row {
        path: "/user.slice/user-65534.slice/user@65534.service/app.slice/shop.service",
        name: "shop.service",
        kind: "service",
        accounted: "user@65534.service",
    },
    Row { path: "/system.slice/bulk.scope", name: "bulk.scope", kind: "scope", accounted: "bulk.scope" },
    Row { path: "/shop.slice/fetch.scope", name: "fetch.scope", kind: "scope", accounted: "fetch.scope" },
    Row {
        path: "/user.slice/user-65534.slice/session-7.scope",
        name: "session-7.scope",
        kind: "session",
        accounted: "session-7.scope",
    },
    Row {
        path: r"/system.slice/ask\x2dnobody.scope",
        name: "ask-nobody.scope",
        kind: "scope",
        accounted: r"ask\x2dnobody.scope",
    },
];

/// Starts all services.
fn serve(systemd: &Systemd) {
    systemd.start("shop.service", 5201);
    systemd.start("web@5301.service", 5301);
    systemd.start("web@5302.service", 5302);
    systemd.run(&format!("systemctl start user@{USER}.service"));
    systemd.start_for(USER, "shop.service", 5901);
}

/// Has each of the services asked by a scope, up and down. The scopes stay.
fn ask(systemd: &Systemd) -> [Scope; 4] {
    // What is still in a socket's buffer when iperf3 has sent all is lost: so the buffer is small.
    let ask = |scope: &str, options: &str, asked: &str| {
        systemd.in_scope(scope, options, &format!("iperf3 -c 127.0.0.1 -w 64K -p {asked}"))
    };
    [
        ask("bulk.scope", "", "5201 -n 3M"),
        ask("fetch.scope", "--slice=shop.slice", "5301 -n 2M -R"),
        ask("session-7.scope", "--slice=user-65534.slice", "5302 -n 2M"),
        ask(r"ask\x2dnobody.scope", "", "5901 -n 2M"),
    ]
}

/// The packets that systemd has counted, with loopback's link-layer headers.
fn on_the_wire(counted: Totals) -> Totals {
    const HEADER: u64 = 14;
    Totals {
        rx_bytes: counted.rx_bytes + HEADER * counted.rx_packets,
        tx_bytes: counted.tx_bytes + HEADER * counted.tx_packets,
        ..counted
    }
}

fn row<'a>(snapshot: &'a Value, path: &str) -> &'a Value {
    let rows = snapshot["groups"].as_array().expect("groups");
    let found: Vec<&Value> = rows.iter().filter(|row| row["path"] == path).collect();
    assert_eq!(found.len(), 1, "rows of {path}: {snapshot}");
    found[0]
}

fn paths(snapshot: &Value) -> BTreeSet<&str> {
    let rows = snapshot["groups"].as_array().expect("groups");
    rows.iter().filter_map(|row| row["path"].as_str()).filter(|path| !path.is_empty()).collect()
}

#[test]
fn each_unit_has_its_name_and_what_systemd_has_counted_for_it() {
    let systemd = Systemd::boot();
    let mut inside = systemd.watch("--interval 50ms");
    let mut outside = Nbw::watch_here(&format!("--interval 50ms -g {}", systemd.cgroup.path));
    serve(&systemd);
    let _scopes = ask(&systemd);
    let (counted, snapshot) = together(&mut inside, || ROWS.map(|row| systemd.accounting(row.accounted)));
    for (expected, counted) in ROWS.iter().zip(counted) {
        let row = row(&snapshot, expected.path);
        assert_eq!((&row["name"], &row["kind"]), (&expected.name.into(), &expected.kind.into()), "{row}");
        assert_eq!((&row["interface"], &row["netns"]), (&"lo".into(), &"host".into()), "{row}");
        assert_eq!(Totals::of(row), on_the_wire(counted), "{}", expected.path);
        assert!(counted.rx_bytes + counted.tx_bytes > 1 << 20, "{}: {counted:?}", expected.path);
    }
    assert_sum_rule(&snapshot, "lo");
    assert_healthy(&snapshot);
    seen_from_outside(&mut outside, &systemd, &snapshot);
}

/// The same rows, with the place of this systemd in the host's hierarchy before their paths.
fn seen_from_outside(outside: &mut Nbw, systemd: &Systemd, inside: &Value) {
    let inode = systemd.run("readlink /proc/self/ns/net");
    // What it has read before is of no use.
    outside.settled();
    let there = |row: &Value| row["netns"] == inode.trim() && row["interface"] == "lo";
    let snapshot = snapshot_where(outside, "names of the other namespace", |snapshot| {
        let rows = snapshot["groups"].as_array().expect("groups");
        rows.len() >= ROWS.len() && rows.iter().all(there)
    });
    for expected in &ROWS {
        let path = format!("{}{}", systemd.cgroup.path, expected.path);
        let (far, near) = (row(&snapshot, &path), row(inside, expected.path));
        assert_eq!((&far["name"], &far["kind"]), (&near["name"], &near["kind"]));
        assert_eq!(Totals::of(far), Totals::of(near), "{path}");
    }
}

#[test]
fn a_unit_is_asked_for_by_its_name_its_template_or_what_it_is_in() {
    let systemd = Systemd::boot();
    let both_shops = [ROWS[0].path, ROWS[3].path];
    let asked: [(&str, &[&str]); 7] = [
        ("-u shop", &both_shops),
        ("-u web@*", &[ROWS[1].path, ROWS[2].path]),
        ("-u web@5302.service", &[ROWS[2].path]),
        ("-u shop.slice", &[ROWS[0].path, ROWS[5].path]),
        ("-u user@65534", &[ROWS[3].path]),
        ("-u session-7.scope -u bulk.scope", &[ROWS[6].path, ROWS[4].path]),
        ("-u ask-nobody.scope", &[ROWS[7].path]),
    ];
    let mut watching = asked.map(|(options, _)| systemd.watch(&format!("--interval 100ms --slots 256 {options}")));
    serve(&systemd);
    let _scopes = ask(&systemd);
    for (nbw, (options, expected)) in watching.iter_mut().zip(asked) {
        let snapshot = nbw.settled();
        assert_eq!(paths(&snapshot), expected.iter().copied().collect(), "{options}");
        assert_healthy(&snapshot);
    }
}

/// What `ps` says of a process, which asks systemd's library.
struct Said<'a> {
    unit: &'a str,
    user_unit: Option<&'a str>,
    slice: &'a str,
    owner: Option<u32>,
    path: &'a str,
}

fn said(line: &str) -> Said<'_> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let [unit, user_unit, slice, owner, cgroup] = columns[..] else { panic!("{line}") };
    Said {
        unit,
        user_unit: Some(user_unit).filter(|&unit| unit != "-"),
        slice,
        owner: owner.parse().ok(),
        path: cgroup.strip_prefix("0::").expect("a path of cgroup v2"),
    }
}

#[test]
fn units_are_what_systemd_says_they_are() {
    let systemd = Systemd::boot();
    serve(&systemd);
    let _scopes = ask(&systemd);
    let processes = systemd.run("ps -ww -eo unit:80,uunit:80,slice:80,ouid:10,cgroup:200 --no-headers");
    // Those that only visit are in none of its cgroups.
    let residents: Vec<Said<'_>> = processes.lines().map(said).filter(|said| !said.path.starts_with("/..")).collect();
    for said in &residents {
        let unit = unit_of(said.path, &identify(said.path)).unwrap_or_else(|| panic!("no unit in {}", said.path));
        assert_eq!(unit.user, said.owner, "{}", said.path);
        assert_says(&unit, said);
    }
    let users_own = |said: &&Said<'_>| said.user_unit == Some("shop.service");
    assert_eq!(residents.iter().filter(users_own).count(), 1, "{processes}");
    assert!(residents.len() > ROWS.len(), "{processes}");
}

fn assert_says(unit: &Unit, said: &Said<'_>) {
    let name = nbw::text::unescape_systemd(said.user_unit.unwrap_or(said.unit));
    assert_eq!(unit.name, name, "{}", said.path);
    match said.user_unit {
        Some(_) => {
            assert_eq!(unit.manager, Manager::User(USER), "{}", said.path);
            assert_eq!(said.unit, format!("user@{USER}.service"));
        }
        None => {
            assert_eq!(unit.manager, Manager::System, "{}", said.path);
            assert_eq!(unit.slice, said.slice, "{}", said.path);
        }
    }
}
