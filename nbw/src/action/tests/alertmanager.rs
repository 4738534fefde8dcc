use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    firing,
    receiver::{Answer, Receiver},
    replace, resolved, start, status, until, until_status,
};
use crate::{
    action::board::{Board, MOST_ALERTS},
    alert::{Change, Severity},
};

fn alertmanager(receiver: &Receiver, resend: &str) -> String {
    format!("[am]\ntype = \"alertmanager\"\nurl = \"http://{}/prefix/\"\nresend = \"{resend}\"", receiver.address)
}

/// Each alert of each post: its severity, its subject, and whether it fires.
fn told(receiver: &Receiver) -> Vec<(String, String, bool)> {
    let alerts = receiver.requests().into_iter().flat_map(|request| request.json.as_array().unwrap().clone());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let fires = |alert: &Value| text(&alert["endsAt"]).parse::<Timestamp>().unwrap() > Timestamp::now();
    alerts.map(|alert| (text(&alert["labels"]["severity"]), text(&alert["labels"]["subject"]), fires(&alert))).collect()
}

#[tokio::test]
async fn alerts_are_posted_as_the_api_has_them() {
    let receiver = Receiver::start([]).await;
    let dispatcher = start(&alertmanager(&receiver, "1h"));
    dispatcher.tell(&[firing("busy", "web")]);
    until_status(&dispatcher, "am", |am| am.sent == 1).await;
    dispatcher.tell(&[resolved("busy", "web")]);
    let am = until_status(&dispatcher, "am", |am| am.sent == 2).await;
    assert_eq!((am.queued, am.failed), (0, 0));
    let requests = receiver.requests();
    let (first, second) = (&requests[0].json[0], &requests[1].json[0]);
    assert_eq!((&*requests[0].path, requests.len()), ("/prefix/api/v2/alerts", 2));
    assert_eq!(first["labels"]["alertname"], "busy");
    assert_eq!(first["labels"]["team"], "net");
    assert_eq!((&first["labels"], &first["startsAt"]), (&second["labels"], &second["startsAt"]));
    assert_eq!(first["startsAt"], "2026-11-25T10:00:00Z");
    assert_eq!(second["endsAt"], "2026-11-25T10:05:00Z");
    let ahead = first["endsAt"].as_str().unwrap().parse::<Timestamp>().unwrap().duration_since(Timestamp::now());
    assert!((3 * 3600..=4 * 3600).contains(&ahead.as_secs()), "{ahead:?}");
}

#[tokio::test]
async fn what_fires_is_told_again_and_again_and_counted_once() {
    let receiver = Receiver::start([Answer::Status(500), Answer::Status(200), Answer::Status(500)]).await;
    let dispatcher = start(&alertmanager(&receiver, "20ms"));
    dispatcher.tell(&[firing("busy", "web")]);
    until("five posts", || receiver.requests().len() >= 5).await;
    assert_eq!(status(&dispatcher, "am").sent, 1);
    dispatcher.tell(&[resolved("busy", "web")]);
    until_status(&dispatcher, "am", |am| am.sent == 2).await;
    let posts = receiver.requests().len();
    dispatcher.finish(Duration::from_secs(5)).await;
    assert_eq!(receiver.requests().len(), posts, "what has ended is told once");
}

/// Other labels are another alert there: the former one has to end.
#[tokio::test]
async fn another_severity_ends_the_former_alert() {
    let receiver = Receiver::start([]).await;
    let dispatcher = start(&alertmanager(&receiver, "1h"));
    dispatcher.tell(&[firing("busy", "web")]);
    until_status(&dispatcher, "am", |am| am.sent == 1).await;
    let mut worse = firing("busy", "web");
    (worse.change, worse.alert.severity) = (Change::Severity, Severity::Critical);
    dispatcher.tell(&[worse]);
    until_status(&dispatcher, "am", |am| am.sent == 3).await;
    let mut told = told(&receiver)[1..].to_vec();
    told.sort();
    let expected = [("critical", true), ("warning", false)];
    assert_eq!(told, expected.map(|(severity, fires)| (severity.to_owned(), "web".to_owned(), fires)));
}

