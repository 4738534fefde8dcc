//! `nbw top`, driven through a terminal: keys are typed, the screen is read.

use std::{
    fs,
    os::fd::OwnedFd,
    process::{Command, Stdio},
    time::Duration,
};

use nbw_tests::lab::{Ended, Nbw, Netns, Terminal, until};
use nix::{
    pty::{Winsize, openpty},
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// A line that starts `nbw top` in a namespace.
fn line(netns: &Netns, options: &str) -> String {
    format!("ip netns exec {} {} top {options}", netns.name, Nbw::binary().display())
}

/// `nbw top` in a namespace that has an interface besides `lo`, shown for the first time.
fn start(netns: &Netns, options: &str, columns: u32, rows: u32) -> Terminal {
    netns.run("ip link add wan0 up type veth peer name wan1");
    netns.run("ip link set wan1 up");
    let terminal = Terminal::open(columns, rows);
    terminal.clear();
    terminal.type_line(&line(netns, options));
    terminal.shows("the first reading", |screen| row(screen, "lo ").is_some() && row(screen, "wan1 ").is_some());
    terminal
}

/// The line that starts with this.
fn row<'a>(screen: &'a str, start: &str) -> Option<&'a str> {
    screen.lines().find(|line| line.starts_with(start))
}

/// The place of a line that starts with this.
fn place(screen: &str, start: &str) -> Option<usize> {
    screen.lines().position(|line| line.starts_with(start))
}

/// Waits for the prompt, and checks that the terminal is as it was.
fn assert_left(terminal: &Terminal, settings: &str) {
    terminal.shows("the prompt", |screen| screen.trim_end().ends_with("\n$") || screen.trim() == "$");
    assert!(!terminal.is_on_alternate_screen() && terminal.shows_cursor());
    assert_eq!(terminal.output_of("stty -a"), settings);
    terminal.type_keys("\u{1b}[<0;5;5M");
    terminal.press("Enter");
    terminal.type_line("clear; echo $((6 * 7))");
    terminal.shows("an echo", |screen| screen.contains("42"));
}

#[test]
fn tabs_filter_sorting_pause_and_help_by_key() {
    let netns = Netns::new();
    let terminal = start(&netns, "-n 100ms", 80, 24);
    let (screen, _) = terminal.shows("keys", |screen| screen.contains("? help"));
    assert!(screen.lines().all(|line| line.chars().count() <= 80) && screen.lines().count() == 24, "{screen}");
    assert!(row(&screen, "nbw ").is_some() && row(&screen, " iface 3").is_some(), "{screen}");

    terminal.type_keys("2");
    terminal.shows("groups", |screen| row(screen, "unattributed").is_some() && screen.contains("kind"));
    terminal.type_keys("/WAN1");
    terminal.shows("one group", |screen| screen.contains("filter WAN1") && screen.contains("1 of "));
    terminal.type_keys("zzz");
    terminal.shows("no group", |screen| screen.contains("No group matches \"WAN1zzz\"."));
    terminal.press("Escape");
    terminal.shows("all groups", |screen| !screen.contains("filter WAN1") && row(screen, "unattributed").is_some());

    terminal.press("BTab");
    terminal.shows("interfaces", |screen| row(screen, "lo ").is_some());
    terminal.type_keys("s");
    terminal.shows("another column", |screen| screen.contains("by rx total ▼"));
    terminal.type_keys("<<<<<");
    terminal.shows("by name", |screen| {
        screen.contains("interface▲")
            && place(screen, "lo ") < place(screen, "wan0")
            && place(screen, "wan0") < place(screen, "wan1")
    });
    terminal.type_keys("r");
    terminal.shows("the other way round", |screen| place(screen, "wan1") < place(screen, "wan0"));

    terminal.type_keys("p");
    let (paused, _) = terminal.shows("a pause", |screen| screen.contains("PAUSED"));
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(terminal.screen(), paused, "the picture stands");
    terminal.type_keys("p");
    let time = |screen: &str| screen.split_whitespace().find(|word| word.matches(':').count() == 2).map(str::to_owned);
    terminal.shows("later", |screen| !screen.contains("PAUSED") && time(screen) > time(&paused));

    terminal.type_keys("?");
    terminal.shows("help", |screen| screen.contains("filter as you type"));
    terminal.press("Escape");
    terminal.shows("the table", |screen| row(screen, "lo ").is_some() && !screen.contains("filter as you type"));
}

