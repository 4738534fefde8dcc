//! What is generated is recognised: each attack by its signature, with its source and its victim, and nothing else is.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use nbw_detect::{
    Body, Engine, Event, Kind, Limits, Signatures, Time, Volume,
    capture::{LinkType, Reader, Writer},
    simulate::{Attack, Plan, Scenario, attacks, look_alikes},
};

const BEGINNING: u64 = 1_767_225_600_000_000_000;

const SECOND: u64 = 1_000_000_000;

/// Those of a scenario, as a capture has them.
fn packets(scenario: &Scenario, plan: &Plan) -> Reader {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("capture.pcap");
    let mut writer = Writer::create(&file, LinkType::ETHERNET).expect("a capture");
    for timed in scenario.traffic(plan) {
        let time = Time(BEGINNING + timed.at.as_nanos() as u64);
        writer.write(time, timed.frame.len() as u32, &timed.frame).expect("a capture");
    }
    writer.finish().expect("a capture");
    Reader::open(&file).expect("a capture")
}

fn engine() -> Engine {
    Engine::new(&Signatures::built_in(), Limits::default())
}

/// What the engine says of a scenario, at its end.
fn events(scenario: &Scenario, plan: &Plan) -> Vec<Event> {
    let (mut reader, mut engine) = (packets(scenario, plan), engine());
    while let Some(packet) = reader.next_packet().expect("a packet") {
        engine.observe(&packet.facts());
    }
    engine.finish()
}

/// What is known so long after the first packet, when those that are sent later have not come; and at the end.
fn watched(scenario: &Scenario, plan: &Plan, within: Duration) -> (Vec<Event>, Vec<Event>) {
    let (mut reader, mut engine) = (packets(scenario, plan), engine());
    let (mut late, mut soon) = (None, None);
    while let Some(packet) = reader.next_packet().expect("a packet") {
        let facts = packet.facts();
        let late = *late.get_or_insert(Time(facts.time.0 + within.as_nanos() as u64));
        if facts.time > late && soon.is_none() {
            engine.advance(late);
            soon = Some(engine.take_events());
        }
        engine.observe(&facts);
    }
    let soon = soon.unwrap_or_else(|| {
        engine.advance(late.expect("a packet"));
        engine.take_events()
    });
    (soon, engine.finish())
}

fn told(events: &[Event]) -> String {
    let one = |event: &Event| {
        let (sources, targets) = (event.sources.join(" "), event.targets.join(" "));
        format!("\n    {} from {sources} to {targets}: {:?}", event.signature, event.evidence)
    };
    events
        .iter()
        .take(3)
        .map(one)
        .chain((events.len() > 3).then(|| format!("\n    and {} more", events.len() - 3)))
        .collect()
}

/// Whether the events are one, the right one.
fn is_right(attack: &Attack, events: &[Event]) -> bool {
    let [event] = events else { return false };
    event.signature == attack.signature
        && event.kind == attack.kind
        && attack.source.is(&event.sources, event.source_count)
        && attack.target.is(&event.targets, event.target_count)
}

fn on_packets() -> impl Iterator<Item = &'static Attack> {
    attacks().filter(|attack| !attack.needs_history)
}

/// How much longer than it has to be recognised in it goes on: nothing else may come of it.
const GRACE: Duration = Duration::from_secs(1);

#[test]
fn each_attack_is_recognised_in_time_and_nothing_else() {
    let mut wrong = String::new();
    for attack in on_packets() {
        let (scenario, within) = (&attack.scenario, attack.within);
        let plan = Plan { duration: within + GRACE, ..scenario.plan() };
        let (soon, all) = watched(scenario, &plan, within);
        if !is_right(attack, &soon) {
            wrong += &format!("\n  {}, after {within:?}:{}", scenario.name, told(&soon));
        }
        if !is_right(attack, &all) {
            wrong += &format!("\n  {}, at the end:{}", scenario.name, told(&all));
        }
    }
    assert!(wrong.is_empty(), "not as they should be:{wrong}");
}

/// Attempts of what is harmless that are looked at, at most.
const MANY: f64 = 6_000.0;

/// As far back as slow signatures look.
const LONG: f64 = 7_200.0;

#[test]
fn look_alikes_are_not_reported_however_long_they_last() {
    let mut wrong = String::new();
    for alike in look_alikes() {
        let (scenario, own) = (&alike.scenario, alike.scenario.plan());
        let long = Duration::from_secs_f64((MANY / own.rate).min(LONG));
        let events = events(scenario, &Plan { duration: own.duration.max(long), ..own });
        if !events.is_empty() {
            wrong += &format!("\n  {}:{}", scenario.name, told(&events));
        }
    }
    assert!(wrong.is_empty(), "reported, and harmless:{wrong}");
}

/// What one has sent to another in a second, as the host counts it.
fn volumes(scenario: &Scenario) -> Vec<Volume> {
    let mut reader = packets(scenario, &scenario.plan());
    let mut sent: BTreeMap<(u64, IpAddr, IpAddr), u64> = BTreeMap::new();
    while let Some(packet) = reader.next_packet().expect("a packet") {
        let facts = packet.facts();
        let Body::Ip(ip) = facts.body else { continue };
        let second = facts.time.0 / SECOND;
        *sent.entry((second, ip.source, ip.destination)).or_default() += u64::from(facts.bytes);
    }
    let volume = |((second, source, target), bytes)| Volume {
        time: Time((second + 1) * SECOND),
        source,
        target,
        bytes,
        usual: 1_000,
    };
    sent.into_iter().map(volume).collect()
}

#[test]
fn a_host_that_knows_what_is_usual_tells_of_theft_in_time_and_of_no_backup() {
    for attack in attacks().filter(|attack| attack.needs_history) {
        let mut engine = engine();
        let late = Time(BEGINNING + attack.within.as_nanos() as u64);
        volumes(&attack.scenario).iter().filter(|volume| volume.time <= late).for_each(|volume| engine.volume(volume));
        let events = engine.take_events();
        assert!(is_right(attack, &events), "{}:{}", attack.scenario.name, told(&events));
    }
    for alike in look_alikes().filter(|alike| alike.resembles == Kind::Exfiltration) {
        let mut engine = engine();
        volumes(&alike.scenario).iter().for_each(|volume| engine.volume(volume));
        let events = engine.finish();
        assert!(events.is_empty(), "{}:{}", alike.scenario.name, told(&events));
    }
}

#[test]
fn just_under_each_threshold_nothing_fires() {
    let signatures = Signatures::built_in();
    let mut wrong = String::new();
    for attack in on_packets() {
        let signature = signatures.get(attack.signature).unwrap();
        let main = &signature.count[0].name;
        let bound = signature.when.iter().find(|it| it.value == *main && it.per.is_none());
        let bound = bound.and_then(|it| it.at_least).expect("what the attack consists of has a bound");
        // As many attempts within one window as give nearly as much.
        let attempts = (0.9 * bound / f64::from(attack.each)).floor();
        let rate = attempts / signature.window as f64;
        let plan = Plan { rate, duration: Duration::from_secs(signature.window), seed: 5 };
        let events = events(&attack.scenario, &plan);
        if !events.is_empty() {
            wrong += &format!("\n  {}, {rate:.3} a second:{}", attack.scenario.name, told(&events));
        }
    }
    assert!(wrong.is_empty(), "told of, and below the bound:{wrong}");
}
