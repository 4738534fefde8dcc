//! Where runtimes are asked: sockets and directories.

use std::{
    env, fs,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use super::{book::Teller, served};

/// Sockets that speak gRPC: containerd's and CRI's. One that is not there costs a look.
const GRPC_SOCKETS: [&str; 6] = [
    "run/containerd/containerd.sock",
    "run/crio/crio.sock",
    "run/k3s/containerd/containerd.sock",
    "run/k0s/containerd.sock",
    "run/cri-dockerd.sock",
    "var/snap/microk8s/common/run/containerd.sock",
];

/// Sockets of the system that speak docker's API; podman's own is a link to its daemon's where `podman-docker` is installed.
const DOCKER_SOCKETS: [&str; 2] = ["run/docker.sock", "run/podman/podman.sock"];

/// The same below a user's runtime directory.
const USER_SOCKETS: [&str; 2] = ["docker.sock", "podman/podman.sock"];

/// No more users' runtime directories are looked at.
const USERS: usize = 256;

/// Something that answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Endpoint {
    /// Where.
    pub(super) address: Address,
    /// Whose word it is.
    pub(super) teller: Teller,
    /// Whether it may be listened to all the time: not where that would keep somebody from ending.
    pub(super) followed: bool,
}

/// Where to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Address {
    /// A unix socket.
    Unix(PathBuf),
    /// A TCP port, without TLS: `HOST:PORT`.
    Tcp(String),
}

/// The places of this host, as far as they are settled at the start.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    root: PathBuf,
    docker: Option<Address>,
    podman: Option<Address>,
    grpc: Option<Address>,
}

impl Places {
    /// Those of the environment. `DOCKER_HOST`, `CONTAINER_HOST` (podman's) and `CONTAINER_RUNTIME_ENDPOINT` (crictl's)
    /// mean what they mean to these tools. Below `NBW_HOST_ROOT` lie the host's files, where nbw itself runs elsewhere.
    pub(super) fn of_environment() -> Self {
        let address = |name: &str| env::var(name).ok().and_then(|value| Address::parse(&value));
        Self {
            root: env::var_os("NBW_HOST_ROOT").map_or_else(|| PathBuf::from("/"), PathBuf::from),
            docker: address("DOCKER_HOST"),
            podman: address("CONTAINER_HOST"),
            grpc: address("CONTAINER_RUNTIME_ENDPOINT"),
        }
    }

    /// Only what lies below `root`.
    #[cfg(test)]
    pub(super) fn below(root: &Path) -> Self {
        Self { root: root.to_owned(), ..Self::default() }
    }

    /// A path of the host's.
    pub(super) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The sockets that are there now and may speak docker's API. Those found by their path alone are left out where nobody
    /// but systemd is behind them: to connect would start who was stopped. Looks at files: not for a task.
    pub(super) fn docker_endpoints(&self) -> Vec<Endpoint> {
        let own = [(&self.docker, DOCKER_SOCKETS[0]), (&self.podman, DOCKER_SOCKETS[1])];
        let mut found = Vec::new();
        for (told, usual) in own {
            let told = told.clone().map(|address| Endpoint { teller: self.teller(&address), address, followed: true });
            let endpoint = told.or_else(|| self.served(self.socket(usual)?));
            found.extend(endpoint.filter(|endpoint| !found.contains(endpoint)));
        }
        let of_users = self.user_endpoints().into_iter().filter(|endpoint| !found.contains(endpoint));
        found.extend(of_users.collect::<Vec<_>>());
        found
    }

    /// The sockets that are there now and may speak gRPC. Looks at files: not for a task.
    pub(super) fn grpc_sockets(&self) -> Vec<Address> {
        let mut found: Vec<Address> = self.grpc.clone().into_iter().collect();
        for socket in GRPC_SOCKETS.iter().filter_map(|path| self.socket(path)) {
            if !found.contains(&socket) {
                found.push(socket);
            }
        }
        found
    }