#[tokio::test]
async fn an_end_is_told_though_the_server_was_away() {
    let receiver = Receiver::start(vec![Answer::Status(503); 3]).await;
    let dispatcher = start(&alertmanager(&receiver, "1h"));
    dispatcher.tell(&[firing("busy", "web"), firing("busy", "db")]);
    dispatcher.tell(&[resolved("busy", "web")]);
    let am = until_status(&dispatcher, "am", |am| am.queued == 0).await;
    assert_eq!((am.sent, am.failed), (2, 0), "only the last state of each counts");
    let fires: Vec<bool> = told(&receiver).iter().rev().take(2).map(|(_, _, fires)| *fires).collect();
    assert!(fires.contains(&true) && fires.contains(&false));
}

#[tokio::test]
async fn what_fires_is_taken_up_after_a_restart_and_by_a_new_server() {
    let (one, two) = (Receiver::start([]).await, Receiver::start([]).await);
    let mut dispatcher = start(&alertmanager(&one, "1h"));
    for _ in 0..3 {
        dispatcher.keep_alive(&[firing("busy", "web")]);
    }
    until_status(&dispatcher, "am", |am| am.sent == 1).await;
    replace(&mut dispatcher, &alertmanager(&two, "1h")).unwrap();
    until("the new one knows", || told(&two).len() == 1).await;
    dispatcher.keep_alive(&[firing("busy", "web")]);
    dispatcher.finish(Duration::from_secs(5)).await;
    assert_eq!((told(&one).len(), told(&two).len()), (1, 1));
}

/// A reload that takes the rule's action away: nobody else would ever end it there.
#[tokio::test]
async fn what_is_not_for_it_any_more_ends_now() {
    let receiver = Receiver::start([]).await;
    let dispatcher = start(&format!("{}\n[other]\ntype = \"log\"", alertmanager(&receiver, "1h")));
    dispatcher.tell(&[firing("busy", "web"), firing("busy", "db")]);
    until_status(&dispatcher, "am", |am| am.sent == 2).await;
    let mut elsewhere = firing("busy", "web");
    elsewhere.actions = vec!["other".into()];
    dispatcher.keep_alive(&[elsewhere.clone(), firing("busy", "db")]);
    until_status(&dispatcher, "am", |am| am.sent == 3).await;
    dispatcher.keep_alive(&[elsewhere, firing("busy", "db")]);
    dispatcher.finish(Duration::from_secs(5)).await;
    let ended: Vec<_> = told(&receiver).into_iter().filter(|(_, _, fires)| !fires).collect();
    assert_eq!(ended, [("warning".to_owned(), "web".to_owned(), false)]);
}

#[test]
fn of_two_rules_with_the_same_labels_one_is_enough() {
    let (board, mut twin) = (Board::default(), firing("busy", "web"));
    twin.alert.id = "twin".into();
    let (one, twin) = (Arc::new(firing("busy", "web")), Arc::new(twin));
    assert!(board.reconcile([&one, &twin].into_iter(), "box"));
    board.done(&board.due(Duration::from_secs(60), 10));
    assert!(!board.reconcile([&one].into_iter(), "box"), "the other one goes on");
    assert!(board.reconcile([].into_iter(), "box"));
    let due = board.due(Duration::from_secs(60), 10);
    assert_eq!((due.len(), due[0].ended.is_some()), (1, true));
}

#[test]
fn the_board_is_bounded_and_ends_of_rules_with_the_same_labels_do_not_mix() {
    let board = Board::default();
    for number in 0..MOST_ALERTS + 5 {
        board.put(&Arc::new(firing("busy", &number.to_string())), "box");
    }
    assert_eq!(board.counts(), (MOST_ALERTS, 5));
    board.put(&Arc::new(resolved("busy", "7")), "box");
    board.put(&Arc::new(firing("busy", "another")), "box");
    assert_eq!(board.counts(), (MOST_ALERTS, 6), "what has ended makes room");
    let mut twin = firing("busy", "8");
    twin.alert.id = "twin".into();
    board.put(&Arc::new(twin), "box");
    board.put(&Arc::new(resolved("busy", "8")), "box");
    let due = board.due(Duration::from_secs(60), MOST_ALERTS);
    let eighth = due.iter().find(|due| &*due.notice.alert.subject.name == "8").unwrap();
    assert_eq!((&*eighth.notice.alert.id, eighth.ended), ("twin", None));
}
