use std::time::Duration;

use serde_json::json;

use super::{
    firing,
    receiver::{Answer, Receiver},
    resolved, start, status, until_status,
};

fn webhook(url: &str) -> String {
    format!("[ops]\ntype = \"webhook\"\nurl = \"{url}\"\nheaders = {{ Authorization = \"Bearer secret\" }}\n")
}

#[tokio::test]
async fn a_post_is_what_alertmanager_would_post() {
    let receiver = Receiver::start([]).await;
    let dispatcher = start(&webhook(&receiver.url()));
    dispatcher.tell(&[firing("busy", "web")]);
    until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
    let requests = receiver.requests();
    let labels = json!({
        "alertname": "busy", "severity": "warning", "instance": "box", "scope": "container", "subject": "web",
        "metric": "tx", "runtime": "docker", "pod_name": "web-0", "team": "net",
    });
    let annotations = json!({
        "summary": "web sends 100 Mbit/s", "rule": "container * tx > busy", "value": "100.0 Mbit/s",
        "threshold": "50.0 Mbit/s",
        "description":
            "web sends 100 Mbit/s (rule: container * tx > busy; threshold 50.0 Mbit/s, now 100.0 Mbit/s)",
    });
    let expected = json!({
        "receiver": "ops", "status": "firing", "version": "4", "truncatedAlerts": 0, "externalURL": "",
        "groupKey": r#"{}/{rule="container * tx > busy"}:{alertname="busy"}"#, "groupLabels": {"alertname": "busy"},
        "commonLabels": labels, "commonAnnotations": annotations,
        "alerts": [{
            "status": "firing", "labels": labels, "annotations": annotations, "startsAt": "2026-11-25T10:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": "busy/web",
        }],
    });
    assert_eq!(requests[0].json, expected);
    assert_eq!(requests[0].path, "/hook");
    assert_eq!(requests[0].headers["authorization"], "Bearer secret");
    assert_eq!(requests[0].headers["content-type"], "application/json");
}

#[tokio::test]
async fn what_comes_together_goes_by_rule_and_each_alert_in_order() {
    let receiver = Receiver::start([]).await;
    let dispatcher = start(&webhook(&receiver.url()));
    let notices = [firing("a", "1"), firing("b", "1"), firing("a", "2"), resolved("a", "1"), firing("a", "1")];
    dispatcher.tell(&notices);
    until_status(&dispatcher, "ops", |ops| ops.sent == 5).await;
    let posts: Vec<_> = receiver
        .requests()
        .iter()
        .map(|request| {
            let post = &request.json;
            let alerts = post["alerts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|alert| alert["fingerprint"].as_str().unwrap().to_owned());
            (post["status"].as_str().unwrap().to_owned(), alerts.collect::<Vec<_>>().join(" "))
        })
        .collect();
    let expected = [("firing", "a/1 a/2"), ("firing", "b/1"), ("resolved", "a/1"), ("firing", "a/1")];
    assert_eq!(posts, expected.map(|(status, alerts)| (status.to_owned(), alerts.to_owned())));
}

#[tokio::test]
async fn a_server_that_fails_twice_is_asked_again() {
    let receiver = Receiver::start([Answer::Status(500), Answer::Status(503)]).await;
    let dispatcher = start(&webhook(&receiver.url()));
    dispatcher.tell(&[firing("busy", "web")]);
    let ops = until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
    assert_eq!((ops.failed, ops.queued, ops.retrying, receiver.requests().len()), (0, 0, false, 3));
    let error = ops.last_error.unwrap().text;
    assert!(error.contains("503") && error.contains("what the server says\u{FFFD}[2J"), "{error}");
    assert!(!error.contains("/hook"), "the path may be a secret: {error}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_asked_again_after_the_time_limit() {
    let receiver = Receiver::start([Answer::Nothing]).await;
    let dispatcher = start(&format!("{}timeout = \"200ms\"", webhook(&receiver.url())));
    dispatcher.tell(&[firing("busy", "web")]);
    let ops = until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
    assert_eq!((receiver.requests().len(), ops.failed), (2, 0));
    assert!(ops.last_error.unwrap().text.contains("timed out"));
}

#[tokio::test]
async fn what_the_server_asks_for_is_waited_for() {
    let receiver = Receiver::start([Answer::Later("1")]).await;
    let mut pace = super::quick();
    pace.longest = Duration::from_secs(5);
    let dispatcher = super::Dispatcher::start_at(pace, &super::actions(&webhook(&receiver.url())), "box").unwrap();
    dispatcher.tell(&[firing("busy", "web")]);
    until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
    let requests = receiver.requests();
    assert!(requests[1].at - requests[0].at >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_refusal_is_final_and_a_redirect_is_not_followed() {
    let target = Receiver::start([]).await;
    let receiver = Receiver::start([Answer::Status(400), Answer::Redirect(target.url())]).await;
    let dispatcher = start(&webhook(&receiver.url()));
    dispatcher.tell(&[firing("a", "1"), firing("b", "1"), firing("c", "1")]);
    let ops = until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
    assert_eq!((ops.failed, receiver.requests().len(), target.requests().len()), (2, 3, 0));
    assert!(ops.last_error.unwrap().text.contains("307 Temporary Redirect (redirects are not followed"));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let receiver = Receiver::start([Answer::Endless]).await;
    let dispatcher = start(&webhook(&receiver.url()));
    dispatcher.tell(&[firing("a", "1")]);
    until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
    assert_eq!(status(&dispatcher, "ops").failed, 0);
}

#[tokio::test]
async fn an_old_notice_is_given_up() {
    let receiver = Receiver::start(vec![Answer::Status(500); 100]).await;
    let mut pace = super::quick();
    pace.patience = Duration::from_millis(300);
    let dispatcher = super::Dispatcher::start_at(pace, &super::actions(&webhook(&receiver.url())), "box").unwrap();
    dispatcher.tell(&[firing("a", "1"), firing("b", "1")]);
    let ops = until_status(&dispatcher, "ops", |ops| ops.failed == 2).await;
    assert_eq!((ops.queued, ops.sent), (0, 0));
    assert!(receiver.requests().len() > 2, "it was not tried again");
}
