//! Attacks are told as other alerts are.

use super::{receiver::Receiver, *};
use crate::detection::{Deliver, Wish, fixture};

fn notices() -> Vec<Notice> {
    let mut deliver = Deliver::new(Wish::default());
    let mut notices = deliver.take(&[fixture::flood()]);
    notices.extend(deliver.take(&[fixture::over(fixture::flood())]));
    notices
}

#[tokio::test]
async fn a_webhook_hears_of_the_beginning_and_the_end_with_labels() {
    let receiver = Receiver::start([]).await;
    let toml = format!("[hook]\ntype = \"webhook\"\nurl = \"{}\"", receiver.url());
    let dispatcher = start(&toml);
    dispatcher.tell(&notices());
    until_status(&dispatcher, "hook", |hook| hook.sent == 2).await;
    let posts = receiver.requests();
    let [begun, ended] = [&posts[0], &posts[1]].map(|post| &post.json["alerts"][0]);
    let labels = &begun["labels"];
    for (name, value) in [
        ("alertname", "syn-flood"),
        ("severity", "critical"),
        ("scope", "attack"),
        ("subject", "10.0.0.2:80"),
        ("signature", "syn-flood-spoofed"),
        ("technique", "T1498.001"),
        ("targets", "10.0.0.2:80"),
        ("sources", "198.51.100.1, 198.51.100.2, 198.51.100.3 and 997 more"),
    ] {
        assert_eq!(labels[name], value, "{labels}");
    }
    let annotations = &begun["annotations"];
    assert!(annotations["summary"].as_str().unwrap().starts_with("syn-flood on 10.0.0.2:80: 4,500 SYN/s"));
    assert_eq!(annotations["advice"], fixture::flood().advice);
    assert_eq!((annotations.get("threshold"), &annotations["value"]), (None, &"97 %".into()));
    assert_eq!((&begun["status"], &ended["status"]), (&"firing".into(), &"resolved".into()));
    assert_eq!((&ended["labels"], &ended["fingerprint"]), (labels, &begun["fingerprint"]));
}

#[test]
fn programs_are_told_all_of_the_event() {
    let json = serde_json::to_value(&notices()[0]).unwrap();
    assert_eq!(json["alert"]["event"], serde_json::to_value(fixture::flood()).unwrap());
    let rule = serde_json::to_value(firing("r", "s")).unwrap();
    assert!(rule["alert"].get("event").is_none(), "rules have none");
}
