//! The bars, seen through a terminal.

use std::{fs, net::UdpSocket, time::Duration};

use nbw_tests::lab::{Ended, Nbw, Netns, Terminal};

/// A line that starts nbw in a namespace.
fn line(netns: &Netns, options: &str) -> String {
    format!("ip netns exec {} {} {options}", netns.name, Nbw::binary().display())
}

/// Whether a picture is there from its first line to its last row.
fn whole(screen: &str) -> bool {
    let is = |line: &str, word: &str| line.starts_with(word);
    screen.lines().any(|line| is(line, "nbw ")) && screen.lines().any(|line| is(line, "unattributed"))
}

/// A picture as it should be: no escape codes as text, one header, nothing wider than the terminal.
fn assert_tidy(screen: &str, columns: usize, rows: usize) {
    assert!(!screen.contains(['\u{1b}', '\u{fffd}']) && !screen.contains("[K") && !screen.contains("[2J"), "{screen}");
    assert_eq!(screen.lines().filter(|line| line.starts_with("nbw ")).count(), 1, "{screen}");
    assert!(screen.lines().all(|line| line.chars().count() < columns), "{screen}");
    assert!(screen.trim_end().lines().count() <= rows, "{screen}");
}

#[test]
fn the_first_picture_has_all_there_is_soon() {
    let netns = Netns::new();
    let terminal = Terminal::open(80, 24);
    terminal.clear();
    terminal.type_line(&line(&netns, ""));
    let (screen, after) = terminal.shows("the first picture", whole);
    println!("first picture after {after:?}");
    assert!(after < Duration::from_secs(3), "{after:?}");
    let line = |start: &str| screen.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{screen}"));
    assert!(line("nbw ").contains("every 1s") && line("nbw ").contains("Ctrl-C ends"));
    assert!(line("lo ").contains("  rx ") && line("lo ").contains("0 bit/s"), "{screen}");
    assert!(line("of peak").contains("  tx ·"), "{screen}");
    assert!(line("interface").contains("rate") && line("group").contains("total"), "{screen}");
    assert!(line("unattributed").contains(" lo "), "{screen}");
}

#[test]
fn traffic_fills_the_bars() {
    let netns = Netns::new();
    let terminal = Terminal::open(100, 24);
    terminal.type_line(&line(&netns, "-n 200ms"));
    terminal.shows("a picture", whole);
    netns.enter(|| {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        terminal.shows("a bar", |screen| {
            for _ in 0..200 {
                socket.send_to(&[1; 1000], socket.local_addr().expect("its address")).expect("a datagram");
            }
            let row = |start: &str| screen.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
            row("lo ").contains('█') && row("lo ").contains("Mbit/s") && row("/ ").contains("Mbit/s")
        });
    });
}

#[test]
fn it_follows_the_terminal_s_size() {
    let netns = Netns::new();
    netns.run("ip link add wan0 up type veth peer name wan1");
    netns.run("ip link set wan1 up");
    let terminal = Terminal::open(80, 24);
    terminal.type_line(&line(&netns, "-n 100ms"));
    terminal.shows("a picture", whole);
    for (columns, rows, wide) in [(40, 10, false), (160, 50, true), (80, 24, false), (20, 5, false), (120, 30, true)] {
        terminal.resize(columns, rows);
        let (screen, _) = terminal.shows("a picture of that size", |screen| {
            let header = screen.lines().next().unwrap_or_default().chars().count();
            header <= columns as usize && header + 14 > columns as usize && screen.starts_with("nbw")
        });
        assert_tidy(&screen, columns as usize, rows as usize);
        assert_eq!(screen.contains("packets"), wide, "{screen}");
    }
}

#[test]
fn more_interfaces_than_fit_are_counted() {
    let netns = Netns::new();
    for at in 0..15 {
        netns.run(&format!("ip link add a{at} up type veth peer name b{at}"));
    }
    let terminal = Terminal::open(80, 24);
    terminal.type_line(&line(&netns, "-n 200ms"));
    let (screen, _) = terminal.shows("all 16, shown or counted", |screen| {
        let shown = screen.lines().filter(|line| line.contains("  rx ") && line.contains("bit/s")).count();
        let hidden =
            screen.split("… and ").nth(1).and_then(|rest| rest.split_once(" more interfaces")?.0.parse::<usize>().ok());
        hidden.is_some_and(|hidden| shown + hidden == 16)
    });
    assert_tidy(&screen, 80, 24);
}

#[test]
fn the_terminal_is_left_as_it_was() {
    let netns = Netns::new();
    let terminal = Terminal::open(80, 24);
    let before = terminal.output_of("stty -a");
    assert!(before.contains(" echo "), "{before}");
    for key in ["C-c", "C-\\"] {
        // SIGQUIT is not caught: even so nothing is left in disorder.
        terminal.clear();
        terminal.type_line(&line(&netns, "-n 100ms"));
        terminal.shows("a picture", whole);
        terminal.press(key);
        let (screen, _) = terminal.shows("the prompt", |screen| screen.trim_end().ends_with("\n$"));
        assert_eq!(screen.lines().filter(|line| line.starts_with("nbw ")).count(), 1, "{screen}");
        assert!(key != "C-c" || whole(&screen) && !screen.contains("^C"), "{screen}");
        assert!(terminal.shows_cursor());
        assert_eq!(terminal.output_of("stty -a"), before);
    }
    terminal.type_line("echo $((6 * 7))");
    terminal.shows("an echo", |screen| screen.contains("echo $((6 * 7))") && screen.contains("\n42"));
}

/// What nbw writes to a terminal, byte for byte.
fn written(netns: &Netns, environment: &str) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display();
    let inside = line(netns, "--format bars --count 4 -n 50ms");
    let script = format!("env {environment} TERM=xterm-256color script -qec '{inside}' {path}");
    assert_eq!(Ended::shell("", &script).code, Some(0));
    fs::read_to_string(file.path()).expect("UTF-8")
}

#[test]
fn colours_can_be_done_without() {
    let netns = Netns::new();
    let with = written(&netns, "-u NO_COLOR");
    let without = written(&netns, "NO_COLOR=1");
    assert!(with.contains("\u{1b}[36m") && with.contains("\u{1b}[35m"), "{with:?}");
    let styles = without
        .split("\u{1b}[")
        .skip(1)
        .filter(|code| code.trim_start_matches(|c: char| !c.is_alphabetic()).starts_with('m'));
    assert_eq!(styles.count(), 0, "{without:?}");
    assert!(without.contains("unattributed") && !without.contains("\u{1b}[?25l"), "{without:?}");
}
