//! Who is told.

use super::*;

/// [`fast`] that tells these.
fn telling(actions: &[&str]) -> Vec<Spec> {
    vec![Spec { actions: actions.iter().map(|&name| name.into()).collect(), ..fast("eth0", 0) }]
}

fn told(notices: &[Notice]) -> Vec<&str> {
    notices.iter().flat_map(|notice| notice.actions.iter().map(|name| &**name)).collect()
}

#[test]
fn who_was_told_that_it_fires_is_told_that_it_is_over() {
    let mut host = Host::new(telling(&["mail", "chat"]));
    assert_eq!(told(&host.second(2.0 * LIMIT)), ["mail", "chat"]);
    assert!(host.engine.replace(telling(&["chat", "pager"]), utc()).is_empty());
    host.restart(telling(&["chat", "syslog"]), utc());
    assert_eq!(told(&host.second(0.0)), ["mail", "chat", "syslog"]);
    assert_eq!(told(&host.second(2.0 * LIMIT)), ["chat", "syslog"], "the next one is told to those of now");
    host.engine.replace(telling(&["log"]), utc());
    assert_eq!(told(&host.engine.replace(Vec::new(), utc())), ["chat", "syslog", "log"]);
}

#[test]
fn repeats_are_told_to_those_of_now() {
    let repeating = |actions| vec![Spec { repeat: Some(seconds(1)), ..telling(actions).remove(0) }];
    let mut host = Host::new(repeating(&["mail"]));
    assert_eq!(host.second(2.0 * LIMIT).len(), 1);
    host.engine.replace(repeating(&["chat"]), utc());
    assert_eq!(told(&host.second(2.0 * LIMIT)), ["chat"]);
    host.engine.replace(repeating(&["pager"]), utc());
    assert_eq!(told(&host.second(0.0)), ["mail", "chat", "pager"]);
}

#[test]
fn all_actions_and_some_are_all() {
    let mut host = Host::new(telling(&[]));
    assert_eq!(host.second(2.0 * LIMIT).len(), 1);
    host.engine.replace(telling(&["mail"]), utc());
    let over = host.second(0.0);
    assert_eq!((changes(&over), over[0].actions.len()), (vec![Change::Resolved], 0));
}
