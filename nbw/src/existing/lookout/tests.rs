#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, time::Instant};

use super::*;

fn rules(texts: &[&str]) -> Vec<Rule> {
    texts.iter().map(|text| text.parse().unwrap_or_else(|error| panic!("{error}"))).collect()
}

#[test]
fn nobody_looks_where_no_rule_is_about_silence() {
    let rules = rules(&["unit * tx > 1kB/s", "interface * tx < 1kB/s", "process * tx < 1kB/s", "host tx < 1kB/s"]);
    assert!(Lookout::start(CgroupRoot::find().unwrap(), rules.iter()).unwrap().is_none());
}

/// The hierarchy of this machine, as it is read by other means.
#[test]
fn what_is_there_is_found() {
    let rules = rules(&["cgroup /** tx < 1kB/s", "cgroup /nbw-no-such tx < 1kB/s", "unit * tx > 1kB/s"]);
    let root = CgroupRoot::find().unwrap();
    let top = fs::read_dir(crate::cgroup_root::mount_point()).unwrap().flatten();
    let mut wanted = top.filter(|entry| entry.file_type().unwrap().is_dir());
    let wanted = wanted.next().map(|entry| format!("/{}", entry.file_name().to_str().unwrap()));
    let lookout = Lookout::start(root, rules.iter()).unwrap().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let present = loop {
        if let Some(present) = lookout.present() {
            break present;
        }
        assert!(Instant::now() < deadline, "nothing was seen");
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(present.of.len(), 2, "the third rule is not about silence");
    assert!(present.of[&rules[1].text].is_empty());
    let all = &present.of[&rules[0].text];
    if let Some(wanted) = wanted {
        assert!(all.iter().any(|subject| *subject.key == *wanted), "{wanted} is not among {}", all.len());
        assert!(present.keys[&Scope::Cgroup].contains(&*wanted));
    }
}