#[test]
fn into_an_interface_and_back() {
    let netns = Netns::new();
    let terminal = start(&netns, "-n 100ms --sort name", 100, 30);
    terminal.press("Enter");
    terminal.shows("its groups", |screen| {
        screen.contains("interface lo › groups") && row(screen, "unattributed").is_some_and(|row| row.contains(" lo "))
    });
    terminal.press("BSpace");
    terminal.shows("the interfaces", |screen| !screen.contains('›') && row(screen, "wan0").is_some());
}

#[test]
fn the_mouse_chooses() {
    let netns = Netns::new();
    let terminal = start(&netns, "-n 100ms", 80, 24);
    let (screen, _) = terminal.shows("tabs", |screen| screen.contains(" group "));
    let tabs = screen.lines().nth(1).expect("tabs");
    terminal.click(tabs.find("group").expect("a tab"), 1);
    terminal.shows("groups", |screen| row(screen, "unattributed").is_some());
    terminal.click(1, 3);
    terminal.shows("by name", |screen| screen.contains("group▲") && screen.contains("by group ▲"));
}

#[test]
fn traffic_is_shown_with_its_graph() {
    let netns = Netns::new();
    let terminal = start(&netns, "-n 100ms", 80, 24);
    netns.enter(|| {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let braille = |character: char| ('\u{2801}'..='\u{28ff}').contains(&character);
        terminal.shows("rates and a graph", |screen| {
            for _ in 0..200 {
                socket.send_to(&[1; 1000], socket.local_addr().expect("its address")).expect("a datagram");
            }
            row(screen, "lo ").is_some_and(|row| row.contains("Mbit/s") && row.contains('█'))
                && screen.chars().filter(|&character| braille(character)).count() > 20
                && screen.contains("ago")
        });
    });
}

#[test]
fn it_follows_the_terminal_s_size() {
    let netns = Netns::new();
    let terminal = start(&netns, "-n 100ms", 80, 24);
    for (columns, rows, wide) in [(60, 15, false), (200, 50, true), (20, 5, false), (80, 24, false), (120, 30, true)] {
        terminal.resize(columns, rows);
        let (screen, _) = terminal.shows("a picture of that size", |screen| {
            let tabs = screen.lines().nth(1).unwrap_or_default().trim_end().chars().count();
            let keys = screen.lines().last().unwrap_or_default();
            screen.lines().count() == rows as usize
                && keys.starts_with("? help")
                && tabs <= columns as usize
                && screen.contains("rx packets") == wide
        });
        assert!(screen.lines().all(|line| line.chars().count() <= columns as usize), "{screen}");
    }
}

#[test]
fn quitting_leaves_the_terminal_as_it_was() {
    let netns = Netns::new();
    netns.run("ip link add wan0 up type veth peer name wan1");
    let terminal = Terminal::open(80, 24);
    let settings = terminal.output_of("stty -a");
    for key in ["q", "C-c"] {
        terminal.clear();
        terminal.type_line(&format!("{}; echo code $?", line(&netns, "-n 100ms")));
        terminal.shows("a picture", |screen| screen.contains("? help"));
        assert!(terminal.is_on_alternate_screen() && !terminal.shows_cursor());
        terminal.press(key);
        terminal.shows("its exit code", |screen| screen.contains("\ncode 0"));
        assert_left(&terminal, &settings);
    }
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    let netns = Netns::new();
    let terminal = Terminal::open(80, 24);
    let settings = terminal.output_of("stty -a");
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        terminal.clear();
        terminal.type_line(&format!("{}; echo code $?", line(&netns, "-n 100ms")));
        terminal.shows("a picture", |screen| screen.contains("? help"));
        kill(terminal.process("nbw"), signal).expect("nbw runs");
        terminal.shows("its exit code", |screen| screen.contains("\ncode 0"));
        assert_left(&terminal, &settings);
    }
}

