use std::{collections::HashSet, net::TcpListener, time::Duration};

use super::{
    LONG, firing,
    receiver::{Answer, Receiver},
    resolved, start, status, until, until_status,
};
use crate::action::inbox::MOST_NOTICES;

/// A server that takes connections and says nothing.
fn dead() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

/// That `tell` does not wait is in its signature: it is no future, and what it locks nobody holds while waiting.
#[tokio::test]
async fn what_a_dead_webhook_has_to_be_told_is_bounded_and_counted() {
    let (_listener, url) = dead();
    let dispatcher = start(&format!("[dead]\ntype = \"webhook\"\nurl = \"{url}\""));
    let told = MOST_NOTICES + 777;
    for number in 0..told {
        dispatcher.tell(&[firing("busy", &number.to_string())]);
        assert!(status(&dispatcher, "dead").queued <= MOST_NOTICES);
    }
    let dead = status(&dispatcher, "dead");
    assert_eq!((dead.queued, dead.dropped, dead.sent, dead.failed), (MOST_NOTICES, 777, 0, 0));
}

#[tokio::test]
async fn of_500_notices_none_is_lost_while_the_webhook_fails() {
    let answers = [Answer::Status(500), Answer::Nothing, Answer::Status(502)];
    let receiver = Receiver::start(answers).await;
    let dispatcher = start(&format!("[ops]\ntype = \"webhook\"\nurl = \"{}\"\ntimeout = \"300ms\"", receiver.url()));
    let notices: Vec<_> = (0..500).map(|number| firing("busy", &number.to_string())).collect();
    dispatcher.tell(&notices);
    dispatcher.tell(&[resolved("busy", "0")]);
    let ops = until_status(&dispatcher, "ops", |ops| ops.sent == 501).await;
    assert_eq!((ops.dropped, ops.failed, ops.queued), (0, 0, 0));
    let subjects: HashSet<String> = receiver.alerts().into_iter().map(|(_, subject)| subject).collect();
    assert_eq!(subjects.len(), 500);
    assert_eq!(receiver.alerts().last().unwrap(), &("resolved".to_owned(), "0".to_owned()));
}

#[tokio::test]
async fn what_hangs_delays_no_other() {
    let (_listener, url) = dead();
    let receiver = Receiver::start([]).await;
    let directory = tempfile::tempdir().unwrap();
    let script = super::exec::script(&directory, "read line; sleep 1000");
    let dispatcher = start(&format!(
        "[dead]\ntype = \"webhook\"\nurl = \"{url}\"\ntimeout = \"1h\"\n[stuck]\ntype = \"exec\"\ncommand = [\"{script}\"]\n\
         timeout = \"1h\"\n[ops]\ntype = \"webhook\"\nurl = \"{}\"",
        receiver.url()
    ));
    dispatcher.tell(&[firing("busy", "web")]);
    until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
    assert_eq!((status(&dispatcher, "dead").queued, status(&dispatcher, "stuck").queued), (1, 1));
    let left = dispatcher.finish(Duration::from_secs(1)).await;
    assert_eq!(left.iter().map(|action| action.queued).sum::<usize>(), 1, "{left:?}");
}

#[tokio::test]
async fn the_end_tells_what_it_can() {
    let receiver = Receiver::start([Answer::Status(500)]).await;
    let dispatcher = start(&format!("[ops]\ntype = \"webhook\"\nurl = \"{}\"", receiver.url()));
    dispatcher.tell(&[firing("busy", "web"), resolved("busy", "web")]);
    let left = dispatcher.finish(LONG).await;
    assert_eq!((left[0].queued, left[0].sent), (0, 2));
    assert_eq!(receiver.alerts().len(), 3);
}

#[tokio::test]
async fn only_named_actions_are_told() {
    let receiver = Receiver::start([]).await;
    let hook = |name| format!("[{name}]\ntype = \"webhook\"\nurl = \"http://{}/{name}\"\n", receiver.address);
    let dispatcher = start(&(hook("one") + &hook("two")));
    let mut named = firing("busy", "web");
    named.actions = vec!["two".into()];
    dispatcher.tell(&[named, firing("idle", "web")]);
    until("three posts", || receiver.requests().len() == 3).await;
    let count = |path| receiver.requests().iter().filter(|request| request.path == path).count();
    assert_eq!((count("/one"), count("/two")), (1, 2));
}
