use std::{collections::BTreeSet, fs, time::Duration};

use super::*;
use crate::alert::Severity;

fn parsed(text: &str) -> Config {
    Config::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn error(text: &str) -> String {
    Config::parse(text).expect_err(text).to_string()
}

/// The sample with its examples in force.
fn uncommented() -> String {
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with([' ', '#']) => rest.to_owned(),
        _ => line.to_owned(),
    };
    sample().lines().map(uncomment).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_sample_is_the_default() {
    let sample = parsed(sample());
    assert_eq!(sample.settings, Settings::default());
    assert_eq!(sample.settings, parsed("").settings);
    assert!(sample.alerts.is_empty());
    assert_eq!(sample.actions, Config::default().actions);
}

#[test]
fn the_examples_in_the_sample_are_right() {
    let all = parsed(&uncommented());
    assert_eq!(all.alerts.len(), 2);
    assert_eq!((&*all.alerts[0].name, all.alerts[0].severity), ("uplink busy", Severity::Critical));
    assert_eq!(all.alerts[1].shares.iter().map(|(share, _)| *share).collect::<Vec<_>>(), [0.8, 0.95, 1.0]);
    let names: Vec<&str> = all.actions.keys().map(AsRef::as_ref).collect();
    assert_eq!(names, ["chat", "log", "mail", "pager", "script", "syslog"]);
}

/// The keys that a table of `struct`s takes: serde names them when it is given one that it does not know.
fn known_keys(text: &str) -> BTreeSet<String> {
    let unknown = "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";
    let message = error(&text.replace("UNKNOWN", unknown));
    let list =
        message.lines().next().and_then(|line| line.split_once("there are: ")).unwrap_or_else(|| panic!("{message}"));
    list.1.split(", ").map(str::to_owned).collect()
}

/// The keys of a table in the sample, its examples included.
fn documented(header: &str) -> BTreeSet<String> {
    let text = uncommented();
    let sections = text
        .split("\n[")
        .map(|section| if section.starts_with("# nbw") { section.to_owned() } else { format!("[{section}") });
    let mine = sections.filter(|section| {
        section.lines().next().is_some_and(|first| first == header || (header.is_empty() && first.starts_with('#')))
    });
    let keys = |section: String| {
        section
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(" = ").map(|(key, _)| key.to_owned()))
            .collect::<Vec<_>>()
    };
    mine.flat_map(keys).collect()
}

#[test]
fn every_setting_is_in_the_sample() {
    let tables = ["filter", "control", "kernel", "history", "names", "detect", "alert", "action"];
    let mut top = documented("");
    top.extend(tables.map(str::to_owned));
    assert_eq!(known_keys("UNKNOWN = 1"), top);
    for table in ["filter", "control", "kernel", "history", "names", "detect"] {
        assert_eq!(known_keys(&format!("[{table}]\nUNKNOWN = 1")), documented(&format!("[{table}]")), "{table}");
    }
    assert_eq!(known_keys("[[alert]]\nUNKNOWN = 1"), documented("[[alert]]"));
    let kinds =
        [("exec", "script"), ("webhook", "chat"), ("alertmanager", "pager"), ("syslog", "syslog"), ("email", "mail")];
    for (kind, name) in kinds {
        let mut documented = documented(&format!("[action.{name}]"));
        assert!(documented.remove("type"), "{name}");
        assert_eq!(known_keys(&format!("[action.x]\ntype = \"{kind}\"\nUNKNOWN = 1")), documented, "{kind}");
    }
}

#[test]
fn what_is_unknown_is_told_with_its_line_and_the_nearest_name() {
    assert_eq!(
        error("# one\nintervall = \"2s\""),
        "line 2: there is no setting `intervall` here: did you mean `interval`?\n  intervall = \"2s\"\n  ^^^^^^^^^"
    );
    assert_eq!(
        error("[kernel]\n\nslot = 5").lines().next(),
        Some("line 3: there is no setting `slot` here: did you mean `slots`?")
    );
    let action = "[action.x]\ntype = \"webhook\"\nurl = \"http://x\"\ntimout = \"1s\"";
    assert_eq!(
        error(action).lines().next(),
        Some("line 4: there is no setting `timout` here: did you mean `timeout`?")
    );
    let kind = "[action.x]\ntype = \"webhok\"";
    assert_eq!(error(kind).lines().next(), Some("line 2: there is no choice `webhok` here: did you mean `webhook`?"));
    let hook = error("[kernel]\nhook = \"tcxx\"");
    assert_eq!(hook.lines().next(), Some("line 2: there is no choice `tcxx` here: did you mean `tcx`?"));
}

#[test]
fn values_have_bounds() {
    for (text, line) in [
        ("interval = \"1ms\"", "line 1: an interval lies between 10ms and 24h"),
        ("interval = 5", "line 1: invalid type: integer `5`, expected a string"),
        ("month_begins = 29", "line 1: expected a number from 1 to 28"),
        ("\n[kernel]\nslots = 1", "line 3: expected a number from 2 to 1048576"),
        (
            "time_zone = \"Mars/Olympus\"",
            "line 1: there is no time zone \"Mars/Olympus\": expected a name such as \"Europe/Berlin\", or \"\" for the system's",
        ),
        ("[filter]\nunits = [\"a\",\n\"x[\"]", "line 3: this is no valid glob: "),
        ("[filter]\ninterfaces = [\"\"]", "line 2: expected a name or a glob, not an empty string"),
        ("x = = 1", "line 1: "),
        ("action = 5", "line 1: actions are tables such as [action.mail]"),
        ("[action.\"a b\"]\ntype = \"log\"", "line 1: an action's name has letters, digits, `-`, `_` and `.`"),
    ] {
        let error = error(text);
        assert!(error.lines().next().unwrap().starts_with(line), "{text}: {error}");
    }
}