    /// What a user serves is that user's word, whoever names the socket.
    fn teller(&self, address: &Address) -> Teller {
        let Address::Unix(path) = address else { return Teller::System };
        let real = fs::canonicalize(path);
        let paths = [Some(path), real.as_ref().ok()].into_iter().flatten();
        let roots = [&self.root, Path::new("/")];
        let below = |path: &Path, root: &Path| {
            let user = path.strip_prefix(root.join("run/user")).ok()?.components().next()?;
            user.as_os_str().to_str()?.parse().ok()
        };
        let mut users = paths.flat_map(|path| roots.map(|root| below(path, root))).flatten();
        users.next().map_or(Teller::System, Teller::User)
    }

    fn socket(&self, path: &str) -> Option<Address> {
        let real = fs::canonicalize(self.root.join(path)).ok()?;
        fs::metadata(&real).ok()?.file_type().is_socket().then_some(Address::Unix(real))
    }

    fn user_endpoints(&self) -> Vec<Endpoint> {
        let Ok(users) = fs::read_dir(self.root.join("run/user")) else { return Vec::new() };
        let users = users.flatten().take(USERS).filter_map(|entry| {
            let uid: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((uid, entry.path()))
        });
        let sockets = users.flat_map(|(uid, home)| USER_SOCKETS.map(|path| (uid, home.join(path))));
        sockets.filter_map(|(uid, path)| self.of_user(uid, path)).collect()
    }

    /// The system's socket, if a daemon is behind it.
    fn served(&self, address: Address) -> Option<Endpoint> {
        let Address::Unix(path) = &address else { return None };
        let followed = self.may_follow(path);
        served::by_system(&self.root, path).then_some(Endpoint { address, teller: Teller::System, followed })
    }

    /// The user's own socket, if a daemon is behind it: not a link by which nbw would speak to something else in the user's
    /// stead.
    fn of_user(&self, uid: u32, path: PathBuf) -> Option<Endpoint> {
        let directory = fs::symlink_metadata(path.parent()?).ok()?;
        let socket = fs::symlink_metadata(&path).ok()?;
        let is_own = directory.is_dir() && socket.file_type().is_socket() && socket.uid() == uid;
        let followed = self.may_follow(&path);
        let found = || Endpoint { address: Address::Unix(path.clone()), teller: Teller::User(uid), followed };
        (is_own && served::by_user(&self.root, uid, &path)).then(found)
    }

    fn may_follow(&self, socket: &Path) -> bool {
        !(served::is_by_systemd(&self.root) && served::is_podmans(socket))
    }
}