#[test]
fn the_shell_can_be_visited() {
    let netns = Netns::new();
    let terminal = start(&netns, "-n 100ms", 80, 24);
    let pid = terminal.process("nbw");
    for stop in [
        |terminal: &Terminal, _| terminal.press("C-z"),
        |_: &Terminal, pid| {
            kill(pid, Signal::SIGTSTP).expect("nbw runs");
        },
    ] {
        stop(&terminal, pid);
        terminal.shows("the prompt", |screen| screen.trim_end().ends_with("\n$"));
        assert!(!terminal.is_on_alternate_screen() && terminal.shows_cursor());
        terminal.type_line("stty -a | tr ' ' '\\n' | grep -c '^icanon'");
        terminal.shows("a shell's settings", |screen| screen.contains("\n1\n"));
        terminal.type_line("fg");
        terminal.shows("the picture again", |screen| screen.contains("? help") && row(screen, "lo ").is_some());
        assert!(terminal.is_on_alternate_screen());
        terminal.type_keys("2");
        terminal.shows("groups", |screen| row(screen, "unattributed").is_some());
        terminal.type_keys("1");
        terminal.shows("interfaces", |screen| row(screen, "lo ").is_some());
    }
}

#[test]
fn colours_can_be_done_without() {
    let netns = Netns::new();
    for (environment, coloured) in [("", true), ("NO_COLOR=1 ", false)] {
        let terminal = Terminal::open(80, 24);
        terminal.type_line(&format!("{environment}{}", line(&netns, "-n 100ms")));
        terminal.shows("a picture", |screen| screen.contains("? help") && row(screen, "lo ").is_some());
        let screen = terminal.coloured_screen();
        let codes = screen.split("\u{1b}[").skip(1).filter_map(|code| code.split_once('m').map(|(code, _)| code));
        let colours: Vec<&str> = codes.filter(|code| !matches!(*code, "39" | "49") && is_colour(code)).collect();
        assert_eq!(!colours.is_empty(), coloured, "{colours:?}");
        assert!(colours.iter().all(|colour| is_of_palette(colour)), "{colours:?}");
    }
}

/// Whether a code sets the colour of something.
fn is_colour(code: &str) -> bool {
    code.split(';').next().is_some_and(|first| matches!(first.parse(), Ok(30..=49 | 90..=107)))
}

/// Whether it is one of the sixteen that the user has chosen for the terminal.
fn is_of_palette(code: &str) -> bool {
    match code.strip_prefix("38;5;") {
        Some(index) => index.parse::<u8>().is_ok_and(|index| index < 16),
        None => !code.starts_with("38") && !code.starts_with("48"),
    }
}

#[test]
fn without_a_terminal_watch_is_named() {
    let netns = Netns::new();
    let inside = format!("ip netns exec {}", netns.name);
    Ended::run(&inside, "top").assert_one_sentence(2, &["terminal", "`nbw watch`"]);
    let terminal = Terminal::open(100, 24);
    for redirection in ["</dev/null", "| cat"] {
        terminal.clear();
        terminal.type_line(&format!("{} {redirection}", line(&netns, "")));
        terminal.shows("the remedy", |screen| screen.contains("use `nbw watch`"));
    }
}

#[test]
fn a_warning_is_shown_and_printed_when_the_screen_is_left() {
    let netns = Netns::new();
    let terminal = Terminal::open(100, 24);
    terminal.type_line(&line(&netns, "-n 100ms -c no-such-container"));
    let (screen, _) =
        terminal.shows("the warning", |screen| screen.contains("warning: no group matches the filter yet"));
    assert!(!screen.contains("WARN"), "{screen}");
    terminal.press("q");
    terminal.shows("the log", |screen| screen.contains("WARN no group matches the filter yet"));
}

