//! The unit as it is shipped: what it counts, what its actions do, and how it ends.

use std::time::Duration;

use nbw::control::{Client, ControlError};
use nbw_tests::lab::{Systemd, Totals, together, until};
use serde_json::Value;

use super::{kernel_objects, serving, status, status_where, text, tried};

/// A volume that `shop.service` soon exceeds, told to a program that keeps what it is told.
const CONFIG: &str = r#"
interval = "100ms"

[[alert]]
rule = "unit shop.service rx > 1MB per day"
name = "shop is busy"
warn_at = ["100%"]
actions = ["keep"]

[action.keep]
type = "exec"
command = ["/bin/sh", "-c", "cat >> /var/lib/nbw/told; echo >> /var/lib/nbw/told"]
"#;

fn shop_is_asked(systemd: &Systemd) {
    systemd.start("shop.service", 5201);
    drop(systemd.in_scope("bulk.scope", "", "iperf3 -c 127.0.0.1 -w 64K -p 5201 -n 3M"));
}

fn received(counted: Totals) -> u64 {
    // With loopback's link-layer headers.
    counted.rx_bytes + 14 * counted.rx_packets
}

fn alert(status: &Value) -> Option<&Value> {
    status["alerts"].as_array()?.iter().find(|alert| alert["name"] == "shop is busy")
}

#[test]
fn the_hardened_service_counts_to_the_byte_and_tells() {
    let systemd = serving(CONFIG);
    shop_is_asked(&systemd);
    let accounted = until("traffic to end", || {
        let before = systemd.accounting("shop.service");
        let last = |status: &Value| status["ticks"]["count"].as_u64();
        let ticks = last(&status(&systemd));
        status_where(&systemd, "two more ticks", |status| last(status) > ticks.map(|ticks| ticks + 1));
        (systemd.accounting("shop.service") == before).then_some(before)
    });
    let status = status_where(&systemd, "the alert", |status| alert(status).is_some());
    let value = alert(&status).and_then(|alert| alert["value"].as_f64());
    assert_eq!(value, Some(received(accounted) as f64), "{status}");
    assert_eq!(alert(&status).map(|alert| &alert["state"]), Some(&"firing".into()));
    let told = until("the program to be told", || {
        let told = tried(&systemd, "cat /var/lib/nbw/told");
        Some(text(&told.stdout)).filter(|told| told.ends_with("}\n\n") || told.ends_with("}\n"))
    });
    let told: Value = serde_json::from_str(told.trim()).unwrap_or_else(|error| panic!("{error}: {told}"));
    assert!(told.to_string().contains("shop is busy"), "{told}");
}

#[test]
fn it_is_confined_and_healthy_and_ends_cleanly() {
    let systemd = serving(CONFIG);
    let status = status_where(&systemd, "a tick", |status| status["ticks"]["count"].as_u64() > Some(0));
    assert_eq!(status["attached"]["interfaces"], serde_json::json!(["lo"]), "{status}");
    assert!(status["health"].as_object().is_some_and(|health| health.values().all(|count| count == 0)), "{status}");
    let pid = &systemd.properties("nbw.service", ["MainPID"])[0];
    let confined = text(&tried(&systemd, &format!("grep -E Seccomp:|NoNewPrivs /proc/{pid}/status")).stdout);
    assert!(confined.contains("NoNewPrivs:\t1") && confined.contains("Seccomp:\t2"), "{confined}");
    let refused = tried(&systemd, &format!("nsenter -t {pid} -m touch /usr/nbw-was-here"));
    assert!(!refused.status.success(), "the file system is not read-only");
    let objects = kernel_objects(&systemd);
    systemd.run("systemctl stop nbw.service");
    until("nothing to be left in the kernel", || objects.remaining().is_empty().then_some(()));
    let ended = systemd.properties("nbw.service", ["ActiveState", "Result", "ExecMainStatus"]);
    assert_eq!(ended, ["inactive", "success", "0"].map(str::to_owned), "{}", super::journal(&systemd));
    let none = tried(&systemd, "nbw status");
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).contains("no nbw agent runs"), "{none:?}");
}

