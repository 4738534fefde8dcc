//! Containers of real runtimes, in all formats.

use std::{collections::BTreeMap, fs};

use nbw_tests::lab::{Container, ContainerHost, Nbw, Totals, until};

use super::place::{Agent, Place};

/// Sizes of what is sent to a server; it answers with 300,000 bytes each time.
const UPLOADS: [usize; 3] = [1, 50_000, 1_000_000];

const HOURS: &str = "hours --by container";

/// A container with a server on the bridge, whose bytes netfilter counts.
fn serve<'a>(host: &'a ContainerHost, runtime: &str, port: u16) -> Container<'a> {
    let (name, command) = (format!("{runtime}-shop"), Container::serve(port));
    let command = command.each_ref().map(String::as_str);
    let container = match runtime {
        "podman" => host.podman(&name, "--network bridge", &command),
        _ => host.docker(&name, "--network bridge", &command),
    };
    container.until_listening(port);
    container.without_offloads();
    container.count(port);
    container
}

/// What is remembered of two containers, and what netfilter has counted.
fn remembered(place: &Place) -> Vec<(String, String, Totals)> {
    let host = ContainerHost::new();
    host.start_docker();
    host.start_podman();
    let served = [("podman", 7000), ("docker", 7100)].map(|(runtime, port)| (serve(&host, runtime, port), port));
    host.without_offloads();
    let binary = Nbw::binary().canonicalize().expect("nbw is built");
    let agent = Agent::by(host.command(binary.to_str().expect("a path in UTF-8")), place);
    for (container, port) in &served {
        UPLOADS.iter().for_each(|&upload| container.exchange(host.pid(), &container.address(), *port, upload));
    }
    let counted = agent.settled(|| served.each_ref().map(|(container, port)| container.counted(*port)));
    agent.end();
    let of = |((container, _), counted): (&(Container<'_>, u16), nbw_tests::lab::Filtered)| {
        (container.id.clone(), container.name.clone(), counted.on_the_wire())
    };
    served.iter().zip(counted).map(of).collect()
}

#[test]
fn every_format_names_each_container_and_has_exactly_its_bytes() {
    let place = Place::new();
    let containers = remembered(&place);
    for (id, name, wire) in &containers {
        assert!(wire.rx_bytes > 1_050_000 && wire.tx_bytes > 900_000, "{name}: {wire:?}");
        assert_eq!(place.moved(HOURS, id), *wire, "{name} in JSON");
        let rows = place.rows(HOURS);
        assert!(rows.iter().filter(|row| row["key"] == **id).all(|row| row["name"] == **name), "{rows:?}");
        assert_eq!(in_csv(&place, name), (wire.rx_bytes, wire.tx_bytes), "{name} in CSV");
        for format in ["table", "html", "svg"] {
            let said = place.report(&format!("{HOURS} --format {format}")).stdout;
            assert!(said.contains(name.as_str()), "no {name} in {format}: {said}");
        }
    }
    assert_pictures(&place, containers.iter().map(|(_, name, _)| name.as_str()).collect());
}

/// Bytes received and sent.
fn in_csv(place: &Place, name: &str) -> (u64, u64) {
    let said = place.report(&format!("{HOURS} --format csv")).stdout;
    let mut reader = csv::Reader::from_reader(said.as_bytes());
    let rows = reader.deserialize().map(|row| row.expect("a row"));
    let rows: Vec<BTreeMap<String, String>> =
        rows.filter(|row: &BTreeMap<String, String>| row["name"] == name).collect();
    let sum = |field: &str| rows.iter().map(|row| row[field].parse::<u64>().expect("bytes")).sum();
    (sum("rx_bytes"), sum("tx_bytes"))
}

/// A PNG cannot be asked what is written in it: it is whole, and another one for each choice of containers.
fn assert_pictures(place: &Place, names: Vec<&str>) {
    let picture = |filter: &str| {
        let path = place.path("report.png");
        place.report(&format!("{HOURS} {filter} --output {}", path.display()));
        let bytes = fs::read(path).expect("the picture");
        assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.ends_with(b"IEND\xaeB`\x82"), "{filter}");
        bytes
    };
    let all = picture("");
    let each: Vec<Vec<u8>> = names.iter().map(|name| picture(&format!("-c {name}"))).collect();
    assert!(each.iter().all(|one| *one != all) && each[0] != each[1], "pictures of {names:?} are the same");
    // They stay the same for the same choice, or the comparison above would say nothing.
    until("two pictures within the same second", || (picture("") == picture("")).then_some(()));
}