#[test]
fn wrong_options_are_told_before_the_screen_is_taken() {
    let netns = Netns::new();
    let terminal = Terminal::open(80, 24);
    terminal.type_line(&format!("{}; echo code $?", line(&netns, "-i wan9")));
    let (screen, _) = terminal.shows("its exit code", |screen| screen.contains("\ncode 2"));
    assert!(screen.contains("no interface \"wan9\"") && !terminal.is_on_alternate_screen(), "{screen}");
}

/// What a panic leaves behind; run by the test below, in a terminal.
#[test]
#[ignore = "takes the terminal that it runs in, and panics"]
fn panicking_view() {
    let options = nbw::top::Options {
        by: nbw::snapshot::By::Interface,
        sort: nbw::view::Sort::Total,
        units: nbw::units::Units::Bits,
        interval: Duration::from_secs(1),
        host: "host".into(),
        zone: jiff::tz::TimeZone::UTC,
        bell: false,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let failure = runtime.block_on(async {
        let mut screen = nbw::top::Screen::open(options).expect("a terminal");
        assert_eq!(screen.demand().await.expect("a key"), nbw::top::Demand::Quit);
        // A task: the panic ends nothing by itself.
        let _ = tokio::spawn(async { panic!("as the test wants it") }).await;
        let failure = screen.demand().await.expect_err("it ends");
        screen.close().await;
        failure
    });
    assert!(matches!(failure, nbw::failure::Failure::Told), "{failure}");
}

#[test]
fn a_panic_leaves_the_terminal_as_it_was_and_is_told() {
    let terminal = Terminal::open(100, 24);
    let settings = terminal.output_of("stty -a");
    let program = std::env::current_exe().expect("this program");
    terminal.clear();
    terminal.type_line(&format!("{} --ignored --exact --nocapture panicking_view; echo code $?", program.display()));
    terminal.shows("a picture", |screen| screen.contains("Waiting for the first reading."));
    assert!(terminal.is_on_alternate_screen());
    terminal.press("q");
    let (screen, _) = terminal.shows("its exit code", |screen| screen.contains("code 0"));
    assert!(screen.contains("nbw: internal error: as the test wants it (tests/"), "{screen}");
    assert!(!screen.contains("stack backtrace"), "{screen}");
    assert_left(&terminal, &settings);
}

/// Whether the thread that draws waits for its terminal to be read.
fn is_stuck(pid: Pid) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("nbw runs");
    threads.filter_map(Result::ok).any(|thread| {
        let read = |file: &str| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
        read("comm").trim() == "screen" && read("syscall").starts_with(&format!("{} ", libc::SYS_write))
    })
}

#[test]
fn a_terminal_that_does_not_read_holds_up_nobody() {
    let netns = Netns::new();
    let size = Winsize { ws_row: 50, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(&size, None).expect("a terminal");
    let end = |fd: &OwnedFd| Stdio::from(fd.try_clone().expect("its other end"));
    let mut child = Command::new("ip")
        .args(["netns", "exec", &netns.name])
        .arg(Nbw::binary())
        .args(["top", "-n", "10ms"])
        .env("TERM", "xterm-256color")
        .stdin(end(&pty.slave))
        .stdout(end(&pty.slave))
        .stderr(Stdio::null())
        .spawn()
        .expect("nbw starts");
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
    netns.enter(|| {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
        until("a full terminal", || {
            socket.send_to(&[1; 1000], socket.local_addr().expect("its address")).expect("a datagram");
            is_stuck(pid).then_some(())
        });
    });
    kill(pid, Signal::SIGTERM).expect("nbw runs");
    let status = until("its end", || child.try_wait().expect("a child"));
    assert_eq!(status.code(), Some(0));
    drop(pty);
}