impl Address {
    /// `unix:///PATH`, a bare `/PATH`, or `tcp://HOST:PORT`. Others (`ssh://`, TLS) lead to other hosts, whose containers
    /// are not here.
    fn parse(text: &str) -> Option<Self> {
        let path = text.strip_prefix("unix://").unwrap_or(text);
        if path.starts_with('/') {
            return Some(Self::Unix(path.into()));
        }
        let tcp = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("http://"));
        tcp.map(|address| Self::Tcp(address.trim_end_matches('/').to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::{fs::symlink, net::UnixListener};

    use super::*;

    #[test]
    fn addresses_as_the_tools_write_them() {
        assert_eq!(Address::parse("unix:///a/b.sock"), Some(Address::Unix("/a/b.sock".into())));
        assert_eq!(Address::parse("/a/b.sock"), Some(Address::Unix("/a/b.sock".into())));
        assert_eq!(Address::parse("tcp://127.0.0.1:2375/"), Some(Address::Tcp("127.0.0.1:2375".into())));
        assert_eq!((Address::parse("ssh://host"), Address::parse("")), (None, None));
    }

    #[test]
    fn sockets_that_are_there_are_found_once() {
        let root = tempfile::tempdir().unwrap();
        let uid = nix::unistd::getuid().as_raw();
        for directory in ["run/podman", "run/crio", &format!("run/user/{uid}/podman"), "run/user/x"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        let user = format!("run/user/{uid}/podman/podman.sock");
        let sockets = ["run/podman/podman.sock", "run/crio/crio.sock", &user];
        let _listeners: Vec<_> = sockets.map(|path| UnixListener::bind(root.path().join(path)).unwrap()).into();
        symlink(root.path().join("run/podman/podman.sock"), root.path().join("run/docker.sock")).unwrap();
        fs::create_dir_all(root.path().join("run/containerd")).unwrap();
        fs::write(root.path().join("run/containerd/containerd.sock"), "no socket").unwrap();
        let places = Places::below(root.path());
        let found = places.docker_endpoints();
        assert_eq!(found.iter().map(|found| found.teller).collect::<Vec<_>>(), [Teller::System, Teller::User(uid)]);
        assert_eq!(places.grpc_sockets().len(), 1);
    }

    #[test]
    fn what_a_user_serves_is_the_users_word_even_where_the_environment_names_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("run/user/1000/podman/podman.sock");
        let places = Places { podman: Some(Address::Unix(path)), ..Places::below(root.path()) };
        assert_eq!(places.docker_endpoints()[0].teller, Teller::User(1000));
        for (path, teller) in [
            ("/run/user/1001/docker.sock", Teller::User(1001)),
            ("/run/user/x/docker.sock", Teller::System),
            ("/run/docker.sock", Teller::System),
        ] {
            assert_eq!(places.teller(&Address::Unix(path.into())), teller, "{path}");
        }
    }

    /// systemd keeps the sockets; who has the processes is in cgroups.
    #[test]
    fn nobody_is_started() {
        let root = tempfile::tempdir().unwrap();
        let uid = nix::unistd::getuid().as_raw();
        let user = format!("user.slice/user-{uid}.slice/user@{uid}.service/app.slice/podman.service");
        let sockets = ["run/docker.sock", "run/podman/podman.sock", &format!("run/user/{uid}/podman/podman.sock")];
        let write = |path: &Path, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let listeners = sockets.map(|path| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            UnixListener::bind(path).unwrap()
        });
        let places = Places::below(root.path());
        assert_eq!(places.docker_endpoints().len(), 3, "not by systemd");
        fs::create_dir_all(root.path().join("run/systemd/system")).unwrap();
        assert_eq!(places.docker_endpoints(), []);
        for (pid, name) in [("1", "dockerd"), ("2", "podman"), ("3", "docker-proxy")] {
            write(&root.path().join(format!("proc/{pid}/comm")), &format!("{name}\n"));
        }
        let cgroups = root.path().join("sys/fs/cgroup");
        write(&cgroups.join("system.slice/docker.service/cgroup.procs"), "3\n");
        assert_eq!(places.docker_endpoints(), [], "only what a daemon has left");
        for (unit, pids) in
            [("system.slice/docker.service", "3\n1\n"), ("system.slice/podman.service/x", "2\n"), (&user, "2\n")]
        {
            write(&cgroups.join(unit).join("cgroup.procs"), pids);
        }
        let found = places.docker_endpoints();
        assert_eq!(found.iter().map(|found| found.followed).collect::<Vec<_>>(), [true, false, false]);
        let named = Places { podman: Some(Address::Unix("/p.sock".into())), ..Places::below(root.path()) };
        assert!(named.docker_endpoints()[1].followed, "who names a socket wants it to be used");
        drop(listeners);
    }

    #[test]
    fn a_link_of_a_users_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let uid = nix::unistd::getuid().as_raw();
        let home = root.path().join(format!("run/user/{uid}"));
        fs::create_dir_all(&home).unwrap();
        let _listener = UnixListener::bind(root.path().join("somebody.sock")).unwrap();
        symlink(root.path().join("somebody.sock"), home.join("docker.sock")).unwrap();
        assert_eq!(Places::below(root.path()).docker_endpoints(), []);
    }
}
