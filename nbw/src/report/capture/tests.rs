use std::{collections::BTreeMap, fs, path::Path};

use clap::Parser;
use nbw_detect::{
    Body, Direction, Facts, Fragment, Ip, Time, Transport,
    capture::{LinkType, Writer},
};
use proptest::{collection::vec, prelude::*};

use super::{
    parts::Layout,
    subject::{By, Who},
    tally::Tally,
    *,
};
use crate::{
    cli::{Cli, Command},
    history::query::Series,
    report::calendar::Calendar,
};

/// 2026-11-25 20:30:00 UTC.
const BEGIN: u64 = 1_795_638_600;

fn facts(second: f64, hosts: (u8, u32), ports: (u16, u16), bytes: u32) -> Facts {
    let (from, to) = (std::net::Ipv4Addr::new(10, 0, 0, hosts.0), std::net::Ipv4Addr::from(hosts.1));
    Facts {
        time: Time((BEGIN as f64 * 1e9) as u64 + (second * 1e9) as u64),
        link: 0,
        direction: Direction::Unknown,
        weight: 1,
        by_chance: false,
        followed: 1,
        frames: 1,
        bytes,
        body: Body::Ip(Ip {
            source: from.into(),
            destination: to.into(),
            protocol: 17,
            fragment: Fragment::None,
            transport: Transport::Udp { source: ports.0, destination: ports.1, payload: 0 },
        }),
    }
}

fn utc() -> Calendar {
    Calendar { zone: jiff::tz::TimeZone::UTC, month_begins: 1 }
}

fn answer(packets: &[Facts], by: By, every: Option<Every>, top: Option<usize>) -> Answer {
    let mut tally = Tally::new(every);
    for facts in packets {
        tally.see(facts.time).unwrap();
        by.each(facts, |who, way| tally.add(who, way, facts.time, facts.bytes));
    }
    let (first, last) = tally.span().unwrap();
    tally.answer(&Layout::new(every, &utc(), first, last).unwrap(), by, top)
}

/// Names, with bytes received and sent.
fn sums(answer: &Answer) -> Vec<(String, u64, u64)> {
    let names = answer.series.iter().map(|series| series.subject.name.to_string());
    names.zip(&answer.whole).map(|(name, whole)| (name, whole.rx.bytes, whole.tx.bytes)).collect()
}

fn bytes_of_points(series: &Series) -> u64 {
    series.points.iter().map(|point| point.rx.bytes + point.tx.bytes).sum()
}

const WEB: u32 = 0x0a00_0002;

#[test]
fn packets_are_told_apart_by_what_is_asked_for() {
    let packets = [facts(0.0, (1, WEB), (50_000, 443), 100), facts(0.5, (1, WEB), (443, 50_000), 30)];
    assert_eq!(sums(&answer(&packets, By::Protocol, None, None)), [("UDP".into(), 130, 0)]);
    let hosts = [("10.0.0.1".into(), 0, 130), ("10.0.0.2".into(), 130, 0)];
    assert_eq!(sums(&answer(&packets, By::Host, None, None)), hosts);
    assert_eq!(sums(&answer(&packets, By::Pair, None, None)), [("10.0.0.1 <-> 10.0.0.2".into(), 0, 130)]);
    assert_eq!(sums(&answer(&packets, By::Port, None, None)), [("443/udp".into(), 100, 30)]);
    let other = Facts { body: Body::Other, direction: Direction::Out, ..packets[0].clone() };
    for (by, name) in
        [(By::Protocol, "neither IP nor ARP"), (By::Pair, "neither IP nor ARP"), (By::Port, "without a port")]
    {
        assert_eq!(sums(&answer(std::slice::from_ref(&other), by, None, None)), [(name.into(), 0, 100)]);
    }
}