#[test]
fn settings_are_read() {
    let config =
        parsed("interval = \"500ms\"\ntime_zone = \"Europe/Berlin\"\nmonth_begins = 15\n[kernel]\nhook = \"clsact\"");
    assert_eq!((config.settings.interval, config.settings.month_begins), (Duration::from_millis(500), 15));
    assert_eq!(config.zone.iana_name(), Some("Europe/Berlin"));
    assert!(!config.settings.counts_like(&Settings::default()));
    assert!(parsed("interval = \"2s\"").settings.counts_like(&Settings::default()));
}

#[test]
fn rules_that_are_wrong_are_marked() {
    let error = error("\n[[alert]]\nrule = \"interface eth0 rx > 5 quarks\"");
    assert!(error.starts_with("line 3: `rule` is not understood\n"), "{error}");
    assert!(error.lines().any(|line| line.trim_start().starts_with('^')), "{error}");
}

#[test]
fn alerts_are_checked_as_a_whole() {
    let of = |more: &str| error(&format!("[[alert]]\nrule = \"host rx > 5MB/s\"\n{more}"));
    assert!(of("actions = [\"lgo\"]").starts_with("line 3: there is no action `lgo`: did you mean `log`?"));
    assert!(of("warn_at = [0.8]").contains("`warn_at` is for volumes"));
    assert!(of("clear = \"> 3MB/s\"").contains("the other side"));
    assert!(of("clear = \"< 10pps\"").contains("of the same kind"));
    assert!(of("labels = { \"9a\" = \"x\" }").contains("a label's name"));
    assert!(of("[[alert]]\nrule = \"host rx > 5MB/s\"").starts_with("line 4: this rule is in another alert"));
    assert!(of("repeat = \"0s\"").contains("more than zero"));
    let volume = |more: &str| format!("[[alert]]\nrule = \"host rx > 5GB per day\"\n{more}");
    assert!(error(&volume("warn_at = [0.9, 0.8]")).contains("rising"));
    assert!(error(&volume("warn_at = [\"80\"]")).contains("a share lies between"));
    assert!(error(&volume("clear = \"< 1MB/s\"")).contains("a volume only grows"));
}

#[test]
fn shares_before_the_last_are_warnings() {
    let config =
        parsed("[[alert]]\nrule = \"host rx > 5GB per day\"\nseverity = \"critical\"\nwarn_at = [0.5, \"90%\"]");
    assert_eq!(config.alerts[0].shares, [(0.5, Severity::Warning), (0.9, Severity::Critical)]);
    let config = parsed("[[alert]]\nrule = \"host rx > 5GB per day\"\nwarn_at = [0.5, 1.0]");
    assert_eq!(config.alerts[0].shares, [(0.5, Severity::Warning), (1.0, Severity::Critical)]);
    let config = parsed("[[alert]]\nrule = \"host rx > 5GB per day\"\nseverity = \"warning\"");
    assert!(config.alerts[0].shares.iter().all(|(_, severity)| *severity == Severity::Warning));
}

#[test]
fn files_are_read_whole_or_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nbw.toml");
    assert!(Config::read(&path).unwrap().is_none());
    assert_eq!(Config::read_or_default(&path, false).unwrap().settings, Settings::default());
    assert!(matches!(Config::read_or_default(&path, true), Err(Failure::Usage(_))));
    fs::write(&path, "intervl = 5").unwrap();
    let Err(Failure::Usage(sentence)) = Config::read(&path) else { unreachable!("it is wrong") };
    assert!(sentence.starts_with(&format!("{}, line 1: there is no setting", path.display())), "{sentence}");
    fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(matches!(Config::read(&path), Err(Failure::Usage(_))));
    assert!(matches!(Config::read(directory.path()), Err(Failure::Usage(_))));
}

#[test]
fn attacks_are_told_to_actions_that_there_are() {
    let config = parsed("[detect]\nenabled = true\nactions = [\"log\"]\nleast_severity = \"info\"");
    assert_eq!((config.attacks.actions.len(), config.attacks.least), (1, nbw_detect::Severity::Info));
    assert_eq!(parsed("").attacks, Config::default().attacks);
    let first = |text: &str| error(text).lines().next().map(str::to_owned).unwrap();
    assert_eq!(first("[detect]\nactions = [\"lgo\"]"), "line 2: there is no action `lgo`: did you mean `log`?");
    assert_eq!(first("[detect]\nenable = true"), "line 2: there is no setting `enable` here: did you mean `enabled`?");
    let severity = first("[detect]\nleast_severity = \"warnin\"");
    assert_eq!(severity, "line 2: there is no choice `warnin` here: did you mean `warning`?");
}
