//! Alerts on terminals.

use std::fs;

use nbw_tests::lab::{Ended, Nbw, Netns, Terminal};

use super::gone::while_sending;

const RULE: &str = "interface lo rx > 100kbit/s";

fn line(netns: &Netns, command: &str) -> String {
    format!("ip netns exec {} {} {command} -n 500ms --alert '{RULE}'", netns.name, Nbw::binary().display())
}

/// The line of the alert, if it is on the screen.
fn told<'a>(screen: &'a str, word: &str) -> Option<&'a str> {
    screen.lines().find(|line| line.starts_with(word) && line.contains("interface lo rx "))
}

/// The line that has the first line of the picture.
fn header(screen: &str) -> Option<usize> {
    screen.lines().position(|line| line.starts_with("nbw"))
}

/// The screen is no wider or higher than the terminal, and has one header.
fn assert_tidy(screen: &str, columns: usize, rows: usize) {
    assert!(screen.lines().all(|line| line.chars().count() <= columns), "{screen}");
    assert!(screen.trim_end().lines().count() <= rows, "{screen}");
    assert_eq!(screen.lines().filter(|line| line.starts_with("nbw")).count(), 1, "{screen}");
}

#[test]
fn bars_and_top_have_them_on_top_in_colour_and_say_when_they_are_over() {
    for (command, columns, rows) in [("watch", 80, 24), ("watch", 40, 10), ("top", 80, 24), ("top", 60, 15)] {
        let netns = Netns::new();
        let terminal = Terminal::open(columns, rows);
        terminal.type_line(&line(&netns, command));
        terminal.shows("a picture", |screen| header(screen).is_some() && screen.contains("lo "));
        while_sending(&netns, "127.0.0.1", |stop| {
            let (screen, _) = terminal.shows("the alert", |screen| told(screen, "WARNING").is_some());
            assert_tidy(&screen, columns as usize, rows as usize);
            let below = header(&screen).and_then(|header| screen.lines().nth(header + 1));
            assert!(below.is_some_and(|line| line.starts_with("WARNING")), "{screen}");
            let coloured = terminal.coloured_screen();
            let line = coloured.lines().find(|line| line.contains("WARNING")).unwrap_or_default().to_owned();
            assert!(line.contains("33m") || line.contains("38;5;3m"), "yellow: {line:?}");
            stop();
            let (screen, _) = terminal.shows("its end", |screen| told(screen, "resolved").is_some());
            assert_tidy(&screen, columns as usize, rows as usize);
            assert!(told(&screen, "WARNING").is_none(), "{screen}");
        });
        terminal.press("C-c");
        terminal.shows("the prompt", |screen| screen.trim_end().ends_with('$'));
    }
}

#[test]
fn top_lists_them_on_a_page() {
    let netns = Netns::new();
    let terminal = Terminal::open(80, 24);
    terminal.type_line(&line(&netns, "top"));
    terminal.shows("a picture", |screen| screen.contains("a alerts"));
    terminal.type_keys("a");
    terminal.shows("an empty page", |screen| screen.contains("nothing fires"));
    while_sending(&netns, "127.0.0.1", |_| {
        terminal.shows("the alert", |screen| {
            screen.contains("alerts: 1 firing") && screen.contains(&format!("rule: {RULE}"))
        });
    });
    terminal.type_keys("q");
    terminal.shows("the table", |screen| screen.contains("interface") && !screen.contains("rule: "));
    terminal.type_keys("q");
    terminal.shows("the prompt", |screen| screen.trim_end().ends_with('$'));
}

/// What nbw writes to a terminal while an alert fires, byte for byte.
fn written(options: &str, environment: &str) -> String {
    let netns = Netns::new();
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display();
    let inside = line(&netns, &format!("watch --count 8 {options}")).replace('\'', "\"");
    let script = format!("env {environment} TERM=xterm-256color script -qec '{inside}' {path}");
    while_sending(&netns, "127.0.0.1", |_| assert_eq!(Ended::shell("", &script).code, Some(0)));
    fs::read_to_string(file.path()).expect("UTF-8")
}

#[test]
fn the_bell_rings_once_and_only_if_it_is_asked_for() {
    let bells = |text: &str| text.matches('\u{7}').count();
    let silent = written("--format bars", "-u NO_COLOR");
    assert!(silent.contains("WARNING") && silent.contains("\u{1b}[33m"), "{silent:?}");
    assert_eq!(bells(&silent), 0);
    for format in ["bars", "plain", "json"] {
        let text = written(&format!("--bell --format {format}"), "NO_COLOR=1");
        assert_eq!(bells(&text), 1, "{format}: {text:?}");
        assert!(!text.contains("\u{1b}[33m"), "{format}: {text:?}");
    }
}
