//! The state on disk.

use std::{fs, path::Path};

use super::{store::Store, *};

fn now() -> Timestamp {
    "2026-11-25T09:00:00Z".parse().unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn firing() -> Host {
    let mut host = Host::new(vec![fast("eth0", 0)]);
    assert_eq!(host.second(2.0 * LIMIT).len(), 1);
    host
}

#[test]
fn what_is_written_is_read() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::new(&home.path().join("nbw"));
    let nothing = store.read(now());
    assert!(nothing.saved.is_none() && nothing.warning.is_none());
    let mut host = firing();
    store.write(&host.engine.save()).unwrap();
    store.write(&host.engine.save()).unwrap();
    assert_eq!(names(&home.path().join("nbw")), ["alerts.json"]);
    let restored = store.read(now());
    assert_eq!(restored.warning, None);
    host.engine = Engine::new(vec![fast("eth0", 0)], utc(), restored.saved);
    assert!(host.second(2.0 * LIMIT).is_empty());
    assert_eq!(changes(&host.second(0.0)), [Change::Resolved]);
}

#[test]
fn what_cannot_be_understood_is_set_aside() {
    let good = serde_json::to_string(&firing().engine.save()).unwrap();
    for (text, reason) in [
        ("{\"version\":1", "EOF while parsing"),
        ("", "EOF while parsing"),
        ("\u{0}\u{0}", "expected value"),
        ("{\"version\":2,\"other\":[]}", "it is of version 2, and this nbw knows version 1"),
        (&good.replace("\"lives\"", "\"souls\""), "missing field `lives`"),
        (&good.replace("\"firing\"", "\"burning\""), "unknown variant `burning`"),
    ] {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("alerts.json"), text).unwrap();
        let restored = Store::new(home.path()).read(now());
        let warning = restored.warning.unwrap();
        assert!(restored.saved.is_none() && warning.contains(reason), "{warning}");
        assert!(warning.contains("alerts.json.2026-11-25T090000Z now, and alerts begin anew"), "{warning}");
        assert_eq!(names(home.path()), ["alerts.json.2026-11-25T090000Z"]);
        assert!(Store::new(home.path()).read(now()).warning.is_none(), "it is told once");
    }
}

#[test]
fn bytes_that_are_no_text_and_directories_are_set_aside_too() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::new(home.path());
    fs::write(home.path().join("alerts.json"), [0xff, 0xfe]).unwrap();
    assert!(store.read(now()).warning.unwrap().contains("begin anew"));
    fs::create_dir(home.path().join("alerts.json")).unwrap();
    let later = now().checked_add(seconds(1)).unwrap();
    assert!(store.read(later).warning.unwrap().contains("it is no file of nbw's"));
    assert_eq!(names(home.path()).len(), 2);
}

#[test]
fn a_disk_that_cannot_be_written_to_is_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    let blocked = home.path().join("file");
    fs::write(&blocked, "").unwrap();
    let error = Store::new(&blocked.join("nbw")).write(&firing().engine.save()).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot keep the state of alerts in ") && error.contains("file/nbw/alerts.json: "),
        "{error}"
    );
    assert!(error.contains("Not a directory") && error.ends_with("they may be told again"), "{error}");
    let full = Store::new(Path::new("/proc/self/nbw")).write(&firing().engine.save());
    assert!(full.is_err());
}

#[test]
fn a_layout_that_is_not_known_is_no_state() {
    let mut saved = firing().engine.save();
    saved.version += 1;
    let mut host = firing();
    host.engine = Engine::new(vec![fast("eth0", 0)], utc(), Some(saved));
    assert_eq!(changes(&host.second(2.0 * LIMIT)), [Change::Firing]);
}

#[test]
fn what_would_not_be_read_again_is_not_written() {
    let home = tempfile::tempdir().unwrap();
    let saved = firing().engine.save();
    let length = serde_json::to_vec(&saved).unwrap().len() as u64;
    let store = |greatest| Store::new(home.path()).with_greatest(greatest);
    store(length).write(&saved).unwrap();
    assert!(store(length).read(now()).saved.is_some());
    let error = store(length - 1).write(&saved).unwrap_err().to_string();
    assert!(error.contains("it takes 1 MiB, and no more than 1 MiB are read again: narrow the patterns"), "{error}");
    assert!(store(length).read(now()).saved.is_some(), "the old one is untouched");
}

#[test]
fn what_is_being_saved_is_shared_until_it_changes() {
    let usual = Spec::of_rule("interface eth0 rx > 3x usual".parse().unwrap());
    let mut host = Host::new(vec![usual]);
    let text = |saved: &Saved| serde_json::to_string(saved).unwrap();
    for _ in 0..3 {
        host.after(seconds(3_600), &[("eth0", 1e6)]);
    }
    let saved = host.engine.save();
    let before = text(&saved);
    let shared = |host: &Host| host.engine.watches[0].state.baselines.shares(&saved.rules[0].state.baselines, "eth0");
    assert!(shared(&host));
    host.after(seconds(3_600), &[("eth0", 2e6)]);
    assert!(!shared(&host));
    assert_eq!(text(&saved), before);
    assert_ne!(text(&host.engine.save()), before);
}
