use std::time::Duration;

use super::{
    actions, firing,
    receiver::{Answer, Receiver},
    replace, resolved, start, status, until, until_status,
};

fn hook(name: &str, receiver: &Receiver) -> String {
    format!("[{name}]\ntype = \"webhook\"\nurl = \"{}\"\n", receiver.url())
}

#[tokio::test]
async fn what_is_not_told_yet_goes_where_the_new_settings_say() {
    let (old, new) = (Receiver::start([Answer::Nothing]).await, Receiver::start([]).await);
    let mut dispatcher = start(&hook("ops", &old));
    dispatcher.tell(&[firing("a", "1"), firing("b", "1")]);
    until("a request to the old one", || old.requests().len() == 1).await;
    replace(&mut dispatcher, &hook("ops", &new)).unwrap();
    dispatcher.tell(&[firing("c", "1")]);
    let ops = until_status(&dispatcher, "ops", |ops| ops.sent == 3).await;
    assert_eq!((ops.queued, ops.failed, old.requests().len()), (0, 0, 1));
    let told: Vec<String> =
        new.requests().iter().map(|post| post.json["alerts"][0]["fingerprint"].to_string()).collect();
    assert_eq!(told, [r#""a/1""#, r#""b/1""#, r#""c/1""#]);
}

#[tokio::test]
async fn a_wrong_configuration_changes_nothing() {
    let receiver = Receiver::start([]).await;
    let mut dispatcher = start(&hook("ops", &receiver));
    let wrong = format!("{}[bad]\ntype = \"exec\"\ncommand = [\"relative\"]", hook("other", &receiver));
    assert!(replace(&mut dispatcher, &wrong).is_err());
    dispatcher.tell(&[firing("a", "1")]);
    until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
    assert_eq!(dispatcher.status().len(), 1);
}

#[tokio::test]
async fn what_has_not_changed_keeps_its_counts_and_what_is_gone_says_its_last() {
    let (kept, gone) = (Receiver::start([]).await, Receiver::start([Answer::Status(500), Answer::Status(500)]).await);
    let mut dispatcher = start(&(hook("kept", &kept) + &hook("gone", &gone)));
    dispatcher.tell(&[firing("a", "1")]);
    until_status(&dispatcher, "kept", |kept| kept.sent == 1).await;
    replace(&mut dispatcher, &hook("kept", &kept)).unwrap();
    assert_eq!(status(&dispatcher, "kept").sent, 1);
    until("its last", || gone.requests().len() == 3).await;
    dispatcher.tell(&[firing("b", "1")]);
    until_status(&dispatcher, "kept", |kept| kept.sent == 2).await;
    dispatcher.finish(Duration::from_secs(5)).await;
    assert_eq!(gone.requests().len(), 3);
}

#[tokio::test]
async fn another_type_of_the_same_name_begins_anew() {
    let receiver = Receiver::start([]).await;
    let mut dispatcher = start(&hook("ops", &receiver));
    dispatcher.tell(&[firing("a", "1")]);
    until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
    replace(&mut dispatcher, "[ops]\ntype = \"log\"").unwrap();
    let ops = status(&dispatcher, "ops");
    assert_eq!((&*ops.kind, ops.sent), ("log", 0));
    dispatcher.tell(&[firing("b", "1")]);
    until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
}

/// As when a reload takes a rule and its action away: the end is told before the action goes.
#[tokio::test]
async fn what_is_told_before_an_action_goes_reaches_it() {
    let receiver = Receiver::start([]).await;
    let mut dispatcher = start(&hook("ops", &receiver));
    dispatcher.tell(&[firing("a", "1")]);
    until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
    let prepared = dispatcher.prepare(&actions("")).unwrap();
    dispatcher.tell(&[resolved("a", "1")]);
    dispatcher.commit(prepared);
    assert!(dispatcher.status().is_empty());
    until("word of the end", || receiver.requests().len() == 2).await;
    assert_eq!(receiver.requests()[1].json["status"], "resolved");
}

#[tokio::test]
async fn what_is_prepared_and_not_taken_changes_nothing() {
    let receiver = Receiver::start([]).await;
    let dispatcher = start(&hook("ops", &receiver));
    drop(dispatcher.prepare(&actions("[other]\ntype = \"log\"")).unwrap());
    dispatcher.tell(&[firing("a", "1")]);
    until_status(&dispatcher, "ops", |ops| ops.sent == 1).await;
    assert_eq!(dispatcher.status().len(), 1);
}
