//! A container's bytes, against what netfilter has counted in its network.

use serde_json::Value;

use nbw_tests::lab::{Container, ContainerHost, Nbw, Totals, assert_healthy, snapshot_where, together};

use super::{container, has, moved};

/// Sizes of what is sent to a server; it answers with 300,000 bytes each time.
const UPLOADS: [usize; 3] = [1, 50_000, 1_000_000];

/// A container with a server, how it is reached, and from where.
struct Served<'a> {
    container: Container<'a>,
    runtime: &'static str,
    interface: &'static str,
    address: String,
    port: u16,
    from: u32,
}

impl<'a> Served<'a> {
    fn start(host: &'a ContainerHost, runtime: &'static str, network: &'static str, port: u16) -> Self {
        let (name, options) = (format!("{runtime}-{network}"), format!("--network {network}"));
        let command = Container::serve(port);
        let command = command.each_ref().map(String::as_str);
        let container = match runtime {
            "podman" => host.podman(&name, &options, &command),
            _ => host.docker(&name, &options, &command),
        };
        let (interface, from) = match network {
            "bridge" => ("eth0", host.pid()),
            "host" => ("lo", host.pid()),
            // Nobody else can reach it.
            _ => ("lo", container.pid()),
        };
        let address = if network == "bridge" { container.address() } else { "127.0.0.1".to_owned() };
        container.until_listening(port);
        container.without_offloads();
        container.count(port);
        Self { container, runtime, interface, address, port, from }
    }

    fn talk(&self) {
        for upload in UPLOADS {
            self.container.exchange(self.from, &self.address, self.port, upload);
        }
    }

    fn check(&self, nbw: &mut Nbw) {
        let name = &self.container.name;
        snapshot_where(nbw, name, |snapshot| has(snapshot, name, self.runtime));
        let (counted, snapshot) = together(nbw, || self.container.counted(self.port));
        let least: u64 = UPLOADS.iter().map(|&upload| upload as u64).sum();
        assert!(counted.rx_bytes > least && counted.tx_bytes > 900_000, "{name}: {counted:?}");
        assert_eq!(moved(&snapshot, name, self.interface), counted.on_the_wire(), "{name}");
        let row = container(&snapshot, &self.container.id);
        let image = if self.runtime == "podman" { "localhost/tiny:1" } else { "tiny:1" };
        assert!(row["name"] == **name && row["runtime"] == self.runtime && row["image"] == image, "{row}");
        assert_eq!(Totals::of(row), counted.on_the_wire(), "{name} over all interfaces");
        assert_healthy(&snapshot);
    }
}

#[test]
fn each_container_has_its_name_and_exactly_its_bytes() {
    let host = ContainerHost::new();
    host.start_docker();
    host.start_podman();
    let served: Vec<Served<'_>> = ["podman", "docker"]
        .iter()
        .zip([7000, 7100])
        .flat_map(|(runtime, port)| {
            let networks = ["bridge", "host", "none"].into_iter().zip(port..);
            networks.map(|(network, port)| Served::start(&host, runtime, network, port)).collect::<Vec<_>>()
        })
        .collect();
    host.without_offloads();
    let mut nbw = host.watch("--interval 100ms --by container");
    served.iter().for_each(Served::talk);
    served.iter().for_each(|served| served.check(&mut nbw));
}

/// What iperf3 says that it has moved, plus headers.
#[test]
fn iperf3_in_a_container_is_the_containers() {
    let host = ContainerHost::new();
    host.start_docker();
    let server = host.docker("iperf", "", &["iperf3", "-s"]);
    server.until_listening(5201);
    server.without_offloads();
    host.without_offloads();
    server.count(5201);
    let mut nbw = host.watch("--interval 100ms");
    let payload = ["-n 5M", "-n 5M -R"].map(|options| {
        let report = host.run(&format!("iperf3 -J -c {} {options}", server.address()));
        let report: Value = serde_json::from_str(&report).expect("JSON from iperf3");
        report["end"]["sum_received"]["bytes"].as_u64().expect("the bytes that arrived")
    });
    snapshot_where(&mut nbw, "iperf", |snapshot| has(snapshot, "iperf", "docker"));
    let (counted, snapshot) = together(&mut nbw, || server.counted(5201));
    let row = moved(&snapshot, "iperf", "eth0");
    assert!(payload.iter().all(|&bytes| bytes > 1 << 20), "{payload:?}");
    assert!(row.rx_bytes > payload[0] && row.tx_bytes > payload[1], "{payload:?} {row:?}");
    // The last packets of a connection may find a socket in TIME_WAIT, which has no cgroup any more: of two connections in
    // each run, two each way, without payload.
    let wire = counted.on_the_wire();
    let (rx, tx) = (wire.rx_packets - row.rx_packets, wire.tx_packets - row.tx_packets);
    assert!(rx <= 8 && tx <= 8, "{wire:?} {row:?}");
    let bytes = (wire.rx_bytes - row.rx_bytes, wire.tx_bytes - row.tx_bytes);
    assert_eq!(bytes, (rx * 66, tx * 66), "{wire:?} {row:?}");
    assert_healthy(&snapshot);
}
