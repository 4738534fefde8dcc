//! How each format says when an alert begins and ends: once.

use std::{
    fs::File,
    path::PathBuf,
    process::{Child, Stdio},
};

use nbw_tests::lab::{Nbw, Netns, until};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::gone::while_sending;

const RULE: &str = "interface lo rx > 100kbit/s";

/// nbw with its output in files; killed on drop.
struct Watched {
    child: Child,
    directory: tempfile::TempDir,
}

impl Watched {
    fn start(netns: &Netns, format: &str, options: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = |name: &str| Stdio::from(File::create(directory.path().join(name)).expect("a file"));
        let mut command = netns.command(Nbw::binary().to_str().expect("a path in UTF-8"));
        command.args(["watch", "-n", "500ms", "--format", format, "--alert", RULE]).args(options.split_whitespace());
        let child = command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err")).spawn().expect("nbw starts");
        Self { child, directory }
    }

    fn text(&self, name: &str) -> String {
        let path: PathBuf = self.directory.path().join(name);
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// Waits until one of the files has these words.
    fn says(&self, name: &str, words: &str) {
        until(&format!("{words:?} in {name}"), || self.text(name).contains(words).then_some(()));
    }

    /// Ends it in the ordinary way; what it has printed.
    fn end(mut self) -> (String, String) {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGINT).expect("a signal to nbw");
        let status = until("its end", || self.child.try_wait().expect("its status"));
        assert!(status.success(), "{status}: {}", self.text("err"));
        (self.text("out"), self.text("err"))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is printed from before an alert begins until after it has ended; `told` is where that is told.
fn printed(format: &str, told: &str, options: &str) -> (String, String) {
    let netns = Netns::new();
    let nbw = Watched::start(&netns, format, options);
    nbw.says("out", "lo");
    while_sending(&netns, "127.0.0.1", |stop| {
        nbw.says(told, "alert firing");
        stop();
        nbw.says(told, "alert resolved");
    });
    nbw.end()
}

fn lines<'a>(text: &'a str, words: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.contains(words)).collect()
}

#[test]
fn plain_has_a_line_each() {
    let (out, err) = printed("plain", "out", "");
    let (firing, resolved) = (lines(&out, " alert firing warning interface lo rx "), lines(&out, " alert resolved "));
    assert_eq!((firing.len(), resolved.len()), (1, 1), "{out}");
    assert!(resolved[0].contains("interface lo rx "), "{resolved:?}");
    let clock = firing[0].split(' ').next().unwrap_or_default();
    assert!(clock.len() == 8 && clock.chars().filter(|c| *c == ':').count() == 2, "{firing:?}");
    assert_eq!(lines(&err, "alert"), Vec::<&str>::new());
}

#[test]
fn others_have_a_line_each_on_standard_error_and_their_output_as_ever() {
    for format in ["csv", "json", "bars"] {
        let (out, err) = printed(format, "err", "");
        assert_eq!(lines(&err, "nbw: alert firing: warning: interface lo rx ").len(), 1, "{format}: {err}");
        assert_eq!(lines(&err, "nbw: alert resolved: interface lo rx ").len(), 1, "{format}: {err}");
        assert_eq!(lines(&err, "alert").len(), 2, "{format}: {err}");
        assert!(!out.contains('\u{7}') && !err.contains('\u{7}'), "{format}");
        if format == "csv" {
            let columns = |line: &str| line.split(',').count();
            let header = columns(out.lines().next().unwrap_or_default());
            assert!(out.lines().all(|line| columns(line) == header), "{out}");
        }
    }
}

#[test]
fn the_bell_does_not_ring_in_files() {
    for format in ["plain", "json", "bars"] {
        let told = if format == "plain" { "out" } else { "err" };
        let (out, err) = printed(format, told, "--bell");
        assert!(!out.contains('\u{7}') && !err.contains('\u{7}'), "{format}");
    }
}
