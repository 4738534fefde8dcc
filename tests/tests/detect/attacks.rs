//! Attacks are recognised within three seconds: what they are, who does it, and to whom.

use nbw_detect::Kind;
use nbw_tests::lab::TwoHosts;

use crate::watcher::{Watcher, in_time, tool};

/// A tool, what it does, and which signature tells of it.
struct Attack {
    line: &'static str,
    kind: Kind,
    signature: &'static str,
    /// Whether the sources are forged.
    forged: bool,
    /// The port that targets are named with.
    port: &'static str,
}

const fn scan(line: &'static str, signature: &'static str) -> Attack {
    Attack { line, kind: Kind::PortScan, signature, forged: false, port: "" }
}

const fn flood(line: &'static str, kind: Kind, signature: &'static str, port: &'static str) -> Attack {
    Attack { line, kind, signature, forged: false, port }
}

impl Attack {
    /// Has the left host do it to the right one, where nbw looks.
    fn run(&self, number: u8) {
        let hosts = TwoHosts::new(number, true);
        let (attacker, victim) = (&hosts.cable.v4.0, &hosts.cable.v4.1);
        let line = format!("{} {victim}", self.line);
        let events = Watcher::start(&hosts.right).during(&mut tool(&hosts.left, &line));
        let event = in_time(&events, self.signature);
        assert_eq!(event.kind, self.kind);
        assert_eq!(event.targets, [format!("{victim}{}", self.port)], "{event:?}");
        if self.forged {
            // As it was told first, of what was sampled: the signature's bound.
            assert!(event.source_count >= 64, "{event:?}");
        } else {
            assert_eq!((event.sources.as_slice(), event.source_count), ([attacker.clone()].as_slice(), 1), "{event:?}");
        }
    }
}

#[test]
fn a_syn_scan() {
    scan("nmap -n -Pn -sS -p1-500", "port-scan-syn").run(60);
}

#[test]
fn a_connect_scan() {
    scan("nmap -n -Pn -sT -p1-500", "port-scan-connect").run(61);
}

#[test]
fn a_fin_scan() {
    scan("nmap -n -Pn -sF -p1-500", "port-scan-fin").run(62);
}

#[test]
fn a_null_scan() {
    scan("nmap -n -Pn -sN -p1-500", "port-scan-null").run(63);
}

#[test]
fn a_xmas_scan() {
    scan("nmap -n -Pn -sX -p1-500", "port-scan-xmas").run(64);
}

/// Its packets are established TCP's, which nobody looks at: the answers tell of it.
#[test]
fn an_ack_scan() {
    scan("nmap -n -Pn -sA -p1-500", "port-scan-ack").run(65);
}

#[test]
fn a_udp_scan() {
    scan("nmap -n -Pn -sU -p1-200", "port-scan-udp").run(66);
}

#[test]
fn a_scan_of_protocols() {
    scan("nmap -n -Pn -sO", "port-scan-protocol").run(67);
}

#[test]
fn an_arp_sweep() {
    let hosts = TwoHosts::new(68, true);
    let events = Watcher::start(&hosts.right).during(&mut tool(&hosts.left, "nmap -n -sn 10.68.0.0/24"));
    let event = in_time(&events, "arp-scan-quick");
    assert_eq!(event.kind, Kind::ArpScan);
    // The hardware address is behind a space.
    assert!(event.sources[0].starts_with(&format!("{} ", hosts.cable.v4.0)), "{event:?}");
}

#[test]
fn a_syn_flood_from_forged_sources() {
    let line = "hping3 -q -S --flood --rand-source -p 80";
    let attack = flood(line, Kind::SynFlood, "syn-flood-spoofed", ":80");
    Attack { forged: true, ..attack }.run(69);
}

/// Most of it is not looked at; what is, is whole conversations, so that the victim's RSTs are not taken for back-scatter.
#[test]
fn a_syn_flood_from_one_source() {
    let hosts = TwoHosts::new(70, true);
    let line = format!("hping3 -q -S --flood -p 80 {}", hosts.cable.v4.1);
    let events = Watcher::start(&hosts.right).during(&mut tool(&hosts.left, &line));
    let event = in_time(&events, "syn-flood");
    assert_eq!((event.sources.as_slice(), event.kind), ([hosts.cable.v4.0.clone()].as_slice(), Kind::SynFlood));
    assert!(events.iter().all(|(_, event)| event.kind == Kind::SynFlood), "{events:#?}");
}

#[test]
fn a_udp_flood() {
    flood("hping3 -q --udp --flood -d 64 -p 9999", Kind::UdpFlood, "udp-flood", ":9999").run(71);
}

#[test]
fn an_icmp_flood() {
    flood("hping3 -q --icmp --flood", Kind::IcmpFlood, "icmp-flood", "").run(72);
}

#[test]
fn a_flood_of_fragments() {
    flood("hping3 -q --udp --flood -f -d 64", Kind::FragmentFlood, "fragment-flood", "").run(73);
}