#[test]
fn parts_are_of_the_captures_time_and_so_are_averages() {
    let packets =
        [facts(0.9, (1, WEB), (1, 2), 600), facts(2.1, (1, WEB), (1, 2), 300), facts(61.0, (1, WEB), (1, 2), 100)];
    let by_minute = answer(&packets, By::Protocol, Some(Every::Seconds(60)), None);
    let recorded: Vec<u32> = by_minute.parts.iter().map(|part| part.recorded_seconds).collect();
    assert_eq!((recorded, by_minute.sample_seconds), (vec![60, 2], 1));
    let points = &by_minute.series[0].points;
    assert_eq!((points[0].rx.bytes, points[0].rx.packets, points[0].rx.peak), (900, 2, 600.0));
    assert_eq!((points[1].rx.bytes, points[1].rx.peak), (100, 100.0));
    let whole = by_minute.whole[0];
    assert_eq!((whole.rx.bytes, whole.rx.peak, whole.rx_p95), (1_000, 600.0, 0.0));
    assert_eq!(whole.rx_peak_at.unwrap().as_second(), BEGIN as i64);
}

#[test]
fn the_longer_the_capture_the_longer_the_samples() {
    for (last, sample, every) in [
        (3_999, 1, Every::Seconds(10)),
        (8_100, 10, Every::Seconds(60)),
        (864_000, 300, Every::Seconds(3_600)),
        (9_000_000, 900, Every::Day),
    ] {
        let packets = [facts(0.0, (1, WEB), (1, 2), 100), facts(f64::from(last), (1, WEB), (1, 2), 23)];
        let answer = answer(&packets, By::Protocol, None, None);
        assert_eq!(answer.sample_seconds, sample, "{last} s");
        assert_eq!((usual(u64::from(last as u32)), bytes_of_points(&answer.series[0])), (every, 123), "{last} s");
    }
}

#[test]
fn a_wrong_time_is_told_instead_of_years_of_parts() {
    let mut tally = Tally::new(None);
    tally.see(Time(0)).unwrap();
    let told = tally.see(Time(u64::MAX)).unwrap_err().to_string();
    assert!(told.contains("one of them has a wrong time: give --from and --to"), "{told}");
    let told = Layout::new(Some(Every::Seconds(1)), &utc(), 0, 30_000).map(drop).unwrap_err().to_string();
    assert!(told.contains("more than 20000 parts of 1 second: ask for longer ones by --every"), "{told}");
}

/// A flood from a hundred thousand addresses, and one who talks all the time.
#[test]
fn a_flood_of_addresses_takes_bounded_memory_and_no_byte_is_lost() {
    let mut packets = Vec::new();
    for at in 0..200_000_u32 {
        let second = f64::from(at) / 1_000.0;
        packets.push(facts(second, (1, 0xc000_0000 + at), (1, 2), 60));
        if at % 100 == 0 {
            packets.push(facts(second, (2, WEB), (1, 2), 1_000));
        }
    }
    let answer = answer(&packets, By::Pair, None, None);
    assert!(answer.series.len() * answer.parts.len() <= 1_000_000 + 200, "{} subjects", answer.series.len());
    let sums = sums(&answer);
    assert_eq!(sums[0], ("10.0.0.2 <-> 10.0.0.2".into(), 0, 2_000_000), "the busiest lost something");
    assert_eq!(sums.iter().map(|(_, rx, tx)| rx + tx).sum::<u64>(), 14_000_000);
    assert_eq!(answer.series.iter().map(bytes_of_points).sum::<u64>(), 14_000_000);
    assert!(answer.series.last().unwrap().subject.key.is_empty());
}

proptest! {
    /// Neither the order of packets nor how many are told apart changes what there is in all.
    #[test]
    fn sums_are_those_of_the_packets(
        seen in vec((0.0..20_000.0_f64, 0..4_u8, 0..4_u32, 0..3_u16, 1..2_000_u32), 1..60),
        top in 1..5_usize,
        order in any::<u64>(),
    ) {
        let mut packets: Vec<Facts> =
            seen.iter().map(|&(second, from, to, port, bytes)| facts(second, (from, to), (port, 9), bytes)).collect();
        let all: u64 = packets.iter().map(|facts| u64::from(facts.bytes)).sum();
        let before = answer(&packets, By::Pair, None, Some(top));
        packets.sort_by_key(|facts| (facts.bytes.wrapping_mul(order as u32 | 1), facts.time));
        let after = answer(&packets, By::Pair, None, Some(top));
        prop_assert_eq!(&before, &after);
        prop_assert_eq!(before.series.iter().map(bytes_of_points).sum::<u64>(), all);
        prop_assert!(before.series.len() <= top + 1);
        let mut by_hand: BTreeMap<Who, u64> = BTreeMap::new();
        for facts in &packets {
            By::Pair.each(facts, |who, _| *by_hand.entry(who).or_default() += u64::from(facts.bytes));
        }
        prop_assert_eq!(before.whole[0].rx.bytes + before.whole[0].tx.bytes, by_hand.values().copied().max().unwrap());
    }
}

