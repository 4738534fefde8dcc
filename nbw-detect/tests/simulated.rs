//! What is generated is recognised: each attack by its signature, with its source and its victim, and nothing else is.

use std::time::Duration;

use nbw_detect::{
    Engine, Event, Limits, Signatures, Time,
    capture::{LinkType, Reader, Writer},
    simulate::{Attack, Plan, Scenario, attacks, look_alikes},
};

const BEGINNING: u64 = 1_767_225_600_000_000_000;

/// What the engine says of a scenario, as of a capture: of all of it, or of what has come by then, at that moment.
fn events(scenario: &Scenario, plan: &Plan, by: Option<Duration>) -> Vec<Event> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("capture.pcap");
    let mut writer = Writer::create(&file, LinkType::ETHERNET).expect("a capture");
    for timed in scenario.traffic(plan).take_while(|timed| by.is_none_or(|by| timed.at <= by)) {
        let time = Time(BEGINNING + timed.at.as_nanos() as u64);
        writer.write(time, timed.frame.len() as u32, &timed.frame).expect("a capture");
    }
    writer.finish().expect("a capture");
    let mut reader = Reader::open(&file).expect("a capture");
    let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
    while let Some(packet) = reader.next_packet().expect("a packet") {
        engine.observe(&packet.facts());
    }
    let Some(by) = by else { return engine.finish() };
    engine.advance(Time(BEGINNING + by.as_nanos() as u64));
    engine.take_events()
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

#[test]
fn each_attack_is_recognised_in_time_and_nothing_else() {
    let mut wrong = String::new();
    for attack in on_packets() {
        let scenario = &attack.scenario;
        let events = events(scenario, &scenario.plan(), Some(attack.within));
        if !is_right(attack, &events) {
            wrong += &format!("\n  {}, after {:?}:{}", scenario.name, attack.within, told(&events));
        }
    }
    assert!(wrong.is_empty(), "not as they should be:{wrong}");
}

#[test]
fn look_alikes_are_not_reported() {
    let mut wrong = String::new();
    for alike in look_alikes() {
        let events = events(&alike.scenario, &alike.scenario.plan(), None);
        if !events.is_empty() {
            wrong += &format!("\n  {}:{}", alike.scenario.name, told(&events));
        }
    }
    assert!(wrong.is_empty(), "reported, and harmless:{wrong}");
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
        let events = events(&attack.scenario, &plan, None);
        if !events.is_empty() {
            wrong += &format!("\n  {}, {rate:.3} a second:{}", attack.scenario.name, told(&events));
        }
    }
    assert!(wrong.is_empty(), "told of, and below the bound:{wrong}");
}