/// Traffic in another network namespace, one segment a packet, as systemd counts them.
const FAR: &str = "set -e
far() { ip netns exec far \"$@\"; }
far ip link set lo up gso_max_segs 1
far ethtool -K lo tso off gso off gro off tx-udp-segmentation off
far iperf3 -s -1 -D
for attempt in $(seq 100); do
    if far iperf3 -c 127.0.0.1 -w 64K -n 2M; then exit 0; fi
    sleep 0.1
done
exit 1
";

/// `nbw watch` confined as the agent is: it shows what the agent sees and does not tell.
const WATCH: &str = "[Service]
Type=simple
WatchdogSec=0
ExecStart=
ExecStart=/usr/bin/nbw watch --interval 100ms --format json
StandardOutput=truncate:/run/watched
";

/// That takes `setns`, and with it most of the unit's capabilities.
#[test]
fn it_sees_into_other_network_namespaces() {
    let systemd = super::with_config("");
    systemd.write("/etc/systemd/system/nbw.service.d/watch.conf", WATCH);
    systemd.run("systemctl daemon-reload");
    // Before: mounts that come later do not reach a service of this systemd, which takes itself for a container's.
    systemd.run("ip netns add far");
    systemd.run("systemctl start nbw.service");
    until("a first picture", || (!tried(&systemd, "cat /run/watched").stdout.is_empty()).then_some(()));
    systemd.write("/run/far.sh", FAR);
    let _far = systemd.in_scope("far.scope", "", "sh /run/far.sh");
    let counted = received(systemd.accounting("far.scope"));
    until("the scope's traffic in its namespace", || {
        let line = text(&tried(&systemd, "tail -n 1 /run/watched").stdout);
        let snapshot: Value = serde_json::from_str(&line).ok()?;
        let rows = snapshot["groups"].as_array()?;
        let is_it = |row: &&Value| row["netns"] == "far" && row["interface"] == "lo" && row["name"] == "far.scope";
        assert!(!rows.iter().any(|row| row["name"] == "far.scope" && row["netns"] == "host"), "{line}");
        (Totals::of(rows.iter().find(is_it)?).rx_bytes == counted).then_some(())
    });
}

#[test]
fn others_work_beside_it() {
    let systemd = serving(CONFIG);
    let mut watch = systemd.watch("--interval 100ms --by unit");
    let second = tried(&systemd, "nbw agent");
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    let [pid] = systemd.properties("nbw.service", ["MainPID"]);
    let said = text(&second.stderr);
    assert!(said.contains(&format!("process {pid},")) && said.contains("/etc/nbw/nbw.toml"), "{said}");
    shop_is_asked(&systemd);
    let (counted, snapshot) = together(&mut watch, || systemd.accounting("shop.service"));
    let rows = snapshot["units"].as_array().expect("units");
    let shop = rows.iter().find(|row| row["name"] == "shop.service").expect("the shop");
    assert_eq!(Totals::of(shop).rx_bytes, received(counted));
    let status = status_where(&systemd, "the alert", |status| alert(status).is_some());
    assert!(alert(&status).and_then(|alert| alert["value"].as_f64()) >= Some(1e6));
    systemd.run("systemctl stop nbw.service");
    // It goes on without the agent.
    watch.settled();
}

/// Asks the agent as `nbw check` does, from outside of its namespaces.
fn asked<T>(systemd: &Systemd, ask: impl AsyncFn(Client) -> T) -> T {
    let socket = systemd.path("/run/nbw/agent.sock");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = Client::connect(&socket).await.expect("an agent");
        tokio::time::timeout(Duration::from_secs(60), ask(client)).await.expect("an answer in time")
    })
}

#[test]
fn it_measures_for_whoever_asks() {
    let systemd = serving(CONFIG);
    systemd.start("shop.service", 5201);
    let mut iperf = systemd.command("iperf3");
    let iperf = iperf.args(["-c", "127.0.0.1", "-p", "5201", "-b", "16M", "-t", "60", "-l", "8K"]);
    let mut iperf = iperf.stdout(std::process::Stdio::null()).spawn().expect("iperf3");
    status_where(&systemd, "the volume", |status| alert(status).is_some());
    let measured = asked(&systemd, async |mut client| {
        let over = Duration::from_secs(2);
        let rate = client.measure("unit shop.service rx > 5MB/s", over).await.expect("a rate");
        let volume = client.measure("unit shop.service rx > 1MB per day", over).await.expect("a volume");
        let process = client.measure("process iperf3 rx > 5MB/s", over).await;
        let other = client.measure("host rx > 1MB per day", over).await;
        let wrong = client.measure("unit shop.service rx > 5 quarks", over).await;
        (rate, volume, process, other, wrong)
    });
    // It may have ended by itself.
    let _ = iperf.kill();
    let _ = iperf.wait();
    let (rate, volume, process, other, wrong) = measured;
    let [rate_of_shop] = &rate.subjects[..] else { panic!("{rate:?}") };
    assert!((1.9..=5.0).contains(&rate.seconds), "{rate:?}");
    // 16 Mbit/s of payload, and what carries it.
    assert!((1.8e6..2.6e6).contains(&rate_of_shop.value), "{rate:?}");
    assert_eq!((rate_of_shop.threshold, &*rate_of_shop.subject.name), (Some(5e6), "shop.service"));
    let [volume_of_shop] = &volume.subjects[..] else { panic!("{volume:?}") };
    assert!(volume_of_shop.value > 1e6 && volume_of_shop.threshold == Some(1e6), "{volume:?}");
    assert!(matches!(process, Err(ControlError::NotCounted(_))), "{process:?}");
    assert!(matches!(other, Err(ControlError::NotCounted(_))), "{other:?}");
    assert!(matches!(wrong, Err(ControlError::Refused(_))), "{wrong:?}");
}

#[test]
fn only_its_group_may_ask() {
    let systemd = serving("[control]\ngroup = \"daemon\"\n");
    let nobody = |groups: &str| {
        tried(&systemd, &format!("setpriv --reuid 65534 --regid 65534 {groups} nbw status --format json"))
    };
    let refused = nobody("--clear-groups");
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(text(&refused.stderr).contains("not permitted"), "{refused:?}");
    let member = nobody("--groups daemon");
    assert!(member.status.success(), "{member:?}");
}