fn args(line: &str) -> Result<Box<ReportArgs>, String> {
    let cli = Cli::try_parse_from(line.split(' ')).map_err(|error| error.to_string())?;
    let Some(Command::Report(args)) = cli.command else { return Err("no report".into()) };
    Ok(args)
}

fn made(line: &str, path: &Path) -> Result<Made, String> {
    let args = args(line)?;
    let now = "2026-11-25T21:00:00Z".parse().unwrap();
    report(&args, path, ReportFormat::Json, now).map_err(|failure| failure.to_string())
}

/// ARP requests, one a second.
fn file(directory: &Path, packets: u64) -> std::path::PathBuf {
    let path = directory.join("made.pcap");
    let mut writer = Writer::create(&path, LinkType::ETHERNET).unwrap();
    let mut packet = vec![0xff; 12];
    packet.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
    for at in 0..packets {
        writer.write(Time((BEGIN + at) * 1_000_000_000), 60, &packet).unwrap();
    }
    writer.finish().unwrap();
    path
}

#[test]
fn a_file_that_was_cut_off_is_reported_up_to_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(directory.path(), 10);
    let whole = made("nbw report --read x", &path).unwrap();
    assert!(whole.fault.is_none());
    assert_eq!(sums(&whole.report.answer), [("ARP".into(), 600, 0)]);
    assert_eq!(whole.report.title(), format!("{}: protocols", path.display()));
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    let cut = made("nbw report --read x --by host", &path).unwrap();
    assert_eq!(sums(&cut.report.answer), [("10.0.0.1".into(), 0, 540), ("10.0.0.2".into(), 540, 0)]);
    let fault = cut.fault.unwrap().to_string();
    assert!(fault.contains("from packet 10 on, at byte ") && fault.contains("the capture was cut off"), "{fault}");
}

#[test]
fn parts_that_are_too_many_are_told_before_all_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(directory.path(), 20_002);
    let bytes = fs::read(&path).unwrap();
    // Behind what is too long there is no more file.
    fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    let told = made("nbw report --read x --every 1s", &path).unwrap_err();
    assert_eq!(told, "that would be more than 20000 parts of 1 second: ask for longer ones by --every");
    assert!(made("nbw report --read x --every 2s", &path).unwrap().fault.is_some());
}

#[test]
fn from_and_to_choose_among_the_packets() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(directory.path(), 10);
    let line = "nbw report --zone UTC --read x --from 2026-11-25T20:30:02Z --to 2026-11-25T20:30:05Z";
    assert_eq!(sums(&made(line, &path).unwrap().report.answer), [("ARP".into(), 180, 0)]);
    let none = made("nbw report --zone UTC --read x --from 2027-01-01", &path).unwrap_err();
    assert_eq!(none, format!("there are no packets of the time asked for in {}", path.display()));
    let empty = file(directory.path(), 0);
    assert_eq!(
        made("nbw report --read x", &empty).unwrap_err(),
        format!("there are no packets in {}", empty.display())
    );
}

#[test]
fn options_of_the_history_are_none_of_captures() {
    for option in [
        "--quota 1GB",
        "--advice",
        "--compare previous",
        "--last 1h",
        "--data-dir /",
        "-i eth0",
        "-c web",
        "-u ssh",
        "-g /",
    ] {
        let told = args(&format!("nbw report --read x {option}")).unwrap_err();
        assert!(told.contains("cannot be used with"), "{option}: {told}");
    }
    let told = made("nbw report --read x --by container", Path::new("/dev/null")).unwrap_err();
    assert_eq!(told, "a capture does not know whose its packets were: give --by protocol, host, pair or port");
    let told = made("nbw report --read x --from 2026-01-02 --to 2026-01-01", Path::new("/dev/null")).unwrap_err();
    assert!(told.starts_with("there is no time between --from and --to"), "{told}");
}
