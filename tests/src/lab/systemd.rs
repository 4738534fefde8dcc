//! A real systemd, with namespaces and a part of the cgroup hierarchy of its own.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

use super::{Cgroup, Nbw, Totals, unique, until};

/// Makes the namespaces' insides and becomes systemd.
const BOOT: &str = include_str!("systemd.sh");

/// The unit that nbw is shipped with.
const AGENT_UNIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/nbw.service");

/// Seconds that a command may take inside.
const LONGEST: &str = "120";

/// A booted systemd. It knows `shop.service` (an iperf3 server, in `shop.slice`, on port 5201), `web@PORT.service` and
/// `user@UID.service`, each with IP accounting, and `nbw.service`, the agent as it is shipped; a user's own manager knows another `shop.service`, on port 5901. It ends, with
/// all that runs in it, on drop.
pub struct Systemd {
    /// What lies above all of its cgroups.
    pub cgroup: Cgroup,
    unshare: Child,
    init: i32,
    directory: TempDir,
}

impl Default for Systemd {
    fn default() -> Self {
        Self::boot()
    }
}

impl Systemd {
    /// Boots it, and waits until it has nothing left to start.
    pub fn boot() -> Self {
        let (cgroup, directory) = (Cgroup::new(), TempDir::new().expect("a directory"));
        let log = File::create(directory.path().join("log")).expect("a log");
        let mount_point = directory.path().join("mnt");
        fs::create_dir(&mount_point).expect("a mount point");
        let mut command = Command::new("unshare");
        command.args(["-m", "-n", "-p", "-f", "-u", "-i", "-C", "--propagation", "private", "--kill-child"]);
        command.args(["sh", "-c", BOOT, "boot"]).arg(mount_point).arg(Nbw::binary()).arg(AGENT_UNIT);
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("the log")).stderr(log);
        let unshare = cgroup.contain(&mut command).spawn().expect("unshare starts");
        // From here on it is ended by drop, wherever its boot may fail.
        let mut systemd = Self { cgroup, unshare, init: 0, directory };
        systemd.init = until("unshare to fork", || child_of(systemd.unshare.id()));
        until("systemd to be up", || systemd.is_up().then_some(()));
        systemd
    }

    fn is_up(&self) -> bool {
        let output = self.bounded("systemctl").arg("is-system-running").output().expect("nsenter starts");
        let up = output.stdout == b"running\n";
        assert!(up || Path::new("/proc").join(self.init.to_string()).exists(), "systemd has ended: {}", self.log());
        up
    }

    /// What systemd has complained of.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// A command that will run inside, in none of systemd's cgroups.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.init.to_string(), "-m", "-n", "-p", "-u", "-i", "-C", "--wd", program]);
        command
    }

    /// As [`Self::command`], and killed after [`LONGEST`] seconds: what hangs inside must not hang the test.
    fn bounded(&self, program: &str) -> Command {
        let mut command = self.command("timeout");
        command.args(["--signal=KILL", LONGEST, program]);
        command
    }

    /// Runs a command line (split at spaces) inside, and returns what it printed.
    ///
    /// # Panics
    /// When it fails, or takes more than two minutes.
    pub fn run(&self, line: &str) -> String {
        let mut words = line.split_whitespace();
        let mut command = self.bounded(words.next().expect("a program"));
        let output = command.args(words).output().expect("nsenter starts");
        self.checked(line, output)
    }

    /// Writes a file inside.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, path: &str, text: &str) {
        let mut tee = self.bounded("tee").arg(path).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("tee");
        tee.stdin.take().expect("its input").write_all(text.as_bytes()).expect("the text");
        assert!(tee.wait().expect("its end").success(), "{path} cannot be written");
    }

    /// Where a file that is inside can be opened from outside.
    pub fn path(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.init))
    }

    /// Properties of a unit, as `systemctl show` has them.
    ///
    /// # Panics
    /// When it lacks one.
    pub fn properties<const N: usize>(&self, unit: &str, names: [&str; N]) -> [String; N] {
        let shown = self.run(&format!("systemctl show {unit} --property={}", names.join(",")));
        let values: HashMap<&str, &str> = shown.lines().filter_map(|line| line.split_once('=')).collect();
        names.map(|name| (*values.get(name).unwrap_or_else(|| panic!("{unit}: {shown}"))).to_owned())
    }

    fn checked(&self, line: &str, output: Output) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{line}: {}\n{out}{err}{}", output.status, self.log());
        out
    }

    /// Starts a unit and waits until something listens on this TCP port.
    pub fn start(&self, unit: &str, port: u16) {
        self.run(&format!("systemctl start {unit}"));
        self.listening(unit, port);
    }

    /// As [`Self::start`], for a unit of a user's own.
    pub fn start_for(&self, uid: u32, unit: &str, port: u16) {
        let user = format!("setpriv --reuid {uid} --clear-groups env XDG_RUNTIME_DIR=/run/user/{uid}");
        self.run(&format!("{user} systemctl --user start {unit}"));
        self.listening(unit, port);
    }

    fn listening(&self, unit: &str, port: u16) {
        until(&format!("{unit} to listen"), || {
            (!self.run(&format!("ss -Hltn sport = :{port}")).is_empty()).then_some(())
        });
    }

    /// Runs a command line in a scope that stays when the command has ended well.
    pub fn in_scope(&self, scope: &str, options: &str, line: &str) -> Scope {
        let done = format!("/run/{}", unique("done"));
        let mut command = self.command("systemd-run");
        command.args(["--quiet", "--scope", "--property=IPAccounting=yes", "--unit", scope]);
        command.args(options.split_whitespace());
        command.args(["sh", "-c", &format!("{line} > /dev/null && touch {done} && exec sleep infinity")]);
        let child = command.stdin(Stdio::null()).spawn().expect("nsenter starts");
        let mut scope = Scope { child };
        until("the command in the scope to end", || {
            assert!(scope.child.try_wait().expect("its state").is_none(), "{line} has failed");
            self.bounded("test").args(["-e", &done]).status().expect("nsenter starts").success().then_some(())
        });
        scope
    }

    /// What systemd has counted for a unit, from the network header on.
    pub fn accounting(&self, unit: &str) -> Totals {
        let names = ["IPIngressBytes", "IPIngressPackets", "IPEgressBytes", "IPEgressPackets"];
        let [rx_bytes, rx_packets, tx_bytes, tx_packets] = self
            .properties(unit, names)
            .map(|value| value.parse().unwrap_or_else(|_| panic!("{unit}: {value}{}", self.log())));
        Totals { rx_bytes, rx_packets, tx_bytes, tx_packets }
    }

    /// Starts `nbw watch --format json` inside: see [`Nbw::watch`].
    pub fn watch(&self, options: &str) -> Nbw {
        Nbw::watch_by(self.command("nbw"), options)
    }
}

impl Drop for Systemd {
    fn drop(&mut self) {
        // Its namespaces' process 1 is killed with it, and so is all that is in them.
        let _ = self.unshare.kill();
        let _ = self.unshare.wait();
        self.cgroup.remove_below();
    }
}

/// A running scope; its client is killed on drop.
pub struct Scope {
    child: Child,
}

impl Drop for Scope {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn child_of(process: u32) -> Option<i32> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    let children = match children {
        Err(error) if error.kind() == ErrorKind::NotFound => panic!("unshare has ended"),
        children => children.expect("the children of unshare"),
    };
    children.split_whitespace().next().map(|child| child.parse().expect("a pid"))
}
