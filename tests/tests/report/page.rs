//! The page in headless Chromium, driven by Playwright; axe-core looks for faults that keep people out. What is from npm is
//! pinned in tests/browser/package-lock.json.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::past::{HOSTILE, NAMES, Past};

/// Seconds that the packages, or the browser, may take.
const PATIENCE: &str = "240";

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("browser")
}

/// A directory that has the packages, from an earlier run where they are the same.
fn workshop() -> PathBuf {
    let workshop = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    fs::create_dir_all(&workshop).expect("a directory");
    let lock = fs::read(source().join("package-lock.json")).expect("the lock file");
    let is_there = fs::read(workshop.join("installed")).is_ok_and(|installed| installed == lock);
    for file in ["package.json", "package-lock.json", "check.mjs"] {
        fs::copy(source().join(file), workshop.join(file)).expect("a copy");
    }
    if !is_there {
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&workshop));
        fs::write(workshop.join("installed"), lock).expect("a mark");
    }
    workshop
}

/// Runs it, for a bounded time, and returns what it printed.
fn run(command: &mut Command) -> String {
    let mut bounded = Command::new("timeout");
    bounded.args(["--kill-after", "5", PATIENCE]).arg(command.get_program()).args(command.get_args());
    if let Some(directory) = command.get_current_dir() {
        bounded.current_dir(directory);
    }
    let output = bounded.output().expect("timeout starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, text(&output.stderr));
    text(&output.stdout)
}

/// What the browser saw.
fn seen() -> Value {
    let workshop = workshop();
    let page = workshop.join("report.html");
    let options = "--by container --last 9d --every 1h --format html --compare previous --quota 1TB";
    let ended = Past::known().report(&format!("{options} --output {}", page.display()));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    let printed = run(Command::new("node").arg("check.mjs").arg(&page).arg(&workshop).current_dir(&workshop));
    serde_json::from_str(&printed).expect("one object")
}

#[test]
fn the_page_works_in_a_browser() {
    let seen = seen();
    for look in ["light", "dark", "phone"] {
        assert_drawn(look, &seen[look]);
        assert_eq!(serious(&seen[look]), [""; 0], "{look}");
    }
    assert_used(&seen["used"]);
}

/// All is drawn, as it should be, and nothing was asked of anywhere.
fn assert_drawn(look: &str, seen: &Value) {
    let none: [&str; 0] = [];
    for what in ["errors", "requests", "touching"] {
        assert_eq!(seen[what], serde_json::json!(none), "{look}: {what}");
    }
    let drawn = &seen["drawn"];
    assert_eq!((drawn["wide"].as_bool(), drawn["images"].as_u64()), (Some(false), Some(0)), "{look}: {drawn}");
    assert!(drawn["rate"].as_u64() >= Some(2 * NAMES.len() as u64), "{look}: {drawn}");
    // Nine days have all hours of all days of the week.
    assert_eq!(
        (drawn["heat"].as_u64(), drawn["totals"].as_u64()),
        (Some(7 * 24), Some(NAMES.len() as u64)),
        "{look}: {drawn}"
    );
    assert!(drawn["duration"].as_u64() >= Some(2 * NAMES.len() as u64), "{look}: {drawn}");
    let legend = drawn["legend"].as_array().expect("a legend");
    assert!(legend.iter().any(|name| name == HOSTILE), "{look}: {legend:?}");
}

/// axe's findings that keep people out.
fn serious(seen: &Value) -> Vec<String> {
    let faults = seen["faults"].as_array().expect("axe has looked").iter();
    let serious =
        faults.filter(|fault| ["serious", "critical"].contains(&fault["impact"].as_str().unwrap_or("critical")));
    serious.map(Value::to_string).collect()
}

/// It has answered to pointer and keys.
fn assert_used(used: &Value) {
    let before = &used["before"];
    assert_eq!(used["toggled"]["pressed"], "false");
    assert!(used["toggled"]["paths"].as_u64() < before.as_u64(), "{used}");
    assert_eq!((&used["again"]["pressed"], &used["again"]["paths"]), (&"true".into(), before), "{used}");
    assert!(used["tip"].as_str().is_some_and(|tip| tip.contains("web") && tip.contains("bit/s")), "{used}");
    assert!(used["said"].as_str().is_some_and(|said| said.contains("web rx ")), "{used}");
    for done in ["dragged", "whole", "escaped"] {
        assert_eq!(used[done], true, "{done}: {used}");
    }
    let (mut down, up) = (used["down"].as_array().expect("names").clone(), used["up"].as_array().expect("names"));
    down.reverse();
    assert_eq!(&down, up);
    assert!(used["rows"].as_u64() >= Some(9 * 24), "{used}");
}
